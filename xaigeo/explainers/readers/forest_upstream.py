"""Shapley values of one tree model by ``shap.TreeExplainer``."""

from __future__ import annotations

import warnings

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.errors import InputError
from xaigeo.explainers.readers.forest_member import ForestMember
from xaigeo.explainers.readers.forest_options import Perturbation, Players

# How far shap's values may be from adding up, absolutely and relative to the output: its own
# limit. Its interventional kernel holds thresholds in float32, and so takes some rows another way.
NEARLY = 1e-2

SHAP_NAMES = {"interventional": "interventional", "path_dependent": "tree_path_dependent"}


def shap_shares(
    member: ForestMember,
    rows: np.ndarray,
    references: np.ndarray,
    *,
    perturbation: Perturbation,
    players: Players,
    scale: Scale,
) -> tuple[np.ndarray, np.ndarray]:
    """Return shap's values by column, (n_rows, n_features, n_outputs), and the base value.

    Raises
    ------
    InputError
        Where the players are columns of several inputs, which shap cannot join, or where shap
        cannot read the model, or reads another one than predicts.
    """
    if players == "columns" and not member.inputs.one_each:
        raise InputError(
            expected="players='inputs' for engine='upstream' where an encoder makes several "
            "inputs of a column",
            arrived="players='columns'",
            do="Pass players='inputs', or use engine='batched'.",
        )
    output = "probability" if member.stretched(scale) else "raw"
    phi, base = _shap_values(member, rows, references, perturbation, output)
    attribution = member.in_order(member.wide(member.inputs.sums(phi, member.n_features)))
    both = np.concatenate([1.0 - base, base]) if member.stretched(scale) else member.wide(base)
    base = member.in_order(both)
    value = member.explained(rows, scale)
    total = base + attribution.sum(axis=1)
    if not np.allclose(total, value, rtol=NEARLY, atol=NEARLY):
        gap = float(np.abs(total - value).max())
        raise _unreadable(member, f"base value and attributions that miss its output by {gap:.3g}")
    return attribution, base


def _shap_values(
    member: ForestMember,
    rows: np.ndarray,
    references: np.ndarray,
    perturbation: Perturbation,
    output: str,
) -> tuple[np.ndarray, np.ndarray]:
    from shap import TreeExplainer
    from shap.maskers import Independent

    data = np.ascontiguousarray(references.T)
    # Without a masker of one's own shap keeps 100 rows of the background and says nothing.
    masker = Independent(data, max_samples=len(data)) if perturbation == "interventional" else None
    with warnings.catch_warnings():
        # Untrue for arrays since shap 0.45, and told on every call.
        warnings.filterwarnings("ignore", "LightGBM binary classifier with TreeExplainer")
        try:
            theirs = TreeExplainer(
                member.inputs.model,
                data=masker,
                model_output=output,
                feature_perturbation=SHAP_NAMES[perturbation],
            )
            instances = np.ascontiguousarray(rows.T)
            phi = np.asarray(theirs.shap_values(instances, check_additivity=False))
        except Exception as error:
            raise _unreadable(member, f"{type(error).__name__}: {error}") from error
    base = np.atleast_1d(np.asarray(theirs.expected_value, dtype=np.float64))
    return (phi[..., None] if phi.ndim == 2 else phi).astype(np.float64), base


def _unreadable(member: ForestMember, what: str) -> InputError:
    return InputError(
        expected=f"a {type(member.inputs.model).__name__} that shap.TreeExplainer reads as it "
        "predicts",
        arrived=what,
        do="Use engine='batched'.",
    )
