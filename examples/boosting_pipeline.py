"""Gradient boosting on breast cancer: ten seeds of a scikit-learn pipeline."""

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import xaigeo as xg


def main() -> None:
    table = load_breast_cancer(as_frame=True)
    X = table.data.rename(columns=lambda name: name.replace(" ", "_"))
    y = table.target.map({0: "malignant", 1: "benign"})
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)

    pipeline = make_pipeline(
        StandardScaler(), GradientBoostingClassifier(n_estimators=50, subsample=0.7)
    )
    ensemble = xg.SeedEnsemble.fit(pipeline, X_train, y_train, seeds=range(10))
    evaluation = ensemble.evaluate(X_test, y_test)
    print(evaluation.scores.round(3).to_string(index=False))

    shap = xg.explain(
        ensemble,
        X_test.head(8),
        method="kernel_shap",
        background=X_train,
        random_state=0,
        n_samples=600,
        n_background=20,
    )
    scores = xg.agreement.summary(shap, k=5)
    print(scores[["score", "value", "low", "high", "null"]].to_string(index=False))
    audit = xg.audit([shap], evaluation=evaluation)
    print(f"Verdict: {audit.verdict}")
    audit.save("audit.json")
    xg.viz.attribution_strip(shap, instance=X_test.index[0]).save("strip.html", inline=True)
    print("Wrote audit.json and strip.html")


if __name__ == "__main__":
    main()
