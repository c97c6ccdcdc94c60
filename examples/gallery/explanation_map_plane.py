"""Do two methods point the same way at a row?

The plane is spanned by the directions of both, so that each is seen in its whole length: LIME's
normal lies along the horizontal axis, and the vertical one is what Kernel SHAP adds to it.
"""

import xaigeo as xg


def draw(study):
    row = study.rows.index[0]
    plane = xg.geometry.explanation_plane([study.lime, study.shap], instance=row)
    return xg.viz.explanation_map(xg.scene([study.lime, study.shap], view=plane), instance=row)
