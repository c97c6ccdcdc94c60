"""Would the models answer the same if their attention lay on other words?

Above, how far the probability of the answer changes when a sentence's attention weights are
shuffled, made equal (uniform), or taken from another seed's model, against how sure the models
are. Below, how often answers of that confidence are right. Where shuffling changes little,
attention does not say why the answer was given.
"""

import xaigeo as xg


def draw(study):
    texts = study.texts
    check = xg.faithfulness.attention_permutation(
        texts.plain, texts.texts, texts.y, n_draws=30, random_state=0
    )
    return xg.viz.attention_permutation(check)
