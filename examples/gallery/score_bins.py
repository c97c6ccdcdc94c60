"""Where do seeds look at different words, and does averaging the weights help?

How far the attention of two seeds lies apart, against the probability of the answer "positive":
entropy of the whole distribution above, the words at its top below. A point is the mean of the
sentences in a bin, the line through it its interval; one line for each way of training. Names tell
how far it went: the log loss on the sentences trained on, 0.69 for guessing. Networks that have
learnt little spread their attention evenly, and even weights agree for nothing.
"""

import xaigeo as xg


def draw(study):
    texts, bins = study.texts, {}
    for name, ensemble in {"plain": texts.plain, "EMA": texts.averaged}.items():
        seen = ensemble.evaluate(texts.split.train_texts, texts.split.train_y)
        loss = seen.scores["log_loss"].mean()
        bins[f"{name} (training loss {loss:.2f})"] = xg.agreement.score_bins(
            texts.attention[name], output="positive"
        )
    return xg.viz.score_bins(bins, output="positive")
