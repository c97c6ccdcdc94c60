"""The trees of fitted xgboost and lightgbm models as a `Forest`."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explainers.readers.forest import Forest, Link, Tree, check_loss, in_column

# Objectives of which the trees' sum is the value itself.
XGBOOST_VALUES = (
    "reg:squarederror",
    "reg:absoluteerror",
    "reg:pseudohubererror",
    "reg:quantileerror",
)
LIGHTGBM_VALUES = ("regression", "regression_l1", "huber", "fair", "quantile", "mape")
# Categories of a column that does not say how many it has.
MANY_CATEGORIES = 1024


def read_xgboost(model: Any) -> Forest:
    """Return the trees of an ``XGBClassifier`` or ``XGBRegressor``.

    Raises
    ------
    InputError
        For a linear booster, trees with vectors in their leaves, or another objective.
    """
    booster = model.get_booster()
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    gradient_booster = learner["gradient_booster"]
    if gradient_booster["name"] == "gblinear":
        raise InputError(
            expected="xgboost models of trees",
            arrived="booster='gblinear'",
            do="Explain with method='kernel_shap'.",
        )
    objective = str(learner["objective"]["name"])
    is_classifier = hasattr(model, "predict_proba")
    known = ("binary:logistic", "multi:softprob", "multi:softmax")
    check_loss(model, objective, known if is_classifier else XGBOOST_VALUES)
    parameters = learner["learner_model_param"]
    n_outputs = max(1, int(parameters["num_class"]), int(parameters.get("num_target", 1)))
    dropped = gradient_booster.get("weight_drop")
    body = gradient_booster.get("gbtree", gradient_booster)["model"]
    n_categories = _n_categories(body)
    trees = [
        _xgboost_tree(
            tree, int(k), n_outputs, 1.0 if dropped is None else dropped[place], n_categories
        )
        for place, (tree, k) in enumerate(zip(body["trees"], body["tree_info"], strict=True))
    ][: _n_trees_used(model, body)]
    base = np.atleast_1d(np.asarray(json.loads(str(parameters["base_score"])), dtype=np.float64))
    if objective == "binary:logistic":
        base = np.log(base) - np.log1p(-base)
    offset = np.broadcast_to(base, (n_outputs,))
    link: Link = "identity"
    if is_classifier:
        link = "logistic" if objective == "binary:logistic" else "softmax"
    return Forest.from_trees(trees, offset=offset, single=True, link=link)


def _xgboost_tree(
    tree: dict[str, Any], k: int, n_outputs: int, factor: float, n_categories: list[int]
) -> Tree:
    left = np.asarray(tree["left_children"])
    if int(tree["tree_param"]["size_leaf_vector"]) > 1:
        raise InputError(
            expected="xgboost trees with one output each",
            arrived="multi_strategy='multi_output_tree'",
            do="Fit with multi_strategy='one_output_per_tree', or explain with "
            "method='kernel_shap'.",
        )
    leaf = left < 0
    feature = np.asarray(tree["split_indices"])
    # The condition of a split, or the value of a leaf (xgboost 3.2, RegTree).
    condition = np.asarray(tree["split_conditions"], dtype=np.float32)
    sets = {}
    for place, node in enumerate(tree["categories_nodes"]):
        start = tree["categories_segments"][place]
        to_right = tree["categories"][start : start + tree["categories_sizes"][place]]
        n = n_categories[feature[node]] if n_categories else 0
        sets[int(node)] = np.setdiff1d(np.arange(n or MANY_CATEGORIES), to_right)
    return Tree(
        left=left,
        right=np.asarray(tree["right_children"]),
        feature=np.where(leaf, 0, feature),
        # Left is less than the threshold, not at most: the float32 number before it.
        threshold=np.nextafter(condition, np.float32(-np.inf)),
        value=in_column(np.where(leaf, condition.astype(np.float64), 0.0) * factor, k, n_outputs),
        cover=np.asarray(tree["sum_hessian"]),
        left_categories=sets,
    )


def _n_categories(body: dict[str, Any]) -> list[int]:
    """Return the number of categories of each input, 0 for numbers; empty where not told."""
    segments = (body.get("cats") or {}).get("feature_segments") or []
    return [int(n) for n in np.diff(segments)]


def _n_trees_used(model: Any, body: dict[str, Any]) -> int:
    """Return how many trees predict: those up to the best iteration after early stopping."""
    best = getattr(model, "best_iteration", None)
    ends = body.get("iteration_indptr")
    return len(body["trees"]) if best is None or ends is None else int(ends[best + 1])


def read_lightgbm(model: Any) -> Forest:
    """Return the trees of an ``LGBMClassifier`` or ``LGBMRegressor``.

    Raises
    ------
    InputError
        For trees with linear leaves, or another objective.
    """
    dump = model.booster_.dump_model()
    words = str(dump["objective"]).split()
    options = dict(word.split(":") for word in words[1:] if ":" in word)
    is_classifier = hasattr(model, "predict_proba")
    known = ("binary", "multiclass") if is_classifier else LIGHTGBM_VALUES
    check_loss(model, " ".join(w for w in words if ":" not in w), known)
    n_outputs = int(dump["num_tree_per_iteration"])
    factor = float(options.get("sigmoid", 1.0)) if words[0] == "binary" else 1.0
    if dump.get("average_output"):
        factor /= len(dump["tree_info"]) // n_outputs
    trees = [
        _lightgbm_tree(info["tree_structure"], place % n_outputs, n_outputs, factor)
        for place, info in enumerate(dump["tree_info"])
    ]
    link: Link = "identity"
    if is_classifier:
        link = "logistic" if n_outputs == 1 else "softmax"
    return Forest.from_trees(trees, offset=np.zeros(n_outputs), single=False, link=link)


def _lightgbm_tree(root: dict[str, Any], k: int, n_outputs: int, factor: float) -> Tree:
    nodes = [root]
    left: list[int] = []
    right: list[int] = []
    sets: dict[int, np.ndarray] = {}
    for place, node in enumerate(nodes):  # grows as children are found
        inner = "split_index" in node
        left.append(len(nodes) if inner else -1)
        right.append(len(nodes) + 1 if inner else -1)
        if inner:
            nodes += [node["left_child"], node["right_child"]]
            if node["decision_type"] == "==":
                sets[place] = np.array([int(c) for c in str(node["threshold"]).split("||")])
        elif "leaf_coeff" in node:
            raise InputError(
                expected="lightgbm trees with constant leaves",
                arrived="linear_tree=True",
                do="Explain with method='kernel_shap'.",
            )
    plain = [n.get("threshold", 0.0) if p not in sets else 0.0 for p, n in enumerate(nodes)]
    return Tree(
        left=np.array(left),
        right=np.array(right),
        feature=np.array([node.get("split_feature", 0) for node in nodes]),
        threshold=np.array(plain, dtype=np.float64),
        value=in_column(np.array([n.get("leaf_value", 0.0) for n in nodes]) * factor, k, n_outputs),
        cover=np.array([n.get("internal_count", n.get("leaf_count", 0)) for n in nodes]),
        left_categories=sets,
    )
