"""Share the builders of explanations, and a whole set of results, with the tests of this folder."""

from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from xaigeo.audit.evidence import gather
from xaigeo.audit.registration import Registration
from xaigeo.audit.thresholds import Limits, read_thresholds

BUILDERS = Path(__file__).parents[1] / "agreement"
RECORD = {
    "data_sha256": "a" * 64,
    "config_sha256": "b" * 64,
    "architecture_sha256": ["c" * 64] * 6,
    "versions": {"xaigeo": "0"},
    "started_at": "2020-01-01T00:00:00+00:00",
}


def _load_builders(name="builders"):
    spec = spec_from_file_location(name, BUILDERS / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def build():
    """Functions that make small explanations by hand."""
    return _load_builders()


@pytest.fixture(scope="session")
def texts():
    """Functions that make small explanations of texts by hand."""
    return _load_builders("text_builders")


@pytest.fixture
def record():
    """A complete record of an ensemble of six."""
    return dict(RECORD)


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(20)


@pytest.fixture
def registered():
    """Return a maker of registrations, by default made before the recorded run."""

    def make(thresholds=None, at="2019-12-31T00:00:00+00:00", started=None):
        return Registration(
            thresholds_sha256=read_thresholds(thresholds).sha256,
            registered_at=at,
            started_at=started,
        )

    return make


@pytest.fixture
def out_of_reach():
    """Thresholds, which no file may lay down, by which A2 always warns and A3 always fails."""
    held = read_thresholds({"settings": {"n_bootstrap": 20}})
    limits = {"A2": Limits(2.0, -1.0, {}), "A3": Limits(2.0, 2.0, {})}
    return replace(held, limits=dict(held.limits) | limits)


@pytest.fixture
def agreeing(rng):
    """Attributions of six seeds that agree closely, shape (6, 12, 5)."""
    # Sizes apart by more than the seeds' differences, signs by row.
    sizes = np.array([5.0, 4.0, 3.0, 0.5, 0.2])
    base = sizes * rng.choice([-1.0, 1.0], (1, 12, 5))
    return base + 0.02 * rng.normal(size=(6, 12, 5))


@pytest.fixture
def unrelated(rng):
    """Attributions of six seeds that have nothing to do with each other, shape (6, 12, 5)."""
    return rng.normal(size=(6, 12, 5))


@pytest.fixture
def evidence():
    """Return a maker of evidence from explanations and, by keyword, all the rest."""

    def make(*explanations, **changes):
        given = {
            "evaluation": None,
            "registration": None,
            "thresholds": read_thresholds(None),
            "baseline": None,
            "random_state": 0,
        }
        return gather(list(explanations), **(given | changes))

    return make


@pytest.fixture
def everything(build, agreeing, rng, record):
    """All kinds of results of one ensemble, from which every evaluated item has an answer."""
    noisy = agreeing + 0.001 * rng.normal(size=agreeing.shape)
    lower, upper = rng.uniform(0, 0.5, (6, 12, 5)), rng.uniform(0.5, 1, (6, 12, 5))
    points = 0.5 + rng.choice([0.1, 0.2, 0.3], (6, 12, 2, 5))
    cross = np.ones((6, 6, 12, 2), dtype=bool)
    return [
        build.make_attributions(agreeing + 0.01, method="lime", record=record),
        build.make_attributions(agreeing, additive=True, record=record),
        build.make_attributions(
            agreeing, additive=True, record=record, created_at="2020-01-02T00:00:00+00:00"
        ),
        build.make_attributions(noisy, additive=True, record=record, random_state=1),
        build.make_anchors(lower, upper, cross=np.full((6, 6, 12), 0.95), record=record),
        build.make_counterfactuals(points, cross=cross, record=record),
    ]


@pytest.fixture
def evaluation(build):
    """Six models that are right on 99 of 100 rows, each wrong on the same one."""
    truth = np.arange(100) % 2
    labels = np.tile(truth, (6, 1))
    labels[:, 0] = 1 - labels[:, 0]
    return build.make_evaluation(labels, truth)
