"""Small real data sets: some ship with the package, one is fetched when first asked for."""

from xaigeo.datasets.breast_cancer import breast_cancer
from xaigeo.datasets.dataset import Dataset
from xaigeo.datasets.diabetes import diabetes
from xaigeo.datasets.german_credit import german_credit
from xaigeo.datasets.penguins import penguins

__all__ = ["Dataset", "breast_cancer", "diabetes", "german_credit", "penguins"]
