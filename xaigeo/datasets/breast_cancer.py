"""Breast cancer Wisconsin (diagnostic): 569 tumours, told apart by the nuclei of their cells."""

from __future__ import annotations

from xaigeo.datasets.dataset import Dataset
from xaigeo.schema import FeatureSchema


def breast_cancer() -> Dataset:
    """Load breast cancer Wisconsin: predict whether a tumour is benign from 30 measures of cells.

    Ten measures of the cell nuclei in an image of a fine needle aspirate, each by its mean over
    nuclei (``mean_radius``), the standard error of that mean (``radius_error``) and the mean of
    the three largest (``worst_radius``). The rows are scikit-learn's own copy; nothing is fetched.

    Returns
    -------
    Dataset
        569 rows, 30 numeric columns, labels "benign" (357) and "malignant" (212).

    References
    ----------
    Wolberg, Mangasarian, Street and Street (1993), UCI Machine Learning Repository,
    doi:10.24432/C5DW2B (CC BY 4.0).

    Examples
    --------
    >>> data = breast_cancer()
    >>> data.X.shape, sorted(set(data.y))
    ((569, 30), ['benign', 'malignant'])
    """
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer(as_frame=True)
    X = table.data.rename(columns=lambda name: name.replace(" ", "_"))
    names = dict(enumerate(map(str, table.target_names)))
    return Dataset(
        name="Breast cancer Wisconsin",
        X=X,
        y=table.target.map(names).rename("diagnosis"),
        schema=FeatureSchema.from_data(X),
        source="Wolberg, Mangasarian, Street and Street (1993), doi:10.24432/C5DW2B",
        licence="CC-BY-4.0",
        notes="The source states no units: lengths and areas are those of its images.",
    )
