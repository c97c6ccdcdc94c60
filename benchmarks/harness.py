"""Time two ways of doing the same work in alternation and report the ratio."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Result:
    """One line of the table: how many times faster than a named peer.

    `ratio` is the median of the paired ratios (peer time / our time, scaled by `share` when
    the peer did only a share of the work), `low` and `high` their smallest and largest.
    """

    name: str
    work: str
    peer: str
    ratio: float
    low: float
    high: float
    goal: float | None
    seconds: float
    peer_seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)

    @property
    def met(self) -> bool:
        """Whether the ratio reaches the goal."""
        return self.goal is None or self.ratio >= self.goal


def paired(
    ours: Callable[[], Any],
    peer: Callable[[], Any],
    *,
    name: str,
    work: str,
    peer_name: str,
    goal: float | None = None,
    share: float = 1.0,
    repeats: int = 5,
) -> Result:
    """Run both once to warm up, then in alternation, and compare the pairs.

    Parameters
    ----------
    share : float
        Share of the work that `peer` does (0.1 when it explains 2 of 20 models); its time is
        divided by it. Say so in `work`.
    """
    ours()
    peer()
    pairs = [(_seconds(ours), _seconds(peer) / share) for _ in range(repeats)]
    ratios = [theirs / mine for mine, theirs in pairs]
    return Result(
        name=name,
        work=work,
        peer=peer_name,
        ratio=median(ratios),
        low=min(ratios),
        high=max(ratios),
        goal=goal,
        seconds=median(mine for mine, _ in pairs),
        peer_seconds=median(theirs for _, theirs in pairs),
    )


def table(results: list[Result]) -> str:
    """Return the results as a Markdown table."""
    lines = [
        "| name | work | peer | times faster (median, low to high) | goal |",
        "|---|---|---|---|---|",
    ]
    for r in results:
        goal = "" if r.goal is None else f"{'met' if r.met else 'MISSED'}: {r.goal:g}×"
        lines.append(
            f"| {r.name} | {r.work} | {r.peer} "
            f"| {r.ratio:.1f}× ({r.low:.1f} to {r.high:.1f}) | {goal} |"
        )
    return "\n".join(lines)


def _seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
