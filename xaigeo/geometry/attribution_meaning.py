"""What the numbers of an attribution say: a contribution, or a change per standard deviation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from xaigeo.explanations import Attributions

# What the unit of a change for one standard deviation ends in.
PER_SD: Final = " per SD"
# What the unit of a square or a variance ends in.
SQUARED: Final = "²"


@dataclass(frozen=True)
class AttributionMeaning:
    """How one number of an attribution is to be read.

    Attributes
    ----------
    says : {"contribution", "change"}
        A contribution is a share of the output at the instance. A change is what the output does
        when a numeric feature grows by one standard deviation, or what having a category does; its
        sign says nothing about whether the feature spoke for the output at the instance.
    local_model : bool
        Whether the output is that of a model fitted around the instance.
    signed : bool
        Whether the number has its sign, or is a size alone.
    scale : str
        What the output is measured in: "probability", "logit" or "value".
    binned : bool
        Whether a numeric feature enters as "in the instance's bin" or not: its contribution is
        then what lying in the bin adds.
    removal : bool
        Whether the contribution is what the output loses when this feature alone is taken away:
        such numbers need not add up to anything.
    squared : bool
        Whether the number is a square, or a variance.
    """

    says: Literal["contribution", "change"]
    local_model: bool
    signed: bool
    scale: str
    binned: bool = False
    removal: bool = False
    squared: bool = False

    @property
    def unit(self) -> str:
        """The unit of one number."""
        unit = self.scale if self.says == "contribution" else self.scale + PER_SD
        return f"({unit}){SQUARED}" if self.squared else unit

    def of_target(self, explanation: Attributions, output: int) -> AttributionMeaning:
        """Return the same meaning with a regression's value under the name of its target."""
        if explanation.task != "regression" or self.scale != "value":
            return self
        return replace(self, scale=explanation.outputs[output])


def attribution_meaning(explanation: Attributions) -> AttributionMeaning:
    """Return what the attributions of a method mean."""
    parameters = explanation.provenance["parameters"]
    # Only a plain gradient has the parameter `absolute`; it is no share of the output.
    gradient = "absolute" in parameters
    return AttributionMeaning(
        # A surrogate over bins is linear in "is in the bin", which holds for the instance.
        says="change"
        if gradient or (explanation.local and not explanation.binned)
        else "contribution",
        local_model=explanation.local,
        signed=explanation.signed,
        scale=explanation.scale,
        binned=explanation.binned,
        removal=not (gradient or explanation.local or explanation.additive)
        and "baseline" in explanation.provenance.get("resolved", {}),
        squared=parameters.get("nt_type", "smoothgrad") != "smoothgrad",
    )


def has_boundary_line(explanation: Attributions) -> bool:
    """Return whether a local model changes its answer on a line of the data.

    It has slopes, not bins, in which it is constant, and a kernel whose width is a distance in
    standard deviations.
    """
    wanted = {"slope", "kernel_radius"}
    return explanation.local and not explanation.binned and wanted <= set(explanation.data)
