"""Texts of a run, read from files and checked."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from xaigeo.datasets import sentences
from xaigeo.errors import ConfigError
from xaigeo.runs.text_sections import TextDataSection
from xaigeo.runs.text_table import read_texts

ROWS = [
    {"t": "None", "y": "a", "more": 1},
    {"t": "12", "y": "b", "more": 2},
    {"t": "Née à Æ, \"well\"", "y": "a", "more": 3},
    {"t": "NA", "y": "b", "more": 4},
]  # fmt: skip


def section(file, **changes):
    return TextDataSection(**({"file": file, "text": "t", "target": "y"} | changes))


def write(folder, ending, rows):
    path = folder / f"own{ending}"
    frame = pd.DataFrame(rows)
    if ending == ".csv":
        frame.to_csv(path, index=False)
    elif ending == ".parquet":
        frame.to_parquet(path)
    else:
        path.write_text("".join(json.dumps(row) + "\n\n" for row in rows))
    return path.name


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl", ".ndjson"])
def test_texts_are_read_as_they_stand(tmp_path, ending):
    data, columns = read_texts(section(write(tmp_path, ending, ROWS)), base=tmp_path)
    assert data.texts.tolist() == [row["t"] for row in ROWS]
    assert data.y.tolist() == [row["y"] for row in ROWS]
    assert (data.name, data.source) == ("own", f"own{ending}")
    assert columns.to_dict("list") == {"more": [1, 2, 3, 4]}


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_a_byte_order_mark_is_passed_over(tmp_path, ending):
    file = tmp_path / write(tmp_path, ending, ROWS)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    data, _ = read_texts(section(file.name), base=tmp_path)
    assert data.texts.tolist() == [row["t"] for row in ROWS]


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl"])
@pytest.mark.parametrize("lacking", [{"t": None}, {"t": " "}, {"y": None}])
def test_what_is_missing_is_told_or_left_out(tmp_path, ending, lacking):
    rows = [*ROWS[:2], ROWS[2] | lacking, ROWS[3]]
    file = write(tmp_path, ending, rows)
    what = "label" if "y" in lacking else "text"
    with pytest.raises(
        ConfigError, match=rf"1 without a {what} \(the first: row 2, counted from 0\)"
    ):
        read_texts(section(file), base=tmp_path)
    data, columns = read_texts(section(file, missing="drop"), base=tmp_path)
    assert data.texts.index.tolist() == columns.index.tolist() == [0, 1, 3]
    assert data.notes.startswith("1 of 4 texts are missing, blank or without a label")


def test_data_sets_bring_what_is_known_of_each_text():
    data, columns = read_texts(TextDataSection(dataset="sentences"), base=None)
    assert columns["domain"].equals(sentences().domain)
    one, _ = read_texts(TextDataSection(dataset="sentences", domain="yelp"), base=None)
    assert one.texts.equals(data.texts[columns["domain"] == "yelp"])


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.txt", "t\n", r"ends in .csv, .jsonl, .ndjson or .parquet, got a.txt"),
        ("a.csv", "t,y\n", "Expected texts in .*a.csv, got none"),
        ("a.csv", "x,y\n1,2\n", r"columns of a.csv \(x, y\), got 't'"),
        ("a.csv", "t,y\n,a\n", "1 without a text"),
        ("a.jsonl", '{"t": "a", "y": 1}\n{"t": \n', r"object in every line of a.jsonl, got line 2"),
        ("a.jsonl", "[1]\n", "line 1"),
        ("a.jsonl", '{"t": ["a"], "y": 1}\n', r"text in 't' of a.jsonl, got \['a'\] \(list\) in"),
        ("a.jsonl", None, "file of texts at .*, got No such file .* Check data.file"),
        ("a.parquet", "none", "file of texts at .*a.parquet, got .* Repair the file"),
        ("a.csv", "", "Expected texts in .*a.csv, got none"),
        (
            "a.jsonl",
            '{"t": "a", "y": ["b"]}\n',
            r"in 'y' of a.jsonl, got \['b'\] \(list\) in row 0",
        ),
    ],
)
def test_files_that_hold_no_texts(tmp_path, name, content, text):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(ConfigError, match=text):
        read_texts(section(name), base=tmp_path)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_texts_that_are_not_written_as_utf8(tmp_path, name, encoding):
    content = "t,y\né,b\n" if name == "a.csv" else '{"t": "é", "y": 1}\n'
    (tmp_path / name).write_bytes(content.encode(encoding))
    with pytest.raises(ConfigError, match=r"texts written as UTF-8 .* Save the file as UTF-8\."):
        read_texts(section(name), base=tmp_path)


def test_nothing_left(tmp_path):
    (tmp_path / "a.csv").write_text("t,y\n,a\nb,\n")
    with pytest.raises(ConfigError, match=r"texts with labels in a\.csv, got none in 2 rows"):
        read_texts(section("a.csv", missing="drop"), base=tmp_path)
