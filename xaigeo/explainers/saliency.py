"""The gradient at the instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xaigeo.explainers.base import Arrays
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.gradients.gradient_explainer import (
    GradientExplainer,
    GradientWork,
    saliency_upstream,
)


@EXPLAINERS.register("saliency")
@dataclass(frozen=True, kw_only=True)
class SaliencyExplainer(GradientExplainer):
    """The gradient at the instance, on a scale on which columns compare.

    The attribution of a numeric column is the gradient per standard deviation of the
    background, ``slope * feature_scale``, with `slope` the signed gradient per original
    unit; 0 where the background does not vary (its `feature_scale` is 1, but there is no
    deviation to go by, and `slope` alone tells of the gradient). That of a categorical or
    ordinal column is the gradient times the way from the background's mean point to the
    category's own: to first order, what having this category rather than a usual one does. For
    one-hot inputs this is the gradient of the category's indicator less the mean of all
    indicators' gradients, weighted by the categories' shares. (The indicator's gradient alone
    would not do: adding one number to all weights of a one-hot block and taking it off the bias
    leaves the model as it is, but moves that gradient.)

    Parameters
    ----------
    absolute : bool
        Report the attribution's size without its sign, as captum does by default.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.
    layer : str, optional
        Dotted name of a layer, such as the embeddings of categories, at whose outputs gradients
        are taken, and summed by column; all columns that do not pass through it are taken at the
        networks' inputs.

    Notes
    -----
    Simonyan, Vedaldi and Zisserman (2013), arXiv:1312.6034.
    """

    absolute: bool = True

    name: ClassVar[str] = "saliency"
    needs_spread: ClassVar[bool] = True

    def _explain(self, work: GradientWork) -> Arrays:
        gradient = (
            work.each(saliency_upstream) if work.upstream else work.passes.gradients(work.points)
        )
        signed = work.columns.sensitivities(gradient, work.factors)
        return {
            "attribution": np.abs(signed) if self.absolute else signed,
            "slope": work.columns.slopes(gradient),
            "explained_value": work.explained_value,
        } | comparing_scale(work)


def comparing_scale(work: GradientWork) -> Arrays:
    """Return the location and scale on which columns' sensitivities compare."""
    background, sloped = work.block.background, work.columns.sloped
    return {
        "feature_location": np.where(sloped, background.location, 0.0),
        "feature_scale": np.where(sloped, background.scale, 1.0),
    }
