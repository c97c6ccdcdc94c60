"""No item passes on rows that say nothing, whatever the item."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from xaigeo.audit.item import CHECKLIST, ITEMS, all_items
from xaigeo.audit.runner import audit
from xaigeo.audit.thresholds import read_thresholds
from xaigeo.checks import Check

# What was run can be known whatever the explanations say.
OF_THE_RUN = {"P1", "P2", "P4", "C4"}
# A single model can be calibrated, faithful, repeatable and watched.
OF_ONE_MODEL = {"P3", "M4", "F1", "F3", "F4", "F5", "R1"}


def lenient():
    """Return thresholds that any number reaches."""
    held = read_thresholds({"settings": {"n_bootstrap": 20}, "R2": {"min_rows": 1}})
    limits = dict(held.limits)
    for one in all_items():
        if one.unit != "yes_no":
            far = 1e9 if one.better == "lower" else -1e9
            warning = None if one.warning is None else far
            limits[one.id] = replace(limits[one.id], passing=far, warning=warning)
    return replace(held, limits=limits)


@pytest.fixture
def world(build, record, rng):
    """Return a maker of everything that an audit takes, of so many seeds and rows."""

    def make(n_seeds=6, n_rows=12, *, values=None, n_test=100, checked=1.0, same=False):
        record_now = record | {"architecture_sha256": ["c" * 64] * n_seeds}
        if same:
            record_now["identical"] = True
        shape = (n_seeds, n_rows, 5)
        values = rng.normal(size=shape) if values is None else np.broadcast_to(values, shape)
        given = {"record": record_now, "additive": True}
        lower, upper = rng.uniform(0, 0.5, shape), rng.uniform(0.5, 1, shape)
        points = 0.5 + rng.choice([0.1, 0.2], (n_seeds, n_rows, 1, 5))
        cross = np.ones((n_seeds, n_seeds, n_rows))
        later = "2020-01-02T00:00:00+00:00"
        again = {**given, "record": record_now | {"trained_at": later}}
        explanations = [
            build.make_attributions(values, **given),
            build.make_attributions(values, **again, created_at=later),
            build.make_attributions(values, **given, random_state=1),
            build.make_attributions(values, **given, background_seed=1, background_sha256="f" * 64),
            build.make_attributions(values, method="lime", record=record_now),
            build.make_anchors(lower, upper, cross=cross, record=record_now),
            build.make_counterfactuals(
                points, cross=cross[..., None].astype(bool), record=record_now
            ),
        ]
        truth = np.arange(n_test) % 2
        return SimpleNamespace(
            explanations=explanations,
            evaluation=build.make_evaluation(np.tile(truth, (n_seeds, 1)), truth),
            checks=checks_of(n_seeds, n_rows, n_test, checked),
            groups={"half": np.arange(n_rows) % 2},
        )

    return make


def checks_of(n_seeds, n_rows, n_planted, value):
    """Return one check of each kind that items judge, every number being `value`."""
    shape = ("seed", "instance")
    area = np.full((n_seeds, n_rows), value)
    curve = np.repeat(area[..., None], 3, axis=-1)
    arrays = {
        "deletion": {
            "curve": ((*shape, "step"), curve),
            "random_curve": ((*shape, "step"), curve),
            "area": (shape, 0.0 * area),
            "random_area": ((*shape, "draw"), curve),
        },
        "randomisation": {
            "rank_correlation": ((*shape, "layer"), 0.0 * curve),
            "self_correlation": (shape, area),
        },
        "off_support": {
            "flagged": (("way", "row"), np.full((1, n_planted), value)),
            "false_alarm": ("row", np.full(n_planted, 0.0 * value)),
        },
    }
    return [
        Check(
            kind=kind,
            method="kernel_shap",
            data=xr.Dataset(
                held,
                coords={"way": ["beyond"]}
                if kind == "off_support"
                else {"instance": np.arange(n_rows)},
            ),
            seeds=np.arange(n_seeds),
        )
        for kind, held in arrays.items()
    ]


def passed(world, **changes):
    found = audit(
        world.explanations,
        thresholds=lenient(),
        **{"evaluation": world.evaluation, "checks": world.checks, "groups": world.groups}
        | changes,
    )
    return {f.id for f in found.findings if f.status == "pass"}


def test_with_enough_to_go_by_almost_all_pass(world, as_earlier):
    made = world(6, 60)
    baseline = as_earlier(audit(made.explanations, thresholds=lenient()))
    held = set(CHECKLIST) - passed(made, baseline=baseline)
    # No registration, a background whose hash is wrong, and reasons that are not beyond chance.
    assert {"P4", "C4"} <= held <= {"P4", "C4", "A1", "A2", "A3", "A4", "A7", "A8", "A9"}


@pytest.mark.parametrize("n_seeds", [2, 6])
def test_one_row(world, as_earlier, n_seeds):
    made = world(n_seeds, 1, n_test=1)
    baseline = as_earlier(audit(made.explanations, thresholds=lenient()))
    assert passed(made, baseline=baseline) <= OF_THE_RUN


@pytest.mark.parametrize("constant", [0.0, 1.0])
def test_constant_attributions(world, as_earlier, constant):
    made = world(6, 12, values=constant, checked=np.nan)
    baseline = as_earlier(audit(made.explanations, thresholds=lenient()))
    found = passed(made, evaluation=None, baseline=baseline)
    assert found <= OF_THE_RUN | {"M1", "M2", "M3", "A8", "A9"}  # of predictions, rules, changes


def test_one_seed(world):
    assert passed(world(1, 12)) <= OF_THE_RUN | OF_ONE_MODEL


def test_identical_models(world, rng):
    values = rng.normal(size=(1, 12, 5))
    assert passed(world(6, 12, values=values, same=True)) <= OF_THE_RUN | OF_ONE_MODEL


def test_checks_that_are_undefined(world):
    made = world(6, 12, checked=np.nan)
    found = audit(made.explanations, checks=made.checks, thresholds=lenient())
    assert {found[name].status for name in ("F4", "R1")} == {"not_evaluated"}


def test_undefined_rules_and_changes(build, world):
    made = world(6, 12)
    anchors = made.explanations[-2]
    cross = anchors.data["cross_precision"]
    undefined = replace(anchors, data=anchors.data.assign(cross_precision=cross * np.nan))
    none = build.make_counterfactuals(
        np.full((6, 12, 1, 5), 0.8),
        valid=np.zeros((6, 12, 1), dtype=bool),
        cross=np.zeros((6, 6, 12, 1), dtype=bool),
    )
    found = audit([undefined, none], thresholds=lenient())
    assert {found[name].status for name in ("A8", "A9")} == {"not_evaluated"}


def test_items_about_rows_say_how_many(world, as_earlier):
    made = world(6, 60)
    baseline = as_earlier(audit(made.explanations, thresholds=lenient()))
    found = audit(
        made.explanations,
        thresholds=lenient(),
        evaluation=made.evaluation,
        checks=made.checks,
        groups=made.groups,
        baseline=baseline,
    )
    answered = [f for f in found.findings if f.status != "not_evaluated"]
    assert {f.id for f in answered} >= set(CHECKLIST) - {"P4"}
    for finding in answered:
        about_rows = ITEMS.get(finding.id).least_rows is not None
        assert (finding.n_rows is not None) == about_rows, finding.id
        assert finding.n_rows is None or finding.n_rows > 0


def test_what_is_not_about_rows_is_named():
    assert {one.id for one in all_items() if one.least_rows is None} == OF_THE_RUN
