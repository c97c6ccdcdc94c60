"""The trees of fitted scikit-learn, xgboost and lightgbm models as a `Forest`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from xaigeo.ensemble.estimator_members import EstimatorMembers, last_step
from xaigeo.errors import InputError
from xaigeo.explainers.readers.booster_readers import read_lightgbm, read_xgboost
from xaigeo.explainers.readers.forest import Forest, Link, Tree, check_loss, in_column

SINGLE_TREES = (
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "ExtraTreeClassifier",
    "ExtraTreeRegressor",
)
FORESTS = (
    "RandomForestClassifier",
    "RandomForestRegressor",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
)
GRADIENT_BOOSTING = ("GradientBoostingClassifier", "GradientBoostingRegressor")
HISTOGRAM_BOOSTING = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
# Losses of which the trees' sum is the value itself.
PLAIN_LOSSES = ("squared_error", "absolute_error", "huber", "quantile")


_KEPT: WeakKeyDictionary[EstimatorMembers, list[Forest]] = WeakKeyDictionary()


def read_forest(model: Any) -> Forest:
    """Return the trees of a fitted model.

    Raises
    ------
    InputError
        For a model that has no trees, or whose trees' sum is neither its value nor its
        log-odds.
    """
    reader = _reader(model)
    if reader is None:
        raise InputError(
            expected="models of trees: decision trees, random forests, extra trees, gradient or "
            "histogram boosting of scikit-learn, xgboost or lightgbm, bare or as the last step of "
            "a pipeline",
            arrived=type(model).__name__,
            do="Explain other models with method='kernel_shap'.",
        )
    return reader(model)


def read_forests(members: EstimatorMembers) -> list[Forest]:
    """Return the trees of all members, read once and kept as long as the members are.

    Raises
    ------
    InputError
        As `read_forest`.
    """
    if members not in _KEPT:
        _KEPT[members] = [read_forest(last_step(each)) for each in members.estimators]
    return _KEPT[members]


def _reader(model: Any) -> Callable[[Any], Forest] | None:
    library = type(model).__module__.split(".")[0]
    for kind in type(model).__mro__:
        if kind.__module__.split(".")[0] != library:
            continue
        if library == "sklearn" and kind.__name__ in SKLEARN:
            return SKLEARN[kind.__name__]
        if library == "xgboost" and kind.__name__ in ("XGBClassifier", "XGBRegressor"):
            return read_xgboost
        if library == "lightgbm" and kind.__name__ in ("LGBMClassifier", "LGBMRegressor"):
            return read_lightgbm
    return None


def _single_tree(model: Any) -> Forest:
    trees = [_sklearn_tree(model, 1.0)]
    return Forest.from_trees(trees, offset=_zeros(trees), single=True, link="identity")


def _forest(model: Any) -> Forest:
    share = 1.0 / len(model.estimators_)
    trees = [_sklearn_tree(each, share) for each in model.estimators_]
    return Forest.from_trees(trees, offset=_zeros(trees), single=True, link="identity")


def _sklearn_tree(estimator: Any, factor: float) -> Tree:
    tree = estimator.tree_
    if hasattr(estimator, "classes_"):
        if estimator.n_outputs_ != 1:
            raise InputError(
                expected="classifiers of one label",
                arrived=f"one of {estimator.n_outputs_} labels",
                do="Fit one ensemble a label.",
            )
        value = tree.value[:, 0, :]
        value = value / value.sum(axis=1, keepdims=True)
    else:
        value = tree.value[:, :, 0]
    return _plain_tree(tree, value * factor)


def _plain_tree(tree: Any, value: np.ndarray) -> Tree:
    return Tree(
        left=tree.children_left,
        right=tree.children_right,
        feature=tree.feature,
        threshold=tree.threshold,
        value=value,
        cover=tree.weighted_n_node_samples,
        left_categories={},
    )


def _gradient_boosting(model: Any) -> Forest:
    start = getattr(model, "init_", None)
    if not (isinstance(start, str) or type(start).__name__.startswith("Dummy")):
        raise InputError(
            expected="gradient boosting that starts from a constant",
            arrived=f"init={type(start).__name__}",
            do="Fit with init=None, or explain with method='kernel_shap'.",
        )
    n_stages, n_outputs = model.estimators_.shape
    # The exponential loss models half the log-odds (scikit-learn 1.9, ExponentialLoss).
    factor = 2.0 if model.loss == "exponential" else 1.0
    trees = []
    for stage in range(n_stages):
        for k in range(n_outputs):
            tree = model.estimators_[stage, k].tree_
            value = in_column(tree.value[:, 0, 0] * (model.learning_rate * factor), k, n_outputs)
            trees.append(_plain_tree(tree, value))
    plain = Forest.from_trees(
        trees, offset=_zeros(trees), single=True, link=_link(model, n_outputs)
    )
    return _with_offset(plain, factor * _raw(model))


def _histogram_boosting(model: Any) -> Forest:
    check_loss(model, str(model.loss), (*PLAIN_LOSSES, "log_loss"))
    n_outputs = len(model._predictors[0])
    trees = [
        _histogram_tree(predictor, k, n_outputs)
        for stage in model._predictors
        for k, predictor in enumerate(stage)
    ]
    offset = np.asarray(model._baseline_prediction, dtype=np.float64).reshape(-1)
    return Forest.from_trees(trees, offset=offset, single=False, link=_link(model, n_outputs))


def _histogram_tree(predictor: Any, k: int, n_outputs: int) -> Tree:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    sets = {
        int(node): _bits(predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]])
        for node in np.flatnonzero(nodes["is_categorical"].astype(bool) & ~leaf)
    }
    return Tree(
        left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
        right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
        feature=np.where(leaf, 0, nodes["feature_idx"]),
        threshold=nodes["num_threshold"],
        value=in_column(nodes["value"], k, n_outputs),
        cover=nodes["count"],
        left_categories=sets,
    )


def _bits(words: np.ndarray) -> np.ndarray:
    """Return the places of the bits set in words of 32 bits."""
    return np.flatnonzero((words[:, None] >> np.arange(32, dtype=np.uint32)) & 1)


def _multi_output(model: Any) -> Forest:
    parts = [read_forest(each) for each in model.estimators_]
    wide = [_widened(part, k, len(parts)) for k, part in enumerate(parts)]
    if len({part.single for part in parts}) > 1 or any(p.n_outputs != 1 for p in parts):
        raise InputError(
            expected="one kind of estimator for all targets",
            arrived=", ".join(sorted({type(each).__name__ for each in model.estimators_})),
            do="Explain with method='kernel_shap'.",
        )
    return Forest.joined(wide)


def _widened(forest: Forest, k: int, n_outputs: int) -> Forest:
    value = in_column(forest.nodes.value[:, 0], k, n_outputs)
    offset = np.zeros(n_outputs)
    offset[k] = forest.offset[0]
    return replace(forest, nodes=forest.nodes._replace(value=value), offset=offset)


def _zeros(trees: Sequence[Tree]) -> np.ndarray:
    return np.zeros(trees[0].value.shape[1])


def _link(model: Any, n_outputs: int) -> Link:
    if not hasattr(model, "predict_proba"):
        return "identity"
    return "logistic" if n_outputs == 1 else "softmax"


def _raw(model: Any) -> np.ndarray:
    """Return what scikit-learn's boosting answers at a row of zeros, before any link."""
    row: Any = np.zeros((1, model.n_features_in_))
    if hasattr(model, "feature_names_in_"):
        import pandas as pd

        row = pd.DataFrame(row, columns=model.feature_names_in_)
    answer = model.decision_function(row) if hasattr(model, "classes_") else model.predict(row)
    return np.asarray(answer, dtype=np.float64).reshape(-1)


def _with_offset(forest: Forest, raw: np.ndarray) -> Forest:
    zeros = np.zeros((int(forest.nodes.feature.max()) + 1, 1))
    return replace(forest, offset=raw - forest.outputs(zeros)[0])


SKLEARN: dict[str, Callable[[Any], Forest]] = (
    dict.fromkeys(SINGLE_TREES, _single_tree)
    | dict.fromkeys(FORESTS, _forest)
    | dict.fromkeys(GRADIENT_BOOSTING, _gradient_boosting)
    | dict.fromkeys(HISTOGRAM_BOOSTING, _histogram_boosting)
    | {"MultiOutputRegressor": _multi_output}
)
