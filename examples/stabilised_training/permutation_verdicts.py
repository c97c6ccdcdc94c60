"""Verdicts on claims about shuffled attention, by how many clear comparisons agree with them."""

from collections.abc import Sequence

from intervals import Interval
from page import sentence


def judged_signs(found: Sequence[Interval], *, wanted: int, middle: float = 0.0) -> str:
    """Judge a claim by intervals, of which it wants those above `middle` (1) or below it (-1)."""
    sides = [one.side(middle) for one in found]
    return judged(sides.count(wanted), sides.count(-wanted), len(sides))


def judged(agree: int, against: int, n: int) -> str:
    """Say whether a claim holds, from how many clear comparisons agree with it."""
    if agree == n:
        return f"**as claimed**, clearly so in {n} of {n} cases"
    if against == n:
        return f"**contrary** to the claim, clearly so in {n} of {n} cases"
    return (
        f"**cannot be told** ({agree} of {n} cases clearly as claimed, {against} clearly contrary)"
    )


def judged_again(stopped: Interval, equal: Sequence[Interval]) -> str:
    """Say whether a ratio that is clear between stopped networks is so at equal training.

    `equal` holds the same ratio, one after each number of epochs that both losses train for.
    """
    way = stopped.side(1.0)
    sides = [one.side(1.0) for one in equal]
    same, other = sides.count(way), sides.count(-way)
    verdict = (
        "**so at equal training too**"
        if same == len(sides)
        else "**at equal training so after some numbers of epochs alone**"
        if same
        else "**not so at equal training**"
    )
    return (
        f"clearly {'above' if way > 0 else 'below'} 1 if stopped, {verdict} (clearly so after "
        f"{same} of {len(sides)}, clearly the other way after {other})"
    )


def sentences(parts: Sequence[str]) -> str:
    return " ".join(f"{sentence(part)}." for part in parts)
