"""Are predictions more stable when weights are averaged in training?

The standard deviation of the probability between seeds against its mean, a line for each way of
training: a point is the mean of the sentences in a bin, and the line through it their middle 80%.
"""

import xaigeo as xg


def draw(study):
    texts = study.texts
    evaluations = {
        "plain": texts.plain.evaluate(texts.texts, texts.y),
        "EMA": texts.averaged.evaluate(texts.texts, texts.y),
    }
    return xg.viz.prediction_deviation_comparison(evaluations, output="positive")
