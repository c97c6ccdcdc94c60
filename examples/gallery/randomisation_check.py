"""Do explanations change when what the models learnt is taken away?

Layers get new weights, from the output down, and the same rows are explained again. A method that
explains what was learnt falls to the dashed line, where two random models are with each other. It
need not fall to zero: unusual values of a row rank high whatever the model.
"""

from xaigeo.faithfulness import randomisation
from xaigeo.viz.randomisation_check import randomisation_check


def draw(study):
    return randomisation_check(randomisation(study.shap, study.ensemble), limits=(0.2, 0.5))
