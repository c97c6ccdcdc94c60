"""Small real data sets that ship with the package."""

from xaigeo.datasets.dataset import Dataset
from xaigeo.datasets.penguins import penguins

__all__ = ["Dataset", "penguins"]
