from __future__ import annotations

import pandas as pd
import pytest

from xaigeo.errors import ConfigError, InputError
from xaigeo.runs.config import DataSection
from xaigeo.runs.table import read_dataset


@pytest.fixture
def csv(tmp_path):
    table = pd.DataFrame(
        {
            "mass": [1.0, 2.0, 3.0, None],
            "sex": ["f", "m", "f", "m"],
            "year": [1, 2, 3, 4],
            "kind": ["a", "b", "a", "b"],
        }
    )
    table.to_csv(tmp_path / "table.csv", index=False)
    table.to_parquet(tmp_path / "table.parquet")
    return tmp_path


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_a_table_becomes_a_data_set(csv, name):
    section = DataSection(
        file=name, target="kind", drop=["year"], missing="drop", units={"mass": "g"}
    )
    data = read_dataset(section, base=csv)
    assert data.X.columns.tolist() == ["mass", "sex"]
    assert len(data.X) == len(data.y) == 3
    assert data.notes == "1 of 4 rows have missing values and are left out."
    assert data.schema["mass"].unit == "g"


def test_missing_values_are_refused_unless_dropped(csv):
    with pytest.raises(InputError, match="no missing values in column 'mass'"):
        read_dataset(DataSection(file="table.csv", target="kind"), base=csv)


def test_a_column_that_is_not_there(csv):
    with pytest.raises(ConfigError, match=r"columns of table.csv .*'knd'. Did you mean 'kind'"):
        read_dataset(DataSection(file="table.csv", target="knd"), base=csv)


def test_an_unknown_ending(csv):
    with pytest.raises(ConfigError, match=r"ends in .csv or .parquet, got t.xlsx"):
        read_dataset(DataSection(file="t.xlsx", target="kind"), base=csv)


@pytest.mark.parametrize("name", ["none.csv", "empty.csv", "text.parquet"])
def test_an_unreadable_table(csv, name):
    if name != "none.csv":
        (csv / name).write_text("")
    words = "rows in .*, got none" if name == "empty.csv" else "a readable file of rows at"
    with pytest.raises(ConfigError, match=words):
        read_dataset(DataSection(file=name, target="kind"), base=csv)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_table_that_is_not_written_as_utf8(csv, encoding):
    (csv / "old.csv").write_bytes("mass,kind\n1,é\n2,b\n".encode(encoding))
    with pytest.raises(ConfigError, match=r"rows written as UTF-8 .* Save the file as UTF-8\."):
        read_dataset(DataSection(file="old.csv", target="kind"), base=csv)


def test_a_label_that_is_a_list(csv):
    frame = pd.DataFrame({"mass": [1.0, 2.0], "kind": [["a"], ["b"]]})
    frame.to_parquet(csv / "lists.parquet")
    with pytest.raises(ConfigError, match=r"one label a row, .* in 'kind' of lists.parquet, got "):
        read_dataset(DataSection(file="lists.parquet", target="kind"), base=csv)


def test_a_table_without_rows(csv):
    (csv / "head.csv").write_text("mass,kind\n")
    with pytest.raises(ConfigError, match="rows in"):
        read_dataset(DataSection(file="head.csv", target="kind"), base=csv)


def test_the_shipped_data_set():
    data = read_dataset(DataSection(dataset="penguins"), base=None)
    assert data.name == "Palmer penguins"
