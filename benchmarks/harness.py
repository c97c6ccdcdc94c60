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
    `limit` is our time over the time of the bare forward passes on the rows that the method
    asks the models about, where that is measured; `note` says what else was compared, and
    `as_good` whether our results were at least as good as the peer's by that.
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
    limit: float | None = None
    note: str = ""
    as_good: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)

    @property
    def met(self) -> bool:
        """Whether the ratio reaches the goal, with results as good as the peer's."""
        return (self.goal is None or self.ratio >= self.goal) and self.as_good


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
    forwards: Callable[[], Any] | None = None,
    forward_share: float = 1.0,
    note: str = "",
    as_good: bool = True,
    warm_up: bool = True,
) -> Result:
    """Run both once to warm up, then in alternation, and compare the pairs.

    Parameters
    ----------
    share : float
        Share of the work that `peer` does (0.1 when it explains 2 of 20 models); its time is
        divided by it. Say so in `work`.
    forwards : callable, optional
        Makes bare forward passes on as many rows as `ours` asks about, or on `forward_share` of
        them; timed in the same alternation.
    note : str
        What else was compared.
    as_good : bool
        Whether our results were at least as good as the peer's.
    warm_up : bool
        False where the caller has run both already.
    """
    if warm_up:
        ours()
        peer()
    pairs, limits = [], []
    for _ in range(repeats):
        mine = seconds(ours)
        pairs.append((mine, seconds(peer) / share))
        if forwards is not None:
            limits.append(mine * forward_share / seconds(forwards))
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
        limit=median(limits) if limits else None,
        note=note,
        as_good=as_good,
    )


def table(results: list[Result]) -> str:
    """Return the results as a Markdown table."""
    lines = [
        "| name | work | peer | times faster (median, low to high) | goal | over bare forwards |",
        "|---|---|---|---|---|---|",
    ]
    for r in results:
        goal = "" if r.goal is None else f"{'met' if r.met else 'MISSED'}: {r.goal:g}×"
        limit = "" if r.limit is None else f"{r.limit:.2f}"
        work = f"{r.work}; {r.note}" if r.note else r.work
        lines.append(
            f"| {r.name} | {work} | {r.peer} "
            f"| {r.ratio:.1f}× ({r.low:.1f} to {r.high:.1f}) | {goal} | {limit} |"
        )
    return "\n".join(lines)


def seconds(call: Callable[[], Any]) -> float:
    """Return the wall time of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
