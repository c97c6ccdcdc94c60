"""Diabetes progression: 442 patients, ten measures, and how far the disease went in a year."""

from __future__ import annotations

from xaigeo.datasets.dataset import Dataset
from xaigeo.schema import FeatureSchema

# The source calls the six measures of blood serum s1 to s6.
NAMES = {
    "bp": "blood_pressure",
    "s1": "total_cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_ratio",
    "s5": "log_triglycerides",
    "s6": "blood_sugar",
}
UNITS = {
    "age": "years",
    "bmi": "kg/m²",
    "blood_pressure": "mmHg",
    "total_cholesterol": "mg/dl",
    "ldl": "mg/dl",
    "hdl": "mg/dl",
    "blood_sugar": "mg/dl",
}
WHOLE = ("age", "total_cholesterol", "blood_sugar")


def diabetes() -> Dataset:
    """Load the diabetes data: predict the progression of the disease one year after baseline.

    The columns are in their own units, not scaled to unit length as in most copies: age, sex,
    body mass index, mean blood pressure, total cholesterol (s1), LDL (s2), HDL (s3), total
    cholesterol / HDL (s4), the logarithm of triglycerides (s5) and blood sugar (s6). The rows are
    scikit-learn's own copy; nothing is fetched.

    Returns
    -------
    Dataset
        442 rows, 9 numeric columns and `sex`; `y` is a score from 25 to 346. `sex` is a protected
        attribute.

    Notes
    -----
    The source tells no units for blood pressure and serum; those given here follow from the
    values. It does not say which sex is which, and "possibly" of the logarithm.

    References
    ----------
    Efron, Hastie, Johnstone and Tibshirani (2004), doi:10.1214/009053604000000067.

    Examples
    --------
    >>> data = diabetes()
    >>> data.X.shape, data.schema["bmi"].label
    ((442, 10), 'bmi (kg/m²)')
    """
    from sklearn.datasets import load_diabetes

    table = load_diabetes(as_frame=True, scaled=False)
    X = table.data.rename(columns=NAMES).astype(dict.fromkeys(WHOLE, int))
    X["sex"] = table.data["sex"].astype(int).map({1: "sex 1", 2: "sex 2"})
    return Dataset(
        name="Diabetes progression",
        X=X,
        y=table.target.rename("progression"),
        schema=FeatureSchema.from_data(X, units=UNITS),
        source="Efron, Hastie, Johnstone and Tibshirani (2004), doi:10.1214/009053604000000067",
        licence="not stated",
        notes="Units of blood pressure and serum follow from the values, and the source does not "
        "say which sex is which.",
        protected=("sex",),
    )
