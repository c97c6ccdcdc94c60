import numpy as np
import pandas as pd
import pytest

from xaigeo.agreement.selection import stability
from xaigeo.audit.item import Missing
from xaigeo.explanations import Attributions
from xaigeo.schema import FeatureSchema


@pytest.fixture
def grouped(build, rng):
    """120 rows; seeds agree on the 60 rows of group a and not on the 60 of group b."""
    frame = pd.DataFrame({f"x{j}": rng.random(120) for j in range(4)})
    frame["group"] = np.repeat(["a", "b"], 60)
    schema = FeatureSchema.from_data(frame)
    values = np.repeat(rng.normal(size=(1, 120, 5)), 4, axis=0)
    values[:, 60:] = rng.normal(size=(4, 60, 5))
    arrays = build.common(np.ones((4, 120), dtype=int), 20, 5, rng)
    arrays["input"] = schema.encode(frame)
    arrays["background"] = arrays["input"][:20]
    arrays["attribution"] = np.stack([-values, values], axis=-1)
    return build.container(Attributions, arrays, schema, "kernel_shap"), values


def test_r2_is_the_gap_between_groups(grouped, evidence):
    explanation, values = grouped
    found = evidence(explanation).outcome("R2")
    steady = stability(values, 3)
    assert found.value == pytest.approx(steady[:60].mean() - steady[60:].mean())
    assert "By group, seeds agree least for b" in found.reason


def test_r2_needs_large_groups(grouped, evidence):
    explanation, _ = grouped
    found = evidence(explanation.sel(instance=range(10, 70))).outcome("R2")
    assert isinstance(found, Missing)
    assert "two groups of at least 50 explained rows; 60 rows were explained" in found.reason


def test_r2_needs_groups(build, agreeing, evidence):
    found = evidence(build.make_attributions(agreeing)).outcome("R2")
    assert isinstance(found, Missing)
    assert found.reason.startswith("No column is categorical, so there are no groups to compare.")


def test_r2_needs_attributions_and_seeds(build, agreeing, everything, evidence):
    assert isinstance(evidence(everything[4]).outcome("R2"), Missing)
    assert isinstance(evidence(build.make_attributions(agreeing[:1])).outcome("R2"), Missing)
