from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from xaigeo.audit.item import Missing
from xaigeo.audit.runner import audit
from xaigeo.checks import Check
from xaigeo.checks.beats_random import beats_random
from xaigeo.checks.off_support_rates import share_interval
from xaigeo.errors import InputError
from xaigeo.store import digest

SHAPE = ("seed", "instance")
QUICK = {"settings": {"n_bootstrap": 20}}


@pytest.fixture
def make():
    """Functions that make checks of six seeds by hand."""

    def check(kind, arrays, coords=None, method="kernel_shap", **parameters):
        return Check(
            kind=kind,
            method=method,
            data=xr.Dataset(arrays, coords=coords or {}),
            seeds=np.arange(6),
            provenance={"parameters": parameters},
        )

    def deletion(wins, method="kernel_shap", kind="deletion"):
        """Return areas below (1), above (0) or equal to (nan) those of random orders."""
        wins = np.asarray(wins, dtype=float)
        n = len(wins)
        better = np.where(np.isnan(wins), 0.0, 2 * wins - 1)
        sign = 1 if kind == "deletion" else -1
        area = np.tile(0.5 - sign * 0.1 * better, (6, 1))
        # Random orders differ among themselves, unless nothing moves.
        random = 0.5 + 0.05 * np.where(np.isnan(wins), 0, 1)[:, None] * np.array([-1.0, 1.0])
        curve = np.tile(area[..., None], 3)
        return check(
            kind,
            {
                "curve": ((*SHAPE, "step"), curve),
                "random_curve": ((*SHAPE, "step"), curve),
                "area": (SHAPE, area),
                "random_area": ((*SHAPE, "draw"), np.tile(random, (6, 1, 1))),
            },
            {"instance": np.arange(n)},
            method,
        )

    def randomisation(values, shared=None, method="kernel_shap", own=1.0):
        values = np.tile(values, (6, 1))
        arrays = {"rank_correlation": ((*SHAPE, "layer"), np.stack([values * 0, values], axis=-1))}
        for name, level in (("between_random", shared), ("self_correlation", own)):
            if level is not None:
                arrays[name] = (SHAPE, np.full(values.shape, level))
        coords = {"instance": np.arange(values.shape[1]), "layer": ["0", "all"]}
        return check("randomisation", arrays, coords, method)

    def off_support(flagged, alarms, judged=("beyond", "uniform")):
        arrays = {"flagged": (("way", "row"), flagged), "false_alarm": ("row", alarms)}
        coords = {"way": ["beyond", "uniform", "shuffled"]}
        return check("off_support", arrays, coords, "", judged=list(judged))

    return SimpleNamespace(deletion=deletion, randomisation=randomisation, off_support=off_support)


@pytest.fixture
def explained(build, rng):
    values = rng.normal(size=(1, 40, 5)) + 0.02 * rng.normal(size=(6, 40, 5))
    return [build.make_attributions(values), build.make_attributions(values, method="lime")]


def test_f4_is_the_share_of_the_worst_method(make, explained, evidence):
    wins = np.ones(40)
    wins[:4] = 0
    checks = [make.deletion(np.ones(40), "lime"), make.deletion(wins)]
    found = evidence(*explained, checks=checks).outcome("F4")
    assert found.value == pytest.approx(beats_random(checks[1]).mean()) == pytest.approx(0.9)
    low, high = share_interval(np.array([36]), np.array([40]))
    assert (found.low, found.high) == pytest.approx((low[0], high[0]))
    assert (found.null, found.n_rows) == (0.5, 40)
    assert found.reason.startswith(
        "By kernel_shap, for 90% of the explanations (6 seeds at 40 rows) the output falls sooner "
        "when features are taken away in their order than in the median random order; for the "
        "median one 0 of 2 random orders do as well."
    )
    assert found.evidence["median_p_value"] == pytest.approx(1 / 3)
    assert found.evidence["n_random_orders"] == 2
    assert found.reason.endswith("Covered: kernel_shap, lime.")
    assert found.evidence["by_method"] == {"kernel_shap": pytest.approx(0.9), "lime": 1.0}
    assert found.evidence["rows_not_better"] == ["0", "1", "2", "3"]


def test_f4_names_methods_that_were_not_checked(make, explained, evidence):
    checks = [make.deletion(np.ones(12), "lime"), make.deletion(np.ones(12), "lime", "insertion")]
    found = evidence(*explained, checks=checks).outcome("F4")
    assert "Covered: lime; not: kernel_shap. The other items judge kernel_shap" in found.reason
    assert found.at_best == "warn"
    assert found.evidence["insertion_by_method"] == {"lime": 1.0}


def test_f4_a_coin_does_not_pass(make, explained):
    few = audit(explained, checks=make.deletion(np.ones(5)), thresholds=QUICK)["F4"]
    assert few.status == "warn"
    assert few.reason.endswith("5 rows are too few to pass. Not beyond chance (50%).")
    coin = audit(explained, checks=make.deletion(np.arange(40) % 2), thresholds=QUICK)["F4"]
    assert coin.status == "fail"


def test_f4_rows_on_which_nothing_moves(make, explained, evidence):
    some = np.ones(20)
    some[:3] = np.nan
    found = evidence(*explained, checks=make.deletion(some)).outcome("F4")
    assert (found.value, found.n_rows, found.at_best) == (1.0, 17, "warn")
    assert "3 further rows say nothing, so this cannot pass." in found.reason
    some[:] = np.nan
    found = evidence(*explained, checks=make.deletion(some)).outcome("F4")
    assert isinstance(found, Missing)
    assert found.reason.startswith("For kernel_shap most checked rows say nothing")


def test_f3_is_the_worst_method_beside_its_references(make, explained, evidence):
    values = np.linspace(0.1, 0.3, 12)
    checks = [make.randomisation(values, 0.25), make.randomisation(values + 0.5, 0.6, "lime")]
    found = evidence(*explained, checks=checks).outcome("F3")
    assert found.value == pytest.approx(0.7)
    assert found.null == pytest.approx(0.6)
    assert found.low <= found.value <= found.high
    assert "for models with new random weights" in found.reason
    assert ", and of 1 with their own by another explainer seed." in found.reason
    assert "Two such models share 0.6, which comes from the rows" in found.reason
    assert found.reason.endswith("Covered: kernel_shap, lime.")


@pytest.mark.parametrize(("value", "status"), [(0.1, "pass"), (0.3, "warn"), (0.9, "fail")])
def test_f3_without_random_pairs(make, explained, value, status):
    check = make.randomisation(np.full(12, value))
    found = audit(explained, checks=check, thresholds=QUICK)["F3"]
    assert (found.status, found.null) == (status, None)
    assert "What two such models share was not measured." in found.reason


def test_f3_noise_does_not_pass(make, explained):
    """It is unlike random models, and as unlike itself."""
    values = np.linspace(0.0, 0.2, 12)
    noise = make.randomisation(values, 0.28, own=0.107)
    found = audit(explained, checks=noise, thresholds=QUICK)["F3"]
    assert found.status == "warn"
    assert "By kernel_shap, the explanation does not even resemble itself" in found.reason
    assert "of 0.107 with their own by another explainer seed" in found.reason
    # Nor beside a method that is no noise and has a higher value.
    other = make.randomisation(values + 0.05, 0.28, "lime")
    found = audit(explained, checks=[noise, other], thresholds=QUICK)["F3"]
    assert found.status == "warn"
    assert found.evidence["unlike_themselves"] == ["kernel_shap"]
    unknown = make.randomisation(values, own=None)
    found = audit(explained, checks=unknown, thresholds=QUICK)["F3"]
    assert found.status == "warn"
    assert "resembles itself was not measured (control=True), so this cannot pass" in found.reason


def test_f3_undefined_correlations(make, explained, evidence):
    found = evidence(*explained, checks=make.randomisation(np.full(12, np.nan))).outcome("F3")
    assert isinstance(found, Missing)


def test_r1_is_the_worst_judged_way(make, explained, evidence):
    flagged = np.ones((3, 40), dtype=bool)
    flagged[1, :4] = False
    flagged[2, :30] = False  # not judged
    alarms = np.arange(40) < 2
    found = evidence(*explained, checks=make.off_support(flagged, alarms)).outcome("R1")
    assert found.value == pytest.approx(0.9)
    assert found.null == pytest.approx(0.05)
    low, high = share_interval(np.array([36]), np.array([40]))
    assert (found.low, found.high) == pytest.approx((low[0], high[0]))
    assert found.reason.startswith("Of 40 inputs planted off the data (uniform), 36 were noticed")
    assert "Of rows of the data 5% were flagged too (false alarms)." in found.reason
    assert found.evidence["recall_by_way"]["shuffled"] == pytest.approx(0.25)


def test_r1_flagging_everything_notices_nothing(make, explained):
    check = make.off_support(np.ones((3, 40), dtype=bool), np.ones(40, dtype=bool))
    found = audit(explained, checks=check, thresholds=QUICK)["R1"]
    assert found.status == "warn"
    assert found.reason.endswith("Not beyond chance (100%).")


def test_r1_without_a_way_that_is_judged(make, explained, evidence):
    flagged = np.ones((3, 4), dtype=bool)
    check = make.off_support(flagged, np.zeros(4, dtype=bool), judged=())
    found = evidence(*explained, checks=check).outcome("R1")
    assert found.reason.startswith("No input was planted by a way that is judged")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("F3", "Models with random weights were not explained."),
        ("F4", "Features were not taken away to ask the models again."),
        ("R1", "No inputs off the data were planted."),
    ],
)
def test_without_a_check(explained, evidence, name, words):
    found = evidence(*explained).outcome(name)
    assert isinstance(found, Missing)
    assert found.reason.startswith(words)


def test_c4_notices_checks_of_other_explanations(make, explained, evidence):
    check = make.deletion(np.ones(12))
    check.provenance["explanation_sha256"] = digest(explained[0])
    assert evidence(*explained, checks=check).outcome("C4").value == 1
    part = explained[0].at(slice(5))
    of_part = make.deletion(np.ones(5))
    of_part.provenance["explanation_sha256"] = digest(part)
    assert evidence(*explained, checks=of_part).outcome("C4").value == 1
    check.provenance["explanation_sha256"] = "0" * 64
    found = evidence(*explained, checks=check).outcome("C4")
    assert found.value == 0
    assert "the checks of deletion of kernel_shap are of other explanations" in found.reason


def test_two_checks_of_one_kind_and_method_are_refused(make, explained):
    checks = [make.deletion(np.ones(12)), make.deletion(np.zeros(12))]
    with pytest.raises(InputError, match="Expected one check of each kind and method, got two"):
        audit(explained, checks=checks, thresholds=QUICK)
    # The same one twice is one.
    once = audit(explained, checks=[checks[0], checks[0]], thresholds=QUICK)
    assert once["F4"].value == 1


def test_copies_of_a_checked_row_count_once(make, explained, evidence, build):
    """Twelve explained rows of which all are one: what was checked rests on a single row."""
    copied = [
        replace(e, data=e.data.assign(input=e.data["input"] * 0 + e.data["input"][0]))
        for e in explained
    ]
    found = evidence(*copied, checks=[make.deletion(np.ones(12))]).outcome("F4")
    assert (found.n_rows, found.n_copies) == (1, 11)
