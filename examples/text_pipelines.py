"""A pipeline of scikit-learn on sentences, one a seed: where do the seeds agree on the words?"""

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline

import xaigeo as xg


def main() -> None:
    data = xg.datasets.sentences("yelp").split(random_state=0)
    pipeline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2)), SGDClassifier(loss="log_loss", max_iter=5, tol=None)
    )
    ensemble = xg.TextEnsemble.fit(pipeline, data.train_texts, data.train_y, seeds=range(5))
    print(ensemble)
    print(ensemble.evaluate(data.test_texts, data.test_y).scores.round(3).to_string(index=False))

    # Functions go in the same way, such as one that asks a model behind an address:
    #     xg.TextEnsemble.wrap([ask_one, ask_another], texts=data.train_texts)
    reviews = data.test_texts.sample(6, random_state=1)
    shap = xg.explain(ensemble, reviews, method="kernel_shap", random_state=0)

    for name in reviews.index:
        top = {seed: shap.as_list(seed, name, "positive")[0][0] for seed in ensemble.seeds}
        words = sorted(set(top.values()))
        agree = "all seeds name" if len(words) == 1 else "the seeds are divided:"
        print(f"{reviews[name]!r}: {agree} {' or '.join(words)}")
    print(xg.agreement.summary(shap)[["score", "value", "null"]].round(2).to_string(index=False))
    xg.viz.save(xg.viz.token_attributions(shap, reviews.index[0]), "words.html")
    print("Wrote words.html")


if __name__ == "__main__":
    main()
