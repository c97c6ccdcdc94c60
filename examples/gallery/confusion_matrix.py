"""Which class is taken for which, and by how many of the seeds?

Each row of the matrix is a true class and adds up to 100%. A cell holds the mean over seeds and,
below it, the lowest and the highest seed.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.confusion_matrix(study.evaluation)
