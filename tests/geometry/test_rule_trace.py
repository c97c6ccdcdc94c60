from dataclasses import replace

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry.rule_trace import RuleTrace, trace_lengths

SIT, SITF = ("seed", "instance", "step"), ("seed", "instance", "step", "feature")


def traced(anchors, seed=0):
    """Give rules a trace of one to five steps that ends at the rule itself."""
    rng = np.random.default_rng(seed)
    lower, upper, allowed = (anchors.array(name) for name in ("lower", "upper", "allowed"))
    n_seeds, n_instances, n_features = lower.shape
    lengths = rng.integers(1, 6, (n_seeds, n_instances))
    shape = (n_seeds, n_instances, 5)
    arrays = {
        "trace_lower": np.full((*shape, n_features), np.nan),
        "trace_upper": np.full((*shape, n_features), np.nan),
        "trace_allowed": np.zeros((*shape, *allowed.shape[2:]), dtype=bool),
    } | {
        f"trace_{name}": np.full(shape, np.nan)
        for name in ("precision", "precision_low", "coverage")
    }
    for s, i in np.ndindex(n_seeds, n_instances):
        for t in range(lengths[s, i]):
            free = rng.random(n_features) < 0.5 - 0.1 * t
            free &= t < lengths[s, i] - 1
            arrays["trace_lower"][s, i, t] = np.where(free, -np.inf, lower[s, i])
            arrays["trace_upper"][s, i, t] = np.where(free, np.inf, upper[s, i])
            arrays["trace_allowed"][s, i, t] = allowed[s, i] | free[:, None]
            arrays["trace_precision"][s, i, t] = rng.uniform(0.5, 1)
            arrays["trace_precision_low"][s, i, t] = rng.uniform(0.3, 0.5)
            arrays["trace_coverage"][s, i, t] = rng.uniform(0, 1)
    dims = {"trace_lower": SITF, "trace_upper": SITF, "trace_allowed": (*SITF, "category")}
    data = anchors.data.assign({name: (dims.get(name, SIT), a) for name, a in arrays.items()})
    return replace(anchors, data=data), lengths


@pytest.fixture(scope="module")
def anchors(make):
    return make.boxes(make.world())


def test_a_trace_ends_where_its_padding_begins(anchors):
    found, lengths = traced(anchors)
    assert (trace_lengths(found) == lengths).all()
    for s, i in np.ndindex(lengths.shape):
        trace = RuleTrace.of(found, s, i)
        n = lengths[s, i]
        assert trace.n_steps == n
        for name in ("lower", "upper", "allowed", "precision", "precision_low", "coverage"):
            assert (getattr(trace, name) == found.array(f"trace_{name}")[s, i, :n]).all()


def test_restricted_features_and_their_order_against_a_loop(anchors):
    found, lengths = traced(anchors, 1)
    for s, i in np.ndindex(lengths.shape):
        trace = RuleTrace.of(found, s, i)
        first = {}
        for t in range(trace.n_steps):
            for j, feature in enumerate(trace.schema.features):
                n = len(feature.categories)
                used = (
                    not trace.allowed[t, j, :n].all()
                    if n
                    else np.isfinite(trace.lower[t, j]) or np.isfinite(trace.upper[t, j])
                )
                assert trace.restricted[t, j] == used
                if used:
                    first.setdefault(j, t)
        last = set(np.flatnonzero(trace.restricted[-1]))
        expected = sorted(first, key=lambda j: (j not in last, first[j], j))
        assert trace.order.tolist() == expected


def test_ends_hold_background_instance_and_bounds(anchors):
    trace = RuleTrace.of(traced(anchors)[0], 1, 1)
    for j in range(trace.lower.shape[1]):
        values = [*trace.background[:, j], trace.row[j], *trace.lower[:, j], *trace.upper[:, j]]
        values = [v for v in values if np.isfinite(v)]
        assert trace.ends[:, j].tolist() == [min(values), max(values)]


def test_without_a_trace_the_parameter_is_named(anchors):
    with pytest.raises(
        InputError, match=r"anchors without a trace\. Explain again with keep_trace"
    ):
        RuleTrace.of(anchors, 0, 0)
    found, _ = traced(anchors)
    data = found.data.copy(deep=True)
    data["trace_precision"][0, 0] = np.nan
    with pytest.raises(InputError, match="keep_trace=True"):
        RuleTrace.of(replace(found, data=data), 0, 0)
