"""Changes that an axis cannot show, in words."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from xaigeo.schema import FeatureSchema


def change_text(
    schema: FeatureSchema,
    start: np.ndarray,
    end: np.ndarray,
    changed: np.ndarray,
    in_view: Collection[int] = (),
) -> str:
    """Return changes outside the view: ``sex: male → female, body_mass −300 g``.

    Parameters
    ----------
    schema : FeatureSchema
    start, end : ndarray, shape (n_features,)
        Encoded rows.
    changed : ndarray of bool, shape (n_features,)
    in_view : collection of int
        Places of the features that the axes show.
    """
    parts = []
    for j in np.flatnonzero(changed).tolist():
        feature = schema.features[j]
        if feature.is_discrete:
            parts.append(f"{feature.name}: {feature.text(start[j])} → {feature.text(end[j])}")
        elif j not in in_view:
            step = end[j] - start[j]
            sign = "−" if step < 0 else "+"
            unit = f" {feature.unit}" if feature.unit else ""
            parts.append(f"{feature.name} {sign}{abs(step):.4g}{unit}")
    return ", ".join(parts)
