"""Spreads of accuracy over seeds that were published for averaged weights, and their mean ratio.

Jain (2019), tables 4.2 and 4.3: standard deviation of accuracy over ten seeds, in points, of plain
training, ASWA and NASWA, on six data sets. The source's fall "by 72 %" is the arithmetic mean of
the CNN table alone.
"""

import numpy as np

CNN = {
    "IMDB": (0.79, 0.25, 0.29),
    "Diabetes": (2.26, 0.25, 0.38),
    "SST": (1.01, 0.39, 0.39),
    "Anemia": (0.98, 0.20, 0.19),
    "AgNews": (0.23, 0.11, 0.07),
    "Tweets": (2.65, 0.54, 0.54),
}
LSTM = {
    "IMDB": (1.34, 0.32, 0.17),
    "Diabetes": (1.44, 0.60, 0.55),
    "SST": (1.11, 0.60, 0.57),
    "Anemia": (0.49, 0.34, 0.36),
    "AgNews": (0.32, 0.17, 0.10),
    "Tweets": (1.79, 0.45, 0.45),
}
Spreads = dict[str, tuple[float, float, float]]


def ratios(*tables: Spreads) -> np.ndarray:
    """Return the ratio to plain training of every data set and averaging."""
    return np.array(
        [own / plain for t in tables for plain, *averaged in t.values() for own in averaged]
    )


def typical(*tables: Spreads) -> float:
    """Return the geometric mean of the ratios, by which those of the pages are told too.

    Examples
    --------
    >>> round(typical(CNN), 2), round(typical(LSTM), 2), round(typical(CNN, LSTM), 2)
    (0.26, 0.37, 0.31)
    """
    return float(np.exp(np.log(ratios(*tables)).mean()))


def fall(*tables: Spreads) -> float:
    """Return the arithmetic mean of the falls, as the source tells them.

    Examples
    --------
    >>> round(fall(CNN), 2), round(fall(LSTM), 2), round(fall(CNN, LSTM), 2)
    (0.72, 0.58, 0.65)
    """
    return float(1 - ratios(*tables).mean())


SD_RATIO = typical(CNN, LSTM)


def told() -> str:
    """Say what was published of the spread of accuracy."""
    return (
        f"a ratio of {SD_RATIO:.2f} (geometric mean of six data sets, CNN and LSTM, ASWA and "
        f"NASWA; CNN {typical(CNN):.2f}, LSTM {typical(LSTM):.2f}; the source's fall by "
        f"{fall(CNN):.0%} is the arithmetic mean of its CNN alone, that of its LSTM is "
        f"{fall(LSTM):.0%})"
    )
