"""Small real data sets: some ship with the package, two are fetched when first asked for."""

from xaigeo.datasets.breast_cancer import breast_cancer
from xaigeo.datasets.dataset import Dataset
from xaigeo.datasets.diabetes import diabetes
from xaigeo.datasets.german_credit import german_credit
from xaigeo.datasets.movie_sentences import movie_sentences
from xaigeo.datasets.penguins import penguins
from xaigeo.datasets.sentences import sentences
from xaigeo.datasets.text_dataset import TextDataset, TextSplit

__all__ = [
    "Dataset",
    "TextDataset",
    "TextSplit",
    "breast_cancer",
    "diabetes",
    "german_credit",
    "movie_sentences",
    "penguins",
    "sentences",
]
