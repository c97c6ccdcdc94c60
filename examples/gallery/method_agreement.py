"""Do methods or seeds differ more?

Each square tells how far two methods agree at the same seed; a framed square on the diagonal tells
how far two seeds agree by one method. Where the frames are darkest, the choice of the method
changes the explanation more than the seed does.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.method_agreement([study.shap, study.lime, study.gradients])
