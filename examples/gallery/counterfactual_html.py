"""Which values lead to another answer, seed by seed, as a table to copy from?

The same as the chart `counterfactual_table`, as HTML: a notebook shows it, and a screen reader
reads it cell by cell.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.counterfactual_html(study.counterfactuals, instance=study.rows.index[2])
