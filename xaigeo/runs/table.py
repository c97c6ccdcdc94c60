"""The data of a run: read, checked, split."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from xaigeo.datasets.dataset import Dataset
from xaigeo.errors import ConfigError
from xaigeo.options import suggestion
from xaigeo.runs.data_file import check_labels, read_file
from xaigeo.runs.table_sections import DataSection
from xaigeo.schema import FeatureSchema


def read_dataset(section: DataSection, *, base: Path) -> Dataset:
    """Return the data set that a configuration names; `base` anchors relative paths.

    Raises
    ------
    ConfigError
        For an unreadable file, an unknown ending, or columns that are not there.
    InputError
        For missing values (unless ``missing = "drop"``).
    """
    if section.dataset is not None:
        from xaigeo import datasets

        data: Dataset = getattr(datasets, section.dataset)()
        return data
    assert section.file is not None  # DataSection checks
    assert section.target is not None
    path = base / section.file
    table = _read_table(path)
    wanted = [section.target, *(section.features or []), *section.drop]
    for column in [*wanted, *section.kinds, *section.orders, *section.units]:
        if column not in table.columns:
            raise ConfigError(
                expected=f"columns of {path.name} ({', '.join(map(str, table.columns))})",
                arrived=repr(column),
                do=suggestion(column, table.columns) or "Correct the name in the configuration.",
            )
    features = section.features or [c for c in table.columns if c != section.target]
    if section.target in section.drop:
        raise ConfigError(
            expected="data.drop to name features",
            arrived=f"the target {section.target!r}",
            do="Take it out of data.drop; the target is never a feature.",
        )
    features = [column for column in features if column not in section.drop]
    check_labels(table[section.target], path)
    table = table[[*features, section.target]]
    n_read = len(table)
    if section.missing == "drop":
        table = table.dropna()
    kept = {column: kind for column, kind in section.kinds.items() if column in features}
    orders = {column: order for column, order in section.orders.items() if column in features}
    units = {column: unit for column, unit in section.units.items() if column in features}
    dropped = n_read - len(table)
    return Dataset(
        name=path.stem,
        X=table[features],
        y=table[section.target],
        schema=FeatureSchema.from_data(table[features], kinds=kept, units=units, orders=orders),
        source=path.name,
        licence="not stated",
        notes=f"{dropped} of {n_read} rows have missing values and are left out."
        if dropped
        else "",
    )


def _read_table(path: Path) -> pd.DataFrame:
    ending = path.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise ConfigError(
            expected="a data file that ends in .csv or .parquet",
            arrived=path.name,
            do="Convert the file.",
        )
    return read_file(path, "rows", pd.read_csv if ending == ".csv" else pd.read_parquet)
