"""The study that a configuration describes, its data read."""

from __future__ import annotations

from pathlib import Path

from xaigeo.runs.config import RunConfig, TableConfig, TextConfig
from xaigeo.runs.study import Study
from xaigeo.runs.table import read_dataset
from xaigeo.runs.table_study import TableStudy
from xaigeo.runs.text_study import TextStudy
from xaigeo.runs.text_table import read_texts


def read_study(config: RunConfig, *, base: Path) -> Study:
    """Read the data of a configuration; relative paths start from `base`.

    Raises
    ------
    ConfigError or InputError
        As `read_dataset` and `read_texts` do.
    """
    if isinstance(config, TextConfig):
        return TextStudy(config, *read_texts(config.data, base=base))
    assert isinstance(config, TableConfig)  # there are no others
    return TableStudy(config, read_dataset(config.data, base=base))
