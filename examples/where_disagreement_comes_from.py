"""Where disagreement comes from: weights, batch order, explainer seed, background or method."""

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch import nn

import xaigeo as xg


def make_model(n_inputs: int, n_outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_inputs, 16), nn.ReLU(), nn.Linear(16, n_outputs))


def main() -> None:
    table = load_breast_cancer(as_frame=True)
    X = table.data.rename(columns=lambda name: name.replace(" ", "_"))
    y = table.target.map({0: "malignant", 1: "benign"})
    X_train, X_test, y_train, _ = train_test_split(X, y, random_state=0, stratify=y)

    sources = xg.sources_of_disagreement(
        make_model,
        X_train,
        y_train,
        X_test.head(12),
        methods={"kernel_shap": {"n_samples": 1000}, "lime": {"n_samples": 1000}},
        training={"epochs": 30},
    )
    columns = ["method", "source", "share", "low", "high", "level_low", "level_high"]
    columns += ["feature_agreement", "null", "note"]
    print(sources.to_frame()[columns].round(2).to_string(index=False))
    print(sources.totals.round(3).to_string(index=False))
    of_all = xg.viz.disagreement_sources(sources)
    of_shap = xg.viz.disagreement_sources(sources, "kernel_shap")
    xg.viz.save(of_all & of_shap, "sources.html")
    print("Wrote sources.html")


if __name__ == "__main__":
    main()
