"""How much each feature counts for each output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.errors import InputError
from xaigeo.explanations.base import Explanation, Shapes
from xaigeo.explanations.condition import condition_text
from xaigeo.options import suggestion

if TYPE_CHECKING:
    import shap


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Attributions(Explanation):
    """How much each feature counts for each output: LIME, SHAP, gradients.

    Arrays besides the common ones: `attribution` (seed, instance, feature, output) in output
    units; `base_value` (seed, instance, output), the value the attributions start from; and,
    where the method has them, `std_error` (as attribution), `slope` (as attribution, output
    units per original unit of a numeric feature, NaN for categories), `intercept` and
    `local_r2` (seed, instance, output), `kernel_radius` (instance), the standardised
    distance at which a local kernel falls to half, `feature_location` and `feature_scale`
    (feature), the mean and standard deviation that standardise a column,
    `convergence_delta` (seed, instance, output), `selected` (as attribution), whether a
    surrogate was given the feature, and `condition_lower` and `condition_upper`
    (instance, feature), the bin in which a discretised column's attribution applies (the value
    lies above the first and at most at the second; infinite where open, NaN where not binned).

    `provenance["parameters"]["scale"]` says whether outputs are probabilities or logits;
    `provenance["additive"]` whether base value plus attributions should equal the prediction
    on that scale, whose values are then in `explained_value` (seed, instance, output).
    """

    kind: ClassVar[str] = "attributions"
    required: ClassVar[Shapes] = {
        "attribution": (dims.SEED, dims.INSTANCE, dims.FEATURE, dims.OUTPUT),
    }
    optional: ClassVar[Shapes] = {
        "base_value": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "explained_value": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "std_error": (dims.SEED, dims.INSTANCE, dims.FEATURE, dims.OUTPUT),
        "slope": (dims.SEED, dims.INSTANCE, dims.FEATURE, dims.OUTPUT),
        "intercept": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "local_r2": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "convergence_delta": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "kernel_radius": (dims.INSTANCE,),
        "feature_location": (dims.FEATURE,),
        "feature_scale": (dims.FEATURE,),
        "selected": (dims.SEED, dims.INSTANCE, dims.FEATURE, dims.OUTPUT),
        "condition_lower": (dims.INSTANCE, dims.FEATURE),
        "condition_upper": (dims.INSTANCE, dims.FEATURE),
    }

    @property
    def role(self) -> Literal["attributions", "anchors", "counterfactuals"]:
        """What the numbers are: amounts; of texts they may be the words of an answer."""
        return "attributions"

    @property
    def scale(self) -> str:
        """Scale of the attributions: "probability", "logit" or "value"; of attention "weight".

        Words of an answer about a text, anchors and counterfactuals, are 1 or 0: "value".
        """
        parameters = self.provenance["parameters"]
        if "unit" in self._resolved:
            return str(self._resolved["unit"])
        # A link divides log-odds although it is probabilities that are averaged.
        return str(
            "logit" if parameters.get("link") == "logit" else parameters.get("scale", "value")
        )

    @property
    def additive(self) -> bool:
        """Whether base value plus attributions should give the explained value."""
        return bool(self.provenance.get("additive")) and bool(self._resolved.get("additive", True))

    @property
    def signed(self) -> bool:
        """Whether the attributions have a sign, and are not sizes, squares or variances alone."""
        # The gradient methods have this parameter; squares and variances cannot turn it off.
        absolute = self.provenance["parameters"].get("absolute", False)
        return not absolute and bool(self._resolved.get("signed", True))

    @property
    def _resolved(self) -> dict[str, Any]:
        """What the method told of its numbers: `unit`, `signed`, `additive`, where not as usual."""
        return dict(self.provenance.get("resolved") or {})

    def to_frame(self) -> pd.DataFrame:
        """Return one row per seed, instance, feature and output.

        Columns: seed, instance, feature, value (original units), output, attribution,
        prediction, and base_value and std_error where the method has them.
        """
        names = ["attribution", "std_error"]
        frame = self.data[[n for n in names if n in self.data]].to_dataframe().reset_index()
        n_seeds, n_outputs = len(self.seeds), len(self.outputs)
        values = self.input_frame().to_numpy(dtype=object).reshape(-1)
        frame.insert(3, "value", np.tile(np.repeat(values, n_outputs), n_seeds))
        for name in ("prediction", "base_value"):
            if name in self.data:
                wide = np.repeat(self.array(name)[:, :, None, :], len(self.features), axis=2)
                frame[name] = wide.reshape(-1)
        return frame

    def as_list(
        self, seed: int, instance: Any, output: str | None = None
    ) -> list[tuple[str, float]]:
        """Return one seed's attributions of one instance as the lime package lists them.

        Pairs of description and attribution, in falling order of size. For a local surrogate a
        description says when the attribution applies, in original units: a bin such as
        ``"3.5 < mass <= 5.1"``, a category such as ``"sex=male"``, or ``"mass"`` for a column
        that enters with its value; features that it was not given are left out. For other
        methods it is the feature with the instance's value, such as ``"mass=4.2"``.

        Parameters
        ----------
        seed : int
        instance : label
            The first of several with this label.
        output : str, optional
            The class that the seed predicts there unless named; of a regression the first target.

        Raises
        ------
        InputError
            If there is no such seed, instance or output.
        """
        one = self.sel(seed=seed, instance=instance)
        if output is not None and str(output) not in self.outputs:
            raise InputError(
                expected=f"an output of the explanation ({', '.join(self.outputs)})",
                arrived=repr(output),
                do=suggestion(output, self.outputs) or "Name one of the listed outputs.",
            )
        named = None if output is None else self.outputs.index(str(output))
        place = int(one.predicted[0, 0]) if named is None else named
        values = one.array("attribution")[0, 0, :, place]
        order = np.argsort(-np.abs(values), kind="stable")
        if "selected" in one.data:
            order = order[one.array("selected")[0, 0, order, place]]
        described = one._descriptions()
        return [(described[j], float(values[j])) for j in order]

    @property
    def local(self) -> bool:
        """Whether the attributions are the coefficients of a model fitted around the instance."""
        return self.method == "lime" or "kernel_radius" in self.data

    @property
    def binned(self) -> bool:
        """Whether numeric columns enter a surrogate as "in the instance's bin" or not."""
        return "condition_lower" in self.data

    def conditions(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of the bins of the instance at a place, NaN where there are none."""
        if not self.binned:
            none = np.full(len(self.features), np.nan)
            return none, none
        return self.array("condition_lower")[place], self.array("condition_upper")[place]

    def _descriptions(self) -> list[str]:
        row = self.array("input")[0]
        if not self.local:
            return [f"{f.name}={f.text(v)}" for f, v in zip(self.schema.features, row, strict=True)]
        return [
            condition_text(*parts)
            for parts in zip(self.schema.features, row, *self.conditions(0), strict=True)
        ]

    def to_shap(self, seed: int) -> shap.Explanation:
        """Return one seed's attributions as a `shap.Explanation` for shap's own plots.

        Rows hold original values, categories as text, which shap's plots name or draw in grey;
        ``shap.plots.violin`` takes numbers only. Choose an output with ``[:, :, "name"]``.

        `base_values` are what the attributions start from: `base_value`, or, of LIME over bins,
        `intercept`, so that base plus attributions is the local model's value at the row. The
        numbers of other methods (slopes, gradients, what removal loses) do not add up to an
        output. ``shap.plots.bar``, ``beeswarm``, ``violin``, ``scatter`` and ``heatmap`` show
        them as they are. Their base is 0, so that ``waterfall``, ``force`` and ``decision`` run
        too, but what these label E[f(X)] and f(x) is then 0 and the plain sum of the
        attributions, and not an output of the model.
        """
        import shap

        one = self.sel(seed=[seed])
        # shap's plots expect neither a dimension nor a name where there is one output only.
        only = (..., 0) if len(self.outputs) == 1 else ...
        return shap.Explanation(
            values=one.array("attribution")[0][only],
            base_values=one._starts()[0][only],
            data=one.input_frame().to_numpy(),
            feature_names=self.features,
            output_names=self.outputs if len(self.outputs) > 1 else None,
        )

    def _starts(self) -> np.ndarray:
        """Return what the attributions are added to, 0 where they do not add up to an output."""
        if "base_value" in self.data:
            return self.array("base_value")
        if self.binned and "intercept" in self.data:  # every z is 1 at the instance
            return self.array("intercept")
        return np.zeros((len(self.seeds), len(self.instances), len(self.outputs)))

    def _check_values(self) -> None:
        self._refuse(~np.isfinite(self.array("attribution")), "attribution", "to be finite")
