"""How much each feature counts for each output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.explanations.base import Explanation, Shapes

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
    def scale(self) -> str:
        """Scale of the explained outputs: "probability", "logit" or "value"."""
        return str(self.provenance["parameters"]["scale"])

    @property
    def additive(self) -> bool:
        """Whether base value plus attributions should give the explained value."""
        return bool(self.provenance.get("additive", False))

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

    def to_shap(self, seed: int) -> shap.Explanation:
        """Return one seed's attributions as a `shap.Explanation` for shap's own plots."""
        import shap

        one = self.sel(seed=[seed])
        # shap's plots expect no output dimension where there is one output only.
        only = (..., 0) if len(self.outputs) == 1 else ...
        has_base = "base_value" in one.data
        return shap.Explanation(
            values=one.array("attribution")[0][only],
            base_values=one.array("base_value")[0][only] if has_base else None,
            data=one.input_frame().to_numpy(),
            feature_names=self.features,
            output_names=self.outputs,
        )

    def _check_values(self) -> None:
        self._refuse(~np.isfinite(self.array("attribution")), "attribution", "to be finite")
