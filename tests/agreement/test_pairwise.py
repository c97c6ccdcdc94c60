import itertools
import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from xaigeo.agreement import blocks, gathered
from xaigeo.agreement.compared import ComparedAttributions
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.pairwise import pairwise_in_turn, pairwise_scores
from xaigeo.agreement.per_instance import per_instance
from xaigeo.agreement.score import SCORES
from xaigeo.agreement.score_rows import score_rows
from xaigeo.agreement.seed_matrix import seed_matrix
from xaigeo.agreement.unstable import same_answer_different_reason, unstable
from xaigeo.errors import InputError

OF_ATTRIBUTIONS = [
    "feature_agreement",
    "rank_agreement",
    "sign_agreement",
    "signed_rank_agreement",
    "spearman",
    "pairwise_rank_agreement",
    "mean_cosine",
    "jaccard_distance",
    "relative_entropy",
]


def held(row, j, rank):
    """By how much feature j holds a rank: the share of ways to break ties that give it."""
    larger = sum(abs(v) > abs(row[j]) for v in row)
    alike = sum(abs(v) == abs(row[j]) for v in row)
    return 1 / alike if larger < rank <= larger + alike else 0.0


def belongs(row, j, k):
    return sum(held(row, j, rank) for rank in range(1, k + 1))


def same_sign(a, b):
    return (a > 0 and b > 0) or (a < 0 and b < 0)


def order(row, i, j):
    return (abs(row[i]) > abs(row[j])) - (abs(row[i]) < abs(row[j]))


def shares(row):
    total = sum(abs(v) for v in row)
    smooth = [(abs(v) / total if total > 0 else 1 / len(row)) + 1e-6 for v in row]
    return [s / sum(smooth) for s in smooth]


def naive(a, b, k):
    """Every score of two attributions by its definition, one feature after the other."""
    m = len(a)
    n = max(1, math.ceil(round(0.2 * m, 9)))
    top = [min(belongs(a, j, k), belongs(b, j, k)) for j in range(m)]
    ranks = [sum(min(held(a, j, r), held(b, j, r)) for r in range(1, k + 1)) for j in range(m)]
    signed = [same_sign(a[j], b[j]) for j in range(m)]
    first = [belongs(a, j, n) for j in range(m)]
    second = [belongs(b, j, n) for j in range(m)]
    pairs = list(itertools.combinations(range(m), 2))
    ties = len({abs(v) for v in a}) == 1 or len({abs(v) for v in b}) == 1
    lengths = math.hypot(*a) * math.hypot(*b)
    p, q = shares(a), shares(b)
    nan = math.nan
    return {
        "feature_agreement": sum(top) / k,
        "rank_agreement": sum(ranks) / k,
        "sign_agreement": sum(itertools.compress(top, signed)) / k,
        "signed_rank_agreement": sum(itertools.compress(ranks, signed)) / k,
        "spearman": nan if ties else spearmanr(np.abs(a), np.abs(b)).statistic,
        "pairwise_rank_agreement": np.mean([order(a, *ij) == order(b, *ij) for ij in pairs])
        if pairs
        else nan,
        "mean_cosine": float(np.dot(a, b)) / lengths if lengths > 0 else nan,
        "jaccard_distance": 1 - sum(map(min, first, second)) / sum(map(max, first, second)),
        "relative_entropy": sum(x * math.log(x / y) for x, y in zip(p, q, strict=True)),
    }


def comparison(values, k):
    labels = np.zeros(values.shape[:2], dtype=int)
    return ComparedAttributions(labels=labels, reference=labels[0], values=values, k=k)


# Few different numbers, so that ties, zeros of both signs and rows of zeros alone are common.
numbers = st.sampled_from([-2.0, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, 3.5])
shapes = st.tuples(st.integers(2, 4), st.integers(1, 2), st.integers(1, 6))


@settings(max_examples=120, deadline=None)
@given(values=shapes.flatmap(lambda s: arrays(np.float64, s, elements=numbers)), data=st.data())
def test_matrices_and_means_equal_the_definitions(values, data):
    n_seeds, n_instances, m = values.shape
    k = data.draw(st.integers(1, m))
    compared = comparison(values, k)
    every = np.full((len(OF_ATTRIBUTIONS), n_instances, n_seeds, n_seeds), np.nan)
    for i, a, b in itertools.product(range(n_instances), range(n_seeds), range(n_seeds)):
        expected = naive(values[a, i].tolist(), values[b, i].tolist(), k)
        every[:, i, a, b] = [expected[name] for name in OF_ATTRIBUTIONS]
    off = ~np.eye(n_seeds, dtype=bool)
    for name, expected in zip(OF_ATTRIBUTIONS, every, strict=True):
        score = SCORES.get(name)
        np.testing.assert_allclose(score.by_pair(compared), expected, atol=1e-12, err_msg=name)
        mean = mean_defined(expected[:, off], axis=-1)
        np.testing.assert_allclose(score.compute(compared), mean, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("sort", ["tied", "distinct"])
def test_thirty_features_and_every_k(rng, sort):
    values = rng.normal(size=(6, 3, 30))
    if sort == "tied":
        values = np.round(values)
    for k in (1, 3, 17, 29, 30):
        compared = comparison(values, k)
        expected = naive(values[1, 2].tolist(), values[4, 2].tolist(), k)
        for name in OF_ATTRIBUTIONS:
            found = SCORES.get(name).by_pair(compared)[2, 1, 4]
            assert found == pytest.approx(expected[name], abs=1e-12), name


def test_frame_and_matrices(build, tied):
    explanation = build.make_attributions(tied, seeds=[3, 5, 7, 8, 9])
    found = pairwise_scores(explanation)
    assert [score.name for score in found.scores] == OF_ATTRIBUTIONS
    frame = found.to_frame()
    assert frame.columns.tolist() == ["score", "seed", "other_seed", "value", "n_instances"]
    assert len(frame) == len(OF_ATTRIBUTIONS) * 20
    indexed = frame.set_index(["score", "seed", "other_seed"])["value"]
    for a, b in itertools.product(range(5), range(5)):
        each = [naive(tied[a, i].tolist(), tied[b, i].tolist(), 3) for i in range(7)]
        for name in OF_ATTRIBUTIONS:
            mean = np.nanmean([one[name] for one in each])
            assert found.matrix(name)[a, b] == pytest.approx(mean, abs=1e-12)
            if a != b:
                label = name, found.seeds[a], found.seeds[b]
                assert indexed[label] == found.matrix(name)[a, b]
    assert found.k == 3


def test_undefined_instances_are_counted_out(build, distinct):
    values = distinct.copy()
    values[1, 2:5] = 0.0
    found = pairwise_scores(build.make_attributions(values), ["spearman", "feature_agreement"])
    assert found.n_instances[0, 0].tolist() == [7, 4, 7, 7, 7]
    assert found.n_instances[1, 0].tolist() == [7, 7, 7, 7, 7]
    values[1] = 0.0
    undefined = pairwise_scores(build.make_attributions(values), ["spearman"])
    assert np.isnan(undefined.values[0, 1]).all()
    assert (undefined.n_instances[0, 1] == 0).all()


def test_one_by_one_and_in_blocks(build, tied, monkeypatch):
    explanation = build.make_attributions(tied, instances=list("abcdefg"))
    names = ["rank_agreement", "relative_entropy"]
    whole = pairwise_scores(explanation, names)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 20_000)
    batches = list(pairwise_in_turn(explanation, names))
    assert len(batches) > 1
    labels = np.concatenate([batch.instances for batch in batches])
    assert labels.tolist() == list("abcdefg")
    values = np.concatenate([batch.values for batch in batches], axis=1)
    assert values.shape == (2, 7, 5, 5)
    expected = naive(tied[0, 5].tolist(), tied[3, 5].tolist(), 3)
    np.testing.assert_allclose(values[:, 5, 0, 3], [expected[name] for name in names])
    np.testing.assert_allclose(pairwise_scores(explanation, names).values, whole.values)


def test_blocks_change_no_mean(tied, distinct, monkeypatch):
    for values in (tied, distinct):
        compared = comparison(values, 3)
        whole = {name: SCORES.get(name).compute(compared) for name in OF_ATTRIBUTIONS}
        monkeypatch.setattr(blocks, "BLOCK_BYTES", 1)
        for name, expected in whole.items():
            again = SCORES.get(name).compute(replace(compared))
            np.testing.assert_allclose(again, expected, atol=1e-14)
        monkeypatch.undo()


@pytest.mark.parametrize(
    "score",
    [pairwise_scores, per_instance, score_rows, unstable, same_answer_different_reason],
)
def test_memory_does_not_grow_with_instances(build, rng, score, monkeypatch):
    # A quarter of the usual batch holds 36 of these instances.
    monkeypatch.setattr(gathered, "BATCH_BYTES", 2**24)
    peaks = []
    for n_instances in (80, 160):
        explanation = build.make_attributions(rng.normal(size=(100, n_instances, 30)))
        tracemalloc.start()
        score(explanation)
        peaks.append(tracemalloc.get_traced_memory()[1] / 2**20)
        tracemalloc.stop()
    assert max(peaks) < 32
    assert peaks[1] < 1.1 * peaks[0] + 4


def test_a_seed_matrix_is_one_of_them(build, tied):
    explanation = build.make_attributions(tied)
    matrix = seed_matrix(explanation, "signed_rank_agreement", k=2)
    found = pairwise_scores(explanation, ["signed_rank_agreement"], k=2)
    np.testing.assert_array_equal(matrix.values, found.values[0])


def test_sizes_have_no_scores_of_signs(build, distinct):
    sizes = build.make_attributions(
        np.abs(distinct), parameters={"absolute": True, "scale": "probability"}
    )
    names = [score.name for score in pairwise_scores(sizes).scores]
    assert names == [name for name in OF_ATTRIBUTIONS if "sign" not in name]


def test_rules_and_counterfactuals(build, rng):
    lower, upper = rng.uniform(0, 0.4, (4, 5, 3)), rng.uniform(0.6, 1, (4, 5, 3))
    anchors = build.make_anchors(lower, upper)
    assert [s.name for s in pairwise_scores(anchors).scores] == ["mass_iou", "volume_iou"]
    points = rng.uniform(0, 1, (4, 5, 1, 3))
    points_of = build.make_counterfactuals(points)
    found = pairwise_scores(points_of)
    assert [s.name for s in found.scores] == ["dispersion", "delta_cosine", "shared_changes"]
    far = np.abs(points[0, :, 0] - points[2, :, 0]).sum(axis=-1) / 0.25
    assert found.matrix("dispersion")[0, 2] == pytest.approx(far.mean())
    for explanation in (anchors, points_of):
        for score in pairwise_scores(explanation).scores:
            batch = next(pairwise_in_turn(explanation, [score.name]))
            off = ~np.eye(4, dtype=bool)
            mean = mean_defined(batch.values[0][:, off], axis=-1)
            np.testing.assert_allclose(score.compute(batch.compared), mean, atol=1e-12)


def test_a_line_and_a_table_for_notebooks(build, distinct):
    found = pairwise_scores(build.make_attributions(distinct), ["spearman", "relative_entropy"])
    assert repr(found) == f"PairwiseScores(2 scores of {len(distinct)} seeds)"
    assert "spearman" in found._repr_html_()
    assert (np.diagonal(found.matrix("relative_entropy")) == 0).all()


def test_messages(build, distinct):
    explanation = build.make_attributions(distinct)
    with pytest.raises(InputError, match=r"two seeds of these attributions .*Did you mean 'spear"):
        pairwise_scores(explanation, ["spearmann"])
    with pytest.raises(InputError, match="got none"):
        pairwise_scores(explanation, [])
    with pytest.raises(InputError, match=r"\(mean_cosine, spearman\), got 'kendall_w'"):
        pairwise_scores(explanation, ["mean_cosine", "spearman"]).matrix("kendall_w")
    with pytest.raises(InputError, match="at least two seeds"):
        pairwise_scores(build.make_attributions(distinct[:1]))
    with pytest.raises(InputError, match="an explanation"):
        pairwise_scores(distinct)
