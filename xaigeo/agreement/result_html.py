"""How results of several tables show themselves in notebooks: a line of facts and one table."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from xaigeo.summary import facts_html

MOST_ROWS = 30


def result_html(title: str, facts: Mapping[str, object], table: pd.DataFrame) -> str:
    """Return a result as small static HTML.

    Parameters
    ----------
    title : str
        What stands above, the result in one line.
    facts : mapping of str to object
    table : DataFrame
        Its first and last rows are shown where it has more than 30.
    """
    html = table.to_html(
        index=False, escape=True, border=0, max_rows=MOST_ROWS, float_format="{:.3g}".format
    )
    return facts_html(title, dict(facts), html)
