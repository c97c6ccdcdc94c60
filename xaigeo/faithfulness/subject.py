"""What is checked: attributions, with the models that they explain."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from typing import Any, cast

import numpy as np

from xaigeo.agreement.compared_output import outputs_compared, values_at
from xaigeo.ensemble.fingerprint import fingerprint, fingerprint_differences
from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.streams import instance_seed
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.explanations.amounts import gives_amounts, kind_name
from xaigeo.faithfulness.log_odds import telling_logits
from xaigeo.geometry.attribution_meaning import AttributionMeaning, attribution_meaning
from xaigeo.geometry.ensemble_check import check_ensemble
from xaigeo.schema import Frame, Matrix
from xaigeo.text.whole_word_schema import WholeWordSchema

# float32 and other sizes of batches leave differences near 1e-6 between equal models.
TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False)
class Subject:
    """Attributions of one output an instance, and the models to ask about them.

    Attributes
    ----------
    explanation : Attributions
    ensemble : SeedEnsemble
    background : Background
    places : ndarray of int, shape (n_instances,)
        Of the output that is checked: one for all seeds at an instance.
    own_background : bool
        Whether the background was given, and is not that of the explanation.
    """

    explanation: Attributions
    ensemble: SeedEnsemble
    background: Background
    places: np.ndarray
    own_background: bool = False

    @classmethod
    def of(
        cls,
        explanation: Attributions,
        ensemble: SeedEnsemble,
        *,
        background: Frame | None = None,
        output: str | int | None = None,
    ) -> Subject:
        """Return what is checked.

        Parameters
        ----------
        explanation : Attributions
        ensemble : SeedEnsemble
            The models that were explained.
        background : DataFrame or ndarray, optional
            Rows that stand for the data; those of the explanation unless given.
        output : str or int, optional
            The class or target that is checked. By default the class that most seeds predict at
            the instance, and a regression's first target.

        Raises
        ------
        InputError
            For explanations that are no attributions, that join columns, or that are of other
            models, and an output that is not there.
        """
        check_attributions(explanation)
        check_ensemble(ensemble)
        _check_same_models(explanation, ensemble)
        rows = (
            explanation.array("background")
            if background is None
            else ensemble.schema.encode(background, what="background")
        )
        reference = Background.from_frame(ensemble.schema, rows)
        places = outputs_compared(explanation, output)
        return cls(explanation, ensemble, reference, places, background is not None)

    @cached_property
    def rows(self) -> Matrix:
        """Encoded instances, shape (n_instances, n_features)."""
        return self.explanation.array("input")

    @cached_property
    def values(self) -> np.ndarray:
        """Attributions of the checked output, shape (n_seeds, n_instances, n_features)."""
        return values_at(self.explanation, self.places)

    @cached_property
    def meaning(self) -> AttributionMeaning:
        """What one of these numbers says."""
        return attribution_meaning(self.explanation)

    @property
    def scale(self) -> Scale:
        """The scale of the outputs that were explained."""
        # Under a link it is still probabilities that are averaged, and whose order is the same.
        # Attention is of no output; then it is that which other methods explain.
        scale = self.explanation.provenance["parameters"].get("scale")
        return cast(Scale, scale or self.ensemble.default_scale)

    @property
    def asked_scale(self) -> Scale:
        """The scale on which the models are asked: `scale`, or probabilities where it is none.

        Trees are explained by what their margins add up to, and the models tell probabilities,
        which rise and fall with them.
        """
        has_it = self.scale != "logit" or self.ensemble.members.has_logits
        return self.scale if has_it else "probability"

    @cached_property
    def telling(self) -> SeedEnsemble:
        """The models, made to tell the explained scale where they tell probabilities alone.

        Raises
        ------
        InputError
            For logits of more than two classes, which do not follow from probabilities.
        """
        return self.ensemble if self.asked_scale == self.scale else telling_logits(self.ensemble)

    @cached_property
    def contributions(self) -> np.ndarray:
        """What each feature's value adds to the output, shape (n_seeds, n_instances, n_features).

        The attributions themselves, unless they are changes per standard deviation (those of
        local surrogates without bins, and gradients): these are multiplied by how many standard
        deviations the value lies above the mean, as the surrogate does itself. What having a
        category does is a contribution already, and so is what a token does.
        """
        if isinstance(self.explanation, TokenAttributions) or self.meaning.says == "contribution":
            return self.values
        schema, data = self.explanation.schema, self.explanation.data
        held = {"feature_location", "feature_scale"} <= set(data)
        location = data["feature_location"].to_numpy() if held else self.background.location
        scale = data["feature_scale"].to_numpy() if held else self.background.scale
        return self.values * np.where(schema.discrete, 1.0, (self.rows - location) / scale)

    @property
    def output_names(self) -> list[str]:
        """Names of the checked outputs, one an instance."""
        return [self.explanation.outputs[place] for place in self.places]

    def generator(self, random_state: int, place: int) -> np.random.Generator:
        """Return the random numbers of one instance, a function of its row alone."""
        return np.random.default_rng(instance_seed(random_state, self.identities[place]))

    @cached_property
    def identities(self) -> np.ndarray:
        """What tells the instances apart, whatever the units, (n_instances, n_features)."""
        return self.background.identities(self.rows)

    def of_output(self, outputs: np.ndarray) -> np.ndarray:
        """Return the checked output of outputs, (n_seeds, n_instances, ..., n_outputs)."""
        each = [outputs[:, i, ..., place] for i, place in enumerate(self.places)]
        return np.stack(each, axis=1)

    def provenance(self, parameters: Mapping[str, Any], random_state: int) -> dict[str, Any]:
        """Return where a check of this comes from, as JSON holds it."""
        from xaigeo.store import digest

        return provenance(
            {"scale": self.scale, **parameters, "background_sha256": self.background.digest},
            random_state,
            self.explanation.provenance["ensemble"],
            explanation_sha256=digest(self.explanation),
        )


def provenance(
    parameters: Mapping[str, Any], random_state: int, ensemble: Mapping[str, Any], **more: Any
) -> dict[str, Any]:
    """Return the provenance of a check: what was asked of which models, when, by what."""
    return {
        "parameters": dict(parameters),
        "random_state": int(random_state),
        "ensemble": dict(ensemble),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("xaigeo", "numpy")},
        "created_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        **more,
    }


def check_attributions(explanation: object) -> None:
    """Raise unless an explanation says how much each feature counts."""
    if not gives_amounts(explanation):
        raise InputError(
            expected="Attributions",
            arrived=kind_name(explanation),
            do="Check the explanations of LIME, SHAP or a gradient method; rules and "
            "counterfactuals name no amount for every feature.",
        )


def _check_same_models(explanation: Attributions, ensemble: SeedEnsemble) -> None:
    if isinstance(explanation.schema, WholeWordSchema):
        raise InputError(
            expected="attributions to tokens, which the models read",
            arrived="attributions to whole words",
            do="Check the same method with units='tokens', or an explanation before by_words().",
        )
    if explanation.schema.digest != ensemble.schema.digest:
        raise InputError(
            expected=f"attributions to the models' columns ({', '.join(ensemble.schema.names)})",
            arrived=f"attributions to {', '.join(explanation.features)}, or to columns of other "
            "ranges, categories or units",
            do="Pass the ensemble that was explained, and an explanation without groups.",
        )
    described = {"kind": ensemble.members.kind, "record": ensemble.record}
    theirs = fingerprint(explanation.provenance.get("ensemble") or {})
    differing = fingerprint_differences(fingerprint(described), theirs)
    if list(ensemble.seeds) != explanation.seeds.tolist():
        differing = f"the seeds ({list(ensemble.seeds)})"
    if not differing:
        own = ensemble.outputs_encoded(explanation.array("input"))
        explained = explanation.array("prediction")
        same = own.shape == explained.shape
        gap = float(np.abs(own - explained).max()) if same else np.inf
        if gap > TOLERANCE * max(1.0, float(np.abs(explained).max())):
            differing = f"their predictions at the explained rows (by up to {gap:.3g})"
    if differing:
        seeds = explanation.seeds.tolist()
        part = len(seeds) < ensemble.n_seeds and set(seeds) <= set(ensemble.seeds)
        raise InputError(
            expected="the models that were explained",
            arrived=f"models that differ from them in {differing}",
            do=f"Pass ensemble.select({seeds})."
            if part
            else "Pass the ensemble that was given to xaigeo.explain.",
        )
