"""Palmer penguins: 333 birds of three species on three islands."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

from xaigeo.datasets.dataset import Dataset
from xaigeo.schema import FeatureSchema

UNITS = {
    "bill_length_mm": "mm",
    "bill_depth_mm": "mm",
    "flipper_length_mm": "mm",
    "body_mass_g": "g",
}


def penguins() -> Dataset:
    """Load the Palmer penguins: predict the species from four measures, the island and the sex.

    Of the 344 birds the 11 with a missing value are left out; the year of the record is too,
    since it says nothing about a bird.

    References
    ----------
    Horst, Hill and Gorman (2020), palmerpenguins, doi:10.5281/zenodo.3960218 (CC0).

    Examples
    --------
    >>> data = penguins()
    >>> data.X.shape, sorted(set(data.y))
    ((333, 6), ['Adelie', 'Chinstrap', 'Gentoo'])
    """
    with (files("xaigeo.datasets") / "data" / "penguins.csv").open("r") as file:
        table = pd.read_csv(file).dropna()
    X = table[[*UNITS, "island", "sex"]].astype({"island": str, "sex": str})
    return Dataset(
        name="Palmer penguins",
        X=X,
        y=table["species"].astype(str),
        schema=FeatureSchema.from_data(X, units=UNITS),
        source="Horst, Hill and Gorman (2020), doi:10.5281/zenodo.3960218",
        licence="CC0-1.0",
        notes="11 of 344 rows have missing values and are left out.",
    )
