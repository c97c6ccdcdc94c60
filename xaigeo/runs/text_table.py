"""The texts of a run: read and checked."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from xaigeo.datasets.text_dataset import TextDataset
from xaigeo.errors import ConfigError
from xaigeo.options import suggestion
from xaigeo.runs.data_file import check_labels, read_file
from xaigeo.runs.text_sections import LINES, TextDataSection


def read_texts(section: TextDataSection, *, base: Path) -> tuple[TextDataset, pd.DataFrame]:
    """Return the texts that a configuration names, and what else is known of each.

    Parameters
    ----------
    section : TextDataSection
    base : Path
        What relative paths start from.

    Returns
    -------
    TextDataset
        The texts of a file are numbered from 0, those left out too.
    DataFrame
        The other columns of the file, or those of the data set, under the index of the texts.

    Raises
    ------
    ConfigError
        For an unreadable file, an unknown ending, columns that are not there, what is no text, and
        texts or labels that are missing (unless ``missing = "drop"``).
    """
    if section.dataset is not None:
        return _of_dataset(section)
    assert section.file is not None  # TextDataSection checks
    assert section.text is not None
    assert section.target is not None
    path = base / section.file
    table = _read_file(path, section.text)
    for column in (section.text, section.target):
        if column not in table.columns:
            raise ConfigError(
                expected=f"columns of {path.name} ({', '.join(map(str, table.columns))})",
                arrived=repr(column),
                do=suggestion(column, table.columns) or "Correct the name in the configuration.",
            )
    kept = _complete(table, section, path)
    n_left_out = len(table) - len(kept)
    data = TextDataset(
        name=path.stem,
        texts=kept[section.text].astype("str").rename("text"),
        y=kept[section.target].infer_objects(),
        source=path.name,
        licence="not stated",
        notes=f"{n_left_out} of {len(table)} texts are missing, blank or without a label and are "
        "left out."
        if n_left_out
        else "",
    )
    return data, kept.drop(columns=[section.text, section.target])


def _of_dataset(section: TextDataSection) -> tuple[TextDataset, pd.DataFrame]:
    from xaigeo import datasets

    if section.dataset == "sentences":
        data = datasets.sentences(section.domain)
    else:
        data = datasets.movie_sentences()
    known = {"domain": data.domain, "score": data.score}
    return data, pd.DataFrame({name: v for name, v in known.items() if v is not None},
                              index=data.texts.index)  # fmt: skip


def _complete(table: pd.DataFrame, section: TextDataSection, path: Path) -> pd.DataFrame:
    """Return the rows with a text and a label."""
    texts, labels = table[section.text], table[section.target]
    strange = texts[texts.notna() & ~texts.map(lambda text: isinstance(text, str))]
    if len(strange):
        raise ConfigError(
            expected=f"text in {section.text!r} of {path.name}",
            arrived=f"{strange.iloc[0]!r} ({type(strange.iloc[0]).__name__}) in row "
            f"{strange.index[0]}",
            do="Name the column of the texts, or write them as text.",
        )
    blank = texts.isna() | (texts.astype(object).fillna("").str.strip() == "")
    check_labels(labels, path)
    unlabelled = labels.isna()
    if section.missing == "error" and (blank | unlabelled).any():
        parts = ((blank, "without a text"), (unlabelled, "without a label"))
        raise ConfigError(
            expected=f"a text and a label in every row of {path.name}",
            arrived=", ".join(
                f"{int(lacking.sum())} {what} (the first: row {lacking.idxmax()}, counted from 0)"
                for lacking, what in parts
                if lacking.any()
            ),
            do='Fill them in, or write missing = "drop" under [data].',
        )
    kept = table[~(blank | unlabelled)]
    if not len(kept):
        raise ConfigError(
            expected=f"texts with labels in {path.name}",
            arrived=f"none in {len(table)} rows",
            do="Check data.text and data.target.",
        )
    return kept


def _read_file(path: Path, text: str) -> pd.DataFrame:
    ending = path.suffix.lower()
    if ending not in (".csv", ".parquet", *LINES):
        raise ConfigError(
            expected="a file of texts that ends in .csv, .jsonl, .ndjson or .parquet",
            arrived=path.name,
            do="Convert the file.",
        )
    if ending in LINES:
        table = read_file(path, "texts", _read_lines)
    elif ending == ".csv":
        table = read_file(path, "texts", partial(_read_csv, text=text))
    else:
        table = read_file(path, "texts", pd.read_parquet)
    return table.reset_index(drop=True)


def _read_csv(path: Path, text: str) -> pd.DataFrame:
    table = pd.read_csv(path)
    if text in table.columns:
        # Words such as "None" and "NA" are texts, and so are numbers.
        table[text] = pd.read_csv(path, usecols=[text], dtype=str, keep_default_na=False)[text]
    return table


def _read_lines(path: Path) -> pd.DataFrame:
    """Return the objects of a file of JSON Lines; blank lines are passed over."""
    entries: list[dict[str, Any]] = []
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
            except json.JSONDecodeError as error:
                entry = error
            if not isinstance(entry, dict):
                raise ConfigError(
                    expected=f"a JSON object in every line of {path.name}",
                    arrived=f"line {number}: {line.strip()[:60]!r}",
                    do='Write lines such as {"text": "A good film.", "label": "positive"}.',
                )
            entries.append(entry)
    return pd.DataFrame(entries)
