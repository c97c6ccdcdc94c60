"""How long a page of the report may take, and when it has come to rest."""

from __future__ import annotations

from typing import Any

# A crowded machine may stop for long: a test waits until it is sure that nothing will come.
PATIENCE_MS = 150_000


def wait_for_charts(page: Any) -> None:
    """Wait until all charts are drawn: a page that still moves may slip from under a click."""
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-chart]')].every((e) => e.querySelector('svg'))",
        polling=100,
    )
