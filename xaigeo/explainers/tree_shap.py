"""TreeSHAP: exact Shapley values of tree models for every model of the ensemble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np

from xaigeo.ensemble.estimator_members import EstimatorMembers
from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Arrays, Block, Explainer
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.readers.estimator_inputs import estimator_members
from xaigeo.explainers.readers.forest_options import Perturbation, Players
from xaigeo.explainers.shapley.reference_rows import sampled_places
from xaigeo.explanations import Attributions, Explanation
from xaigeo.options import check_count, check_option
from xaigeo.schema import Matrix

if TYPE_CHECKING:
    from xaigeo.explainers.readers.forest_member import ForestMember


# Trees read from the members of an ensemble and the background they were tried on, for the
# blocks of one call that follow each other in one process.
_KEPT: WeakKeyDictionary[EstimatorMembers, tuple[Matrix, list[ForestMember]]] = WeakKeyDictionary()


@EXPLAINERS.register("tree_shap")
@dataclass(frozen=True, kw_only=True)
class TreeShapExplainer(Explainer):
    """TreeSHAP: exact Shapley values of tree models, from their trees.

    For decision trees, random forests, extra trees, gradient and histogram boosting of
    scikit-learn, xgboost and lightgbm, bare or as the last step of a pipeline that makes each of
    its inputs from one column. `base_value` plus the attributions is the explained output.

    What is explained is what the trees add up to, on the scale that ``parameters["scale"]``
    names: probabilities where leaves hold them (single trees and forests), log-odds ("logit")
    for boosted classifiers, values for regression. A boosted classifier of two classes has one
    margin m, reported as (-m, m).

    Parameters
    ----------
    perturbation : {"interventional", "path_dependent"}
        The worth of a coalition. "interventional": the mean output over background rows in
        which the coalition's columns hold the instance's values, as in `kernel_shap`.
        "path_dependent": what the tree gives when splits on other columns send the instance both
        ways, in the shares of the training rows; it takes no notice of the background, and its
        `base_value` is the mean over the training rows.
    players : {"columns", "inputs"}
        Who shares the output. "columns": the columns in original units, so that all inputs
        which an encoder made of one column enter a coalition together. "inputs": the model's
        inputs, whose attributions are summed by column; coalitions then hold rows that no
        column can make, such as a one-hot block without any category. The same where every
        column makes one input.
    n_background : int, optional
        Background rows to average over, drawn without replacement when there are more; the same
        for all instances and seeds. None uses all rows; values are exact for the background only
        then, and time grows with their number.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; by default what the trees add up to. "probability" for
        boosted classifiers of two classes is approximate and needs "interventional": against
        each background row the log-odds' attributions are stretched to add up to the difference
        of probabilities.

    Notes
    -----
    Lundberg et al. (2020), doi:10.1038/s42256-019-0138-9. ``engine="upstream"`` calls
    ``shap.TreeExplainer`` (0.51) model by model, whose players are the inputs. Against a background
    it holds thresholds and leaves in float32, so that a row very near a threshold may go another
    way than in the model; this engine compares as the model does. shap does not read
    every model that this engine reads: gradient boosting of several classes, splits by category
    against a background, xgboost with an intercept an output, several targets in one
    ``MultiOutputRegressor``.
    """

    name: ClassVar[str] = "tree_shap"
    result: ClassVar[type[Explanation]] = Attributions
    packages: ClassVar[tuple[str, ...]] = ("shap", "scikit-learn", "numba")
    models: ClassVar[str] = "tree ensembles"
    additive: ClassVar[bool] = True
    randomised: ClassVar[bool] = True
    block_rows: ClassVar[int] = 50

    perturbation: Perturbation = "interventional"
    players: Players = "columns"
    n_background: int | None = None
    scale: Scale | None = None

    def __post_init__(self) -> None:
        check_option("perturbation", self.perturbation, Perturbation)
        check_option("players", self.players, Players)
        if self.n_background is not None:
            check_count("n_background", self.n_background)
        if self.scale is not None:
            check_option("scale", self.scale, Scale)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when a member has no trees, or they do not add up to the scale asked for."""
        from xaigeo.explainers.readers.forest_readers import read_forests

        read_forests(estimator_members(ensemble, self.name))
        self.scale_of(ensemble)

    def scale_of(self, ensemble: SeedEnsemble) -> Scale:
        """Return the scale that is explained.

        Raises
        ------
        InputError
            If the trees do not add up to the scale asked for, or stretching cannot lead to it.
        """
        natural = self._natural(ensemble)
        stretched = (
            natural == "logit"
            and ensemble.n_outputs == 2
            and self.scale == "probability"
            and self.perturbation == "interventional"
        )
        if self.scale in (None, natural) or stretched:
            return self.scale or natural
        raise InputError(
            expected=f"scale={natural!r}, which these trees add up to",
            arrived=repr(self.scale),
            do="Leave scale out, or explain other scales with method='kernel_shap'.",
        )

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return the background rows averaged over, and whether values are exact."""
        against = self.perturbation == "interventional"
        n_rows = len(background.rows)
        return {
            "n_background": min(n_rows, self.n_background or n_rows) if against else 0,
            "exact": self.scale_of(ensemble) == self._natural(ensemble)
            and (not against or (self.n_background or n_rows) >= n_rows),
        }

    def explain_batched(self, block: Block) -> Arrays:
        """Read all trees and work out every leaf's share for all rows at once."""
        return self._explain(block, upstream=False)

    def explain_upstream(self, block: Block) -> Arrays:
        """Call shap's own explainer for every model."""
        return self._explain(block, upstream=True)

    def _natural(self, ensemble: SeedEnsemble) -> Scale:
        """Return the scale that the trees add up to."""
        from xaigeo.explainers.readers.forest_readers import read_forests

        if ensemble.task == "regression":
            return "value"
        link = read_forests(estimator_members(ensemble, self.name))[0].link
        return "probability" if link == "identity" else "logit"

    def _explain(self, block: Block, *, upstream: bool) -> Arrays:
        ensemble = block.ensemble
        from xaigeo.explainers.readers.forest_member import leaf_shares
        from xaigeo.explainers.readers.forest_upstream import shap_shares

        members = estimator_members(ensemble, self.name)
        used = self._rows_used(block)
        shape = (ensemble.n_seeds, *block.rows.shape, ensemble.n_outputs)
        attribution, value = np.zeros(shape), np.zeros((*shape[:2], shape[3]))
        base = np.zeros((shape[0], shape[3]))
        scale = self.scale_of(ensemble)
        explain = shap_shares if upstream else leaf_shares
        for place, member in enumerate(_forest_members(members, block.background.rows)):
            rows, references = member.compared(block.rows), member.compared(used)
            member.check_reading(rows, ensemble.member_outputs_encoded(place, block.rows))
            attribution[place], base[place] = explain(
                member,
                rows,
                references,
                perturbation=self.perturbation,
                players=self.players,
                scale=scale,
            )
            value[place] = member.explained(rows, scale)
        varies = np.ptp(used, axis=0) > 0
        return {
            "attribution": attribution,
            "base_value": np.repeat(base[:, None], shape[1], axis=1),
            "explained_value": value,
            "feature_location": used.mean(axis=0),
            "feature_scale": np.where(varies, used.std(axis=0), 1.0),
        }

    def background_places(
        self, ensemble: SeedEnsemble, background: Background, seed: np.random.SeedSequence
    ) -> list[int] | None:
        """Return the places of the background rows used, None where all are."""
        n_rows = len(background.rows)
        against = self.perturbation == "interventional"
        if not against or self.n_background is None or self.n_background >= n_rows:
            return None
        places: list[int] = sampled_places(n_rows, self.n_background, seed).tolist()
        return places

    def _rows_used(self, block: Block) -> Matrix:
        rows = block.background.rows
        if self.n_background is None or self.n_background >= len(rows):
            return rows
        return rows[sampled_places(len(rows), self.n_background, block.shared_seed)]


def _forest_members(members: EstimatorMembers, background: Matrix) -> list[ForestMember]:
    """Return the members with their trees, read once and kept for the blocks that follow."""
    from xaigeo.explainers.readers.forest_member import ForestMember
    from xaigeo.explainers.readers.forest_readers import read_forests

    kept = _KEPT.get(members)
    if kept is None or kept[0] is not background:
        each = [
            ForestMember(members, place, forest, background)
            for place, forest in enumerate(read_forests(members))
        ]
        kept = _KEPT[members] = (background, each)
    return kept[1]
