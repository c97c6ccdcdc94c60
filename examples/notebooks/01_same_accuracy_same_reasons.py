# %% [markdown]
# # Same accuracy, same reasons?
#
# Train a network twice and change nothing but the random seed. Both models score alike. Do they
# also decide alike, and if they do, for the same reasons? One explanation of one model cannot tell.
#
# This notebook trains twenty networks that differ in their seed alone, explains each of them, and
# looks at what stays from seed to seed. What stays is something about the data; what does not is
# something about one model.

# %%
from torch import nn

import xaigeo as xg

xg.viz.enable_notebook()

# %% [markdown]
# ## Twenty networks
#
# The penguins of Palmer station: four measurements, the island and the sex of 333 birds of three
# species. Columns go in as they are. What a model needs inside, such as scaling or one-hot codes,
# stays inside, and explanations come out in millimetres and grams.


# %%
def make_model(n_inputs: int, n_outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_inputs, 16), nn.ReLU(), nn.Linear(16, n_outputs))


data = xg.datasets.penguins()
unseen = data.X.sample(100, random_state=0).index
X_train, y_train = data.X.drop(unseen), data.y.drop(unseen)
X_test, y_test = data.X.loc[unseen], data.y.loc[unseen]

ensemble = xg.SeedEnsemble.train(make_model, X_train, y_train, seeds=range(20))
evaluation = ensemble.evaluate(X_test, y_test)
xg.viz.seed_accuracies(evaluation)

# %% [markdown]
# By accuracy nobody could choose between these models. Whichever seed happened to be drawn is the
# one that would have been explained.
#
# ## One bird, twenty explanations
#
# Kernel SHAP shares the predicted probability out among the features. Every seed is shown the same
# perturbed birds, so that seeds differ because the models differ, not because the draws do.

# %%
birds = X_test.head(30)
shap = xg.explain(ensemble, birds, method="kernel_shap", background=X_train, random_state=0)
xg.viz.attribution_strip(shap)

# %% [markdown]
# Each dot is a seed. Where the dots lie close together and on one side of zero, any of the
# networks would have given this reason. Where the bar is long, the size of the contribution is one
# model's word; where it crosses zero, so is its direction.
#
# The same, on the data. An arrow along an axis is what that feature adds (orange) or takes (blue).
# Choose another bird, or click on one.

# %%
view = ("bill_length_mm", "flipper_length_mm")
xg.viz.explanation_map(xg.scene(shap, view=view))

# %% [markdown]
# ## All birds
#
# One bird may be an exception. In the next chart each dot is a bird: at the right the feature
# speaks for the class, and its colour tells whether the feature's value is low or high there.

# %%
xg.viz.attribution_beeswarm(shap)

# %% [markdown]
# ## Does the ranking hold?
#
# Explanations are often read as a list: the most important feature first. Each line below is a
# feature, and its height is the rank that a seed gives it. Lines that cross change places from
# one seed to the next, and then "the third most important feature" is not a fact about penguins.

# %%
xg.viz.rank_flow(shap)

# %% [markdown]
# ## Agreement in numbers
#
# Every score comes with its interval over the birds and with the value that unrelated explanations
# would reach. An agreement of 0.5 may be good or nothing: two random choices of three features out
# of six share half of them by luck.

# %%
scores = xg.agreement.summary(shap)
xg.viz.agreement_scores(scores)

# %% [markdown]
# Do some seeds form a group that explains alike, and others another? Then the mean over all seeds
# would describe none of them. A point below is a seed, and the test in the heading asks whether
# the points fall into groups more than those of one cloud would. At the right is what each group
# says.

# %%
modes = xg.geometry.explanatory_modes(shap)
xg.viz.modes_map(modes, shap)

# %% [markdown]
# ## The case to look for
#
# A row on which all seeds give one answer looks safe. It may be the row for which the reasons
# differ most. Such rows are the first that somebody should look at, because neither accuracy nor
# confidence points to them.

# %%
xg.viz.divided_rows(shap)

# %%
rows = xg.agreement.same_answer_different_reason(shap)
rows.head()

# %% [markdown]
# ## What to take away
#
# - Report what all seeds share: a sign, a set of top features, an interval. Not one seed's number.
# - Compare with chance before calling an agreement high.
# - Look first at rows with one answer and several reasons.
#
# The page below holds all of it, for every bird, with a map to explore. It needs no network.

# %%
xg.report(shap, path="same_accuracy.html", evaluation=evaluation)
