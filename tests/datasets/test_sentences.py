"""The sentiment labelled sentences, and what is told about them."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

import xaigeo as xg
from xaigeo.errors import InputError

DOMAINS = ("imdb", "amazon", "yelp")


@pytest.fixture(scope="module")
def data():
    return xg.datasets.sentences()


def test_every_domain_has_as_many_positive_as_negative_sentences(data):
    assert data.domain.drop_duplicates().tolist() == list(DOMAINS)
    counts = data.y.groupby(data.domain).value_counts()
    assert set(counts) == {500}
    assert len(counts) == 6
    assert data.score is None


def test_a_domain_keeps_its_sentences_labels(data):
    for domain in DOMAINS:
        part = xg.datasets.sentences(domain)
        assert part.texts.index[[0, -1]].tolist() == [f"{domain}-0", f"{domain}-999"]
        assert part.texts.equals(data.texts[data.domain == domain])
        assert part.y.equals(data.y[data.domain == domain])
        assert domain in part.name
    with pytest.raises(InputError, match="domain to be one of 'imdb', 'amazon', 'yelp', got 'imd'"):
        xg.datasets.sentences("imd")


def test_sentences_are_those_that_were_published(data):
    # The first and a later line of each file of the source.
    assert data.texts["amazon-0"].startswith("So there is no way for me to plug it in here in the")
    assert data.texts["yelp-999"].startswith("Then, as if I hadn't wasted enough of my life there")
    assert data.texts["imdb-2"].startswith("Attempting artiness with black & white and clever")
    assert data.y[["amazon-0", "yelp-999", "imdb-2", "yelp-0", "imdb-31"]].tolist() == [
        *["negative"] * 3,
        *["positive"] * 2,
    ]


def test_characters_are_whole(data):
    assert data.texts["imdb-178"] == "The script is…was there a script?"
    assert "The crêpe was delicate" in data.texts["yelp-823"]
    joined = "".join(data.texts)
    assert not re.search("[\x00-\x1f\x7f-\x9f�]", joined)
    assert len(re.findall("[–—…]", joined)) == 8
    assert (data.texts == data.texts.str.strip()).all()


def test_the_docstring_tells_the_numbers_of_the_data(data):
    told = re.findall(
        r"^ +(imdb|amazon|yelp|all) +(\d+) +([\d.]+) +(\d+) +(\d+)$",
        xg.datasets.sentences.__doc__,
        re.M,
    )
    assert [line[0] for line in told] == [*DOMAINS, "all"]
    for name, *numbers in told:
        part = data if name == "all" else xg.datasets.sentences(name)
        words = [len(text.split()) for text in part.texts]
        mean = f"{sum(words) / len(words):.1f}"
        assert numbers == [str(len(words)), mean, str(max(words)), str(part.n_repeated)]


def test_repeated_sentences_have_one_label(data):
    copies = data.wording.value_counts()
    copies = copies[copies > 1]
    assert (len(copies), copies.sum()) == (21, 49)
    assert (data.y.groupby(data.wording).nunique() == 1).all()
    assert (data.domain.groupby(data.wording).nunique() > 1).sum() == 1


def test_licence_and_authors_are_told(data):
    assert data.licence == "CC-BY-4.0"
    assert "Kotzias" in data.source
    folder = files("xaigeo.datasets") / "data"
    notice = (folder / "sentences.txt").read_text()
    for told in ("Kotzias", "creativecommons.org/licenses/by/4.0", "Changes", "10.24432/C57604"):
        assert told in notice
    assert len((folder / "sentences.csv").read_bytes()) < 300_000
