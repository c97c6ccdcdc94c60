from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaigeo.agreement.selection import stability
from xaigeo.audit.item import Missing
from xaigeo.audit.runner import audit
from xaigeo.audit.thresholds import read_thresholds
from xaigeo.explanations import Attributions
from xaigeo.schema import FeatureSchema

QUICK = {"settings": {"n_bootstrap": 200}}


@pytest.fixture
def grouped(build, rng):
    """120 rows; seeds agree on the 60 rows of group a and not on the 60 of group b."""
    frame = pd.DataFrame({f"x{j}": rng.random(120) for j in range(4)})
    frame["group"] = np.repeat(["a", "b"], 60)
    schema = FeatureSchema.from_data(frame)
    values = np.repeat(rng.normal(size=(1, 120, 5)), 4, axis=0)
    values[:, 60:] = rng.normal(size=(4, 60, 5))
    ones = np.ones((4, 20), dtype=int)
    arrays = build.common(np.ones((4, 120), dtype=int), 20, 5, rng, background_labels=ones)
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


def test_r2_tells_a_gap_from_chance(grouped, evidence):
    explanation, values = grouped
    found = evidence(explanation).outcome("R2")
    assert found.value > found.null > 0
    assert found.low <= found.value <= found.high
    assert found.judged is None
    assert found.n_rows == 120
    assert found.evidence["rows_by_group"] == {"group": {"a": 60, "b": 60}}
    # The chance level is what a naive loop of shuffles finds.
    steady, rng = stability(values, 3), np.random.default_rng(1)
    gaps = []
    for _ in range(2000):
        dealt = rng.permutation(steady)
        gaps.append(abs(dealt[:60].mean() - dealt[60:].mean()))
    assert found.null == pytest.approx(np.quantile(gaps, 0.95), rel=0.1)


def test_r2_a_gap_within_chance_warns_and_no_more(grouped, rng):
    explanation, _ = grouped
    dealt = rng.permutation(np.repeat(["p", "q"], 60))
    found = audit(explanation, groups={"lot": dealt}, thresholds=QUICK)["R2"]
    assert (found.status, found.beyond_null) == ("warn", False)
    assert "so this gap may be chance and does not fail" in found.reason
    assert "What chance gives exceeds the limit of 0.05, so this cannot pass." in found.reason
    # Here a gap beyond the warning limit is what chance gives.
    narrow = QUICK | {"R2": {"pass": 0.001, "warn": 0.002}}
    assert audit(explanation, groups={"lot": dealt}, thresholds=narrow)["R2"].status == "warn"


def test_r2_a_gap_beyond_chance_fails_and_large_equal_groups_pass(build, grouped, rng):
    explanation, _ = grouped
    assert audit(explanation, thresholds=QUICK)["R2"].status == "fail"
    values = rng.choice([-1.0, 1.0], (1, 400, 5)) * [5.0, 4.0, 3.0, 2.0, 0.1]
    alike = build.make_attributions(values + 0.3 * rng.normal(size=(6, 400, 5)))
    found = audit(alike, groups={"half": np.arange(400) % 2}, thresholds=QUICK)["R2"]
    assert found.status == "pass"


def test_r2_by_columns_and_by_values(grouped, evidence):
    explanation, _ = grouped
    low = read_thresholds(QUICK | {"R2": {"min_rows": 20}})
    given = {"region": np.repeat(["n", "s", "w"], [60, 55, 5])}
    found = evidence(explanation, groups=given).outcome("R2")
    assert list(found.evidence["stability_by_group"]["region"]) == ["n", "s"]  # w is too small
    found = evidence(explanation, groups=["x0", "group"], thresholds=low).outcome("R2")
    assert set(found.evidence["stability_by_group"]) == {"x0", "group"}
    assert "x0 was cut at its quartiles." in found.reason
    found = evidence(explanation, groups=["x0", "group"]).outcome("R2")
    assert "Too few rows to compare by x0." in found.reason
    assert found.at_best == "warn"
    nothing = evidence(explanation, groups=["x0"]).outcome("R2")
    assert nothing.reason.startswith("x0 does not make two groups of at least 50 explained rows")


def test_r2_tells_the_accuracy_of_groups(grouped, evidence, build):
    explanation, _ = grouped
    labels = np.ones((4, 120), dtype=int)
    truth = labels[0].copy()
    truth[:30] = 0  # half of group a is answered wrongly
    given = replace(
        build.make_evaluation(labels, truth),
        rows=explanation.array("input"),
        instances=explanation.instances,
    )
    found = evidence(explanation, evaluation=given).outcome("R2")
    assert found.evidence["accuracy_by_group"] == {"group": {"a": 0.5, "b": 1.0}}
    other = replace(given, rows=given.rows + 1.0)
    assert "accuracy_by_group" not in evidence(explanation, evaluation=other).outcome("R2").evidence


def test_r2_needs_large_groups(grouped, evidence):
    explanation, _ = grouped
    found = evidence(explanation.sel(instance=range(10, 70))).outcome("R2")
    assert isinstance(found, Missing)
    assert "two groups of at least 50 explained rows; 60 rows were explained" in found.reason


def test_r2_counts_different_rows(grouped, evidence):
    explanation, _ = grouped
    data = explanation.data.copy(deep=True)
    data["input"][1:60] = data["input"][0].to_numpy()
    found = evidence(replace(explanation, data=data), groups=["group"]).outcome("R2")
    assert (found.n_rows, found.n_copies) == (61, 59)


def test_r2_names_the_columns_that_make_no_groups(grouped, evidence):
    explanation, _ = grouped
    found = evidence(explanation, groups=["x0", "x1"]).outcome("R2")
    assert found.reason.startswith("Neither of x0 and x1 makes two groups")


def test_r2_needs_groups(build, agreeing, evidence):
    found = evidence(build.make_attributions(agreeing)).outcome("R2")
    assert isinstance(found, Missing)
    assert found.reason.startswith("No column is categorical, so there are no groups to compare.")


def test_r2_needs_attributions_and_seeds(build, agreeing, everything, evidence):
    assert isinstance(evidence(everything[4]).outcome("R2"), Missing)
    assert isinstance(evidence(build.make_attributions(agreeing[:1])).outcome("R2"), Missing)
