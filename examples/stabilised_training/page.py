"""What the three pages share: their frame, tables, and numbers with intervals as text."""

import math
from collections.abc import Iterable, Sequence

from intervals import Counts, Interval

NOTE = "<!-- Written by examples/stabilised_training/{script}; a change made here is lost. -->"


def document(title: str, script: str, command: str, blocks: Iterable[str]) -> str:
    """Return the page in Markdown: title, command and blocks; empty blocks are left out."""
    parts = [f"# {title}", NOTE.format(script=script), f"```\n{command}\n```", *blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def points(texts: Iterable[str]) -> str:
    return "\n".join(f"- {text}" for text in texts if text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [list(header), ["---"] * len(header), *map(list, rows)]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines
    )


def picture(path: str, text: str) -> str:
    return f"![{text}]({path})"


def number(value: float | None, digits: int = 2, *, signed: bool = False) -> str:
    """Return a number as text, a dash where there is none; zero has no sign.

    Examples
    --------
    >>> number(-0.001), number(0.25, signed=True), number(None)
    ('0.00', '+0.25', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:{'+' if signed else ''}.{digits}f}"
    return text[1:] if text[0] in "+-" and float(text) == 0 else text


def told(found: Interval, digits: int = 2, *, signed: bool = False, bold: bool = False) -> str:
    """Return a value with its interval, such as "0.52 [0.50, 0.54]"."""
    if not math.isfinite(found.value):
        return "–"
    value, low, high = (
        number(v, digits, signed=signed) for v in (found.value, found.low, found.high)
    )
    text = value if low == "–" else f"{value} [{low}, {high}]"
    return f"**{text}**" if bold else text


def ratio_text(found: Interval) -> str:
    """Return a ratio with its interval, bold where that leaves out 1."""
    return told(found, bold=found.excludes(1.0))


def mean_and_sd(values: Sequence[float], digits: int = 3) -> str:
    """Return mean ± standard deviation (n − 1)."""
    n = len(values)
    mean = sum(values) / n
    if n < 2:
        return number(mean, digits)
    sd = math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1))
    return f"{number(mean, digits)} ± {number(sd, digits)}"


def chance(counts: Counts, what: str = "intervals") -> str:
    """Say how many intervals exclude 0, and how many would by chance."""
    if not counts.n:
        return f"No {what} could be told."
    return (
        f"Of {counts.n} {what}, {counts.above} lie above 0 and {counts.below} below; about "
        f"{counts.by_chance:.0f} would exclude 0 if nothing differed."
    )


def listed(names: Sequence[str]) -> str:
    """Return names in a row.

    Examples
    --------
    >>> listed(["SWA", "EMA", "ASWA"])
    'SWA, EMA and ASWA'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def sentence(text: str) -> str:
    return text[0].upper() + text[1:]
