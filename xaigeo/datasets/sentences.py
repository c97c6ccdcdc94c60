"""Sentiment labelled sentences: 3000 sentences on films, products and restaurants."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

import pandas as pd

from xaigeo.datasets.text_dataset import TextDataset
from xaigeo.options import check_option

Domain = Literal["imdb", "amazon", "yelp"]


def sentences(domain: Domain | None = None) -> TextDataset:
    """Load the sentiment labelled sentences: predict whether a sentence is positive.

    Sentences out of reviews of films (imdb), products (amazon) and restaurants (yelp), picked by
    the authors to be clearly positive or clearly negative. They ship with the package; nothing is
    fetched.

    Parameters
    ----------
    domain : {"imdb", "amazon", "yelp"}, optional
        One domain; all three by default.

    Returns
    -------
    TextDataset
        1000 sentences a domain, 500 "positive" and 500 "negative". Their labels in the index,
        such as ``"imdb-17"``, stay the same when one domain is loaded.

    Notes
    -----
    ====== ========= ============= ============= ========
    domain sentences words on mean longest       repeated
    ====== ========= ============= ============= ========
    imdb   1000      14.4          71            4
    amazon 1000      10.2          30            17
    yelp   1000      10.9          32            5
    all    3000      11.8          71            28
    ====== ========= ============= ============= ========

    A sentence is repeated if an earlier one has the same words, whatever their case and
    punctuation: 21 wordings stand in 49 sentences. Copies have the same label. They are kept, and
    `TextDataset.split` holds them together. One wording ("very disappointing") stands in every
    domain. In imdb sentences of one review follow each other; which belong together is not told.

    Blanks around sentences are left out, and eight control characters are read as the dashes and
    dots that they stand for in Windows-1252. Left as they are: what is left of HTML in two
    sentences of amazon (``&amp;``, ``AT&T;``), and labels that look strange out of their review
    ("Waste your money on this game." is positive).

    References
    ----------
    Kotzias, Denil, de Freitas and Smyth (2015), From Group to Individual Labels using Deep
    Features, KDD, doi:10.1145/2783258.2783380. Data: UCI Machine Learning Repository,
    doi:10.24432/C57604 (CC BY 4.0).

    Examples
    --------
    >>> data = sentences("yelp")
    >>> data.texts["yelp-0"], data.y["yelp-0"]
    ('Wow... Loved this place.', 'positive')
    >>> round(float(data.n_words.mean()), 1), int(data.n_words.max()), data.n_repeated
    (10.9, 32, 5)
    """
    if domain is not None:
        check_option("domain", domain, Domain)
    place = files("xaigeo.datasets") / "data" / "sentences.csv"
    with place.open("r", encoding="utf-8") as file:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    number = table.groupby("domain").cumcount().astype(str)
    table.index = pd.Index(table["domain"] + "-" + number, name="sentence")
    if domain is not None:
        table = table[table["domain"] == domain]
    return TextDataset(
        name="Sentiment labelled sentences" + ("" if domain is None else f" ({domain})"),
        texts=table["text"],
        y=table["sentiment"],
        domain=table["domain"],
        source="Kotzias, Denil, de Freitas and Smyth (2015), doi:10.24432/C57604",
        licence="CC-BY-4.0",
        notes="Blanks around sentences are left out and eight control characters are read as "
        "Windows-1252. Repeated sentences are kept.",
    )
