"""Which class is taken for which, and by how many of the seeds?

Each row of the matrix is a true class and adds up to 100%. A cell holds the mean over seeds and,
below it, the lowest and the highest seed.
"""

from xaigeo.viz.confusion_matrix import confusion_matrix


def draw(study):
    return confusion_matrix(study.evaluation)
