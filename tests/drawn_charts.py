"""How long a page of the report may take, and when it has come to rest."""

from __future__ import annotations

import json
from typing import Any

# A crowded machine may stop for long: a test waits until it is sure that nothing will come.
PATIENCE_MS = 150_000


def wait_for_charts(page: Any) -> None:
    """Wait until all charts are drawn: a page that still moves may slip from under a click."""
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-chart]')].every((e) => e.querySelector('svg'))",
        polling=100,
    )


def settle(page: Any, **state: Any) -> None:
    """Wait until the report's explorer shows a state."""
    wanted = {name: json.dumps(value) for name, value in state.items()}
    conditions = " && ".join(f"shown.{name} === {value}" for name, value in wanted.items())
    page.wait_for_function(
        f"() => {{ const shown = JSON.parse(document.body.dataset.shown ?? '{{}}');"
        f" return {conditions or 'shown.row !== undefined'}; }}",
        polling=20,
    )


def come_to_rest(page: Any) -> None:
    """Wait until the report's explorer shows a state, and until all charts are drawn."""
    settle(page)
    wait_for_charts(page)
