from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import xaigeo as xg
from xaigeo.ensemble.members import CallableMembers
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.anchors import AnchorExplainer
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Block
from xaigeo.explainers.blocks.streams import global_stream
from xaigeo.explainers.rules.rule_finder import Problem, RuleFinder
from xaigeo.explainers.rules.upstream_anchors import UpstreamProposals
from xaigeo.schema import FeatureSchema

SIZES = ["S", "M", "L", "XL"]


def inside(frame):
    kept = (frame["a"] <= 5) & (frame["c"] == "red")
    return np.column_stack([~kept, kept]).astype(float)


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "a": rng.uniform(0, 10, 400),
            "c": rng.choice(["blue", "green", "red"], 400),
            "size": pd.Categorical(rng.choice(SIZES, 400), categories=SIZES, ordered=True),
        }
    )


@pytest.fixture
def ensemble(frame):
    schema = FeatureSchema.from_data(frame)
    members = CallableMembers([inside, inside], schema, classification=True)
    return SeedEnsemble(members=members, seeds=(0, 1), schema=schema, classes=("no", "yes"))


def upstream(ensemble, rows, frame, **parameters):
    return xg.explain(
        ensemble,
        rows,
        method="anchors",
        background=frame,
        random_state=0,
        engine="upstream",
        **{"search": "beam"} | parameters,
    )


@pytest.fixture
def package(monkeypatch):
    """Stand in for anchor-exp: its answer is whatever predicates the test names."""
    answer = SimpleNamespace(predicates=[], made=None, asked=None)

    class Tabular:
        def __init__(self, class_names, feature_names, rows, categories, discretizer):
            answer.made = (feature_names, categories, discretizer)

        def get_sample_fn(self, row, predict):
            answer.kept = predict(row.reshape(1, -1))
            return "sample", dict(enumerate(answer.predicates))

    class Beam:
        @staticmethod
        def anchor_beam(sample, **asked):
            answer.asked = asked
            return {"feature": list(range(len(answer.predicates)))}

    modules = {"anchor": {}, "anchor.anchor_tabular": {"AnchorTabularExplainer": Tabular}}
    modules["anchor.anchor_base"] = {"AnchorBaseBeam": Beam}
    for name, contents in modules.items():
        module = ModuleType(name)
        module.__dict__.update(contents)
        monkeypatch.setitem(sys.modules, name, module)
    return answer


def test_predicates_of_the_package_become_a_box(ensemble, frame, package):
    rows = frame[inside(frame)[:, 1] == 1].head(1)
    quartiles = np.percentile(frame["a"], [25, 50, 75])
    code = SIZES.index(rows["size"].iloc[0])
    cuts = np.unique(np.percentile(frame["size"].cat.codes, [25, 50, 75]))
    own = int(np.searchsorted(quartiles, rows["a"].iloc[0]))
    package.predicates = [
        (0, "leq", own),
        (1, "eq", 2.0),
        (2, "leq", int(np.searchsorted(cuts, code))),
    ]
    result = upstream(ensemble, rows, frame)
    assert np.isneginf(result.array("lower")[0, 0, 0])
    assert result.array("upper")[0, 0, 0] == pytest.approx(quartiles[own], rel=1e-15)
    assert result.array("allowed")[0, 0, 1, :3].tolist() == [False, False, True]
    bins = np.searchsorted(cuts, np.arange(4))
    expected = bins <= np.searchsorted(cuts, code)
    assert result.array("allowed")[0, 0, 2].tolist() == expected.tolist()
    assert package.kept.tolist() == [1]
    assert package.made == (["a", "c", "size"], {1: ["blue", "green", "red"]}, "quartile")


def test_a_value_on_a_cut_of_the_package_lies_below_it(ensemble, frame, package):
    cut = np.percentile(frame["a"], 50)
    rows = frame[(frame["a"] > cut) & (frame["a"] < cut + 1)].head(1)
    package.predicates = [(0, "geq", 1)]
    result = upstream(ensemble, rows, frame)
    assert result.array("lower")[0, 0, 0] == np.nextafter(cut, np.inf)


def test_rules_of_the_package_are_measured_like_any_other(ensemble, frame, package):
    # The empty rule: its precision is the share of the answer in the data.
    rows = frame[inside(frame)[:, 1] == 1].head(2)
    result = upstream(ensemble, rows, frame)
    share = inside(frame)[:, 1].mean()
    assert (np.abs(result.array("precision") - share) < 5 * np.sqrt(share / 1000)).all()
    assert (result.status == "threshold not met, empty rule").all()
    assert result.provenance["engine"] == "upstream"


def test_parameters_reach_the_package(ensemble, frame, package):
    upstream(
        ensemble,
        frame.head(1),
        frame,
        n_cuts=9,
        delta=0.2,
        epsilon=0.3,
        batch_size=7,
        threshold=0.8,
        max_predicates=2,
        beam=3,
    )
    assert package.made[2] == "decile"
    assert package.asked == {
        "delta": 0.2,
        "epsilon": 0.3,
        "batch_size": 7,
        "desired_confidence": 0.8,
        "max_anchor_size": 2,
        "beam_size": 3,
    }


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"search": "box"}, "Expected search to be 'beam' for engine='upstream', as the package"),
        ({"sampling": "local"}, "Pass sampling='conditional', or use engine='batched'."),
        ({"features": ["a"]}, "Expected features to be None for engine='upstream'"),
        ({"n_cuts": 5}, "Expected n_cuts to be None or 3 or 9 for engine='upstream'"),
    ],
)
def test_what_the_package_does_not_know_is_refused(ensemble, frame, package, parameters, text):
    with pytest.raises(InputError) as error:
        upstream(ensemble, frame.head(1), frame, **parameters)
    assert text in str(error.value)


def test_a_missing_package_is_named(ensemble, frame, monkeypatch):
    monkeypatch.setitem(sys.modules, "anchor.anchor_tabular", None)
    with pytest.raises(
        InputError,
        match=r"Expected the package anchor-exp for engine='upstream', got none .*"
        r"Run `pip install --no-deps anchor-exp`, or use engine='batched'.",
    ):
        upstream(ensemble, frame.head(1), frame)


def test_the_rule_is_the_one_that_explain_instance_gives(ensemble, frame):
    tabular = pytest.importorskip("anchor.anchor_tabular", reason="anchor-exp is not installed")
    rows = frame[inside(frame)[:, 1] == 1].head(2)
    encode = ensemble.schema.encode
    shared, *own = np.random.SeedSequence(0).spawn(3)
    background = Background.from_frame(ensemble.schema, encode(frame))
    block = Block(ensemble, encode(rows), background, own, shared)
    explainer = AnchorExplainer(search="beam")
    finder = RuleFinder(explainer, block, n_models=1)
    search = UpstreamProposals(finder, explainer)
    finder.spaces.cells = search.cells()
    package = tabular.AnchorTabularExplainer(
        ["no", "yes"], ensemble.schema.names, background.rows, {1: ["blue", "green", "red"]}
    )
    for i in range(2):
        (found,) = search.first([Problem((1,), i)])
        seed = np.random.SeedSequence(own[i].entropy, spawn_key=(*own[i].spawn_key, 1))
        with global_stream(seed):
            said = package.explain_instance(
                block.rows[i],
                lambda rows: ensemble.member_outputs_encoded(1, rows).argmax(axis=-1),
                threshold=0.95,
            )
        named = {name.split(" ")[0] for name in said.names()}
        restricted = finder.spaces.cells.restricted(found.rule)
        assert {ensemble.schema.names[j] for j in np.flatnonzero(restricted)} == named
