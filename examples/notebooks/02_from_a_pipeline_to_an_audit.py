# %% [markdown]
# # From a pipeline to an audit
#
# A model is about to be released, and its explanations with it. Would they be the same if it were
# trained again tomorrow? This notebook takes a scikit-learn pipeline as it is, trains it with ten
# seeds, explains all ten in three ways, and ends in a checklist that a release can be held to.

# %%
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import xaigeo as xg

xg.viz.enable_notebook()

# %% [markdown]
# ## The pipeline
#
# Thirty measurements of cell nuclei, two diagnoses. The pipeline scales and then boosts shallow
# trees; `subsample` draws rows for each tree, which is where the seed comes in. Without such a
# draw all seeds would grow the same trees, and the library would say so.

# %%
table = load_breast_cancer(as_frame=True)
X = table.data.rename(columns=lambda name: name.replace(" ", "_"))
y = table.target.map({0: "malignant", 1: "benign"})
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)

pipeline = make_pipeline(
    StandardScaler(), GradientBoostingClassifier(n_estimators=50, subsample=0.7)
)
ensemble = xg.SeedEnsemble.fit(pipeline, X_train, y_train, seeds=range(10))
evaluation = ensemble.evaluate(X_test, y_test)
xg.viz.seed_accuracies(evaluation)

# %% [markdown]
# ## Which measurements speak?
#
# Tree SHAP reads the contributions out of the trees, without sampling, so all that differs from
# seed to seed is the models. It explains the trees' own scale, which for boosting is the log odds.

# %%
cells = X_test.head(20)
reference = X_train.sample(60, random_state=0)
shap = xg.explain(ensemble, cells, method="tree_shap", background=reference)
xg.viz.attribution_importance(shap)

# %% [markdown]
# Thirty measurements of the same nuclei say much the same: radius, perimeter and area can stand in
# for one another. Each seed takes the one that its draws favour. That is why such a ranking is less
# stable than the accuracy is.
#
# ## Within which limits does the answer hold?
#
# An anchor is a rule: as long as the measurements stay within its limits, the model keeps its
# answer on at least 95% of comparable rows. Below, every seed's limits for one case, and what all
# of them share.

# %%
anchors = xg.explain(
    ensemble, cells.head(5), method="anchors", background=X_train, random_state=0, n_samples=400
)
xg.viz.anchor_intervals(anchors)

# %% [markdown]
# ## What would have to change?
#
# A counterfactual is the smallest change found that turns the answer. A change that turns one seed
# and leaves the others unmoved is advice about that one model.

# %%
changes = xg.explain(
    ensemble, cells.head(5), method="counterfactuals", background=X_train, random_state=0
)
xg.viz.counterfactual_changes(changes)

# %% [markdown]
# ## How far do the seeds agree?

# %%
scores = xg.agreement.summary([shap, anchors, changes], k=5)
scores[["method", "score", "value", "low", "high", "null"]]

# %%
xg.viz.agreement_scores(scores, method="tree_shap")

# %% [markdown]
# ## The checklist
#
# The audit asks a fixed list of questions and holds each answer against a limit that was set
# before looking. A question that cannot be answered from what it was given is listed with what is
# missing; it does not pass by silence.

# %%
audit = xg.audit([shap, anchors, changes], evaluation=evaluation)
xg.viz.checklist(audit)

# %% [markdown]
# In a release pipeline the verdict is an exit code (`xaigeo audit`), and next time the saved
# answers are the baseline: what got worse is named.

# %%
print(audit.verdict_text)
audit.save("audit.json")

# %% [markdown]
# ## One page for everybody else
#
# The report holds the findings in words, the map of every row and the checklist. It is one file,
# opens without a network and can be sent as it is.

# %%
xg.report(
    [shap, anchors, changes], path="boosting.html", evaluation=evaluation, audit=audit, max_rows=20
)
