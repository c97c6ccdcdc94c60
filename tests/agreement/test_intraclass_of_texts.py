"""The intraclass correlation of texts: tokens within texts, whatever the texts differ by."""

import numpy as np
import pytest

from xaigeo.agreement import per_instance, summary
from xaigeo.agreement.compared import compare
from xaigeo.agreement.intraclass import icc, pooled_icc
from xaigeo.agreement.intraclass_of_texts import text_icc_of, text_icc_terms
from xaigeo.agreement.null import simulated_null
from xaigeo.agreement.score import SCORES

LENGTHS = [1, 2, 3, 3, 6, 20, 40, 9]


def by_hand(texts):
    """Analysis of variance of tokens within texts, from sums over single numbers."""
    targets = error = seeds = weight = 0.0
    k = len(texts[0])
    for values in texts:
        m = values.shape[1]
        if m < 2:
            continue
        grand = sum(values[j][i] for j in range(k) for i in range(m)) / (k * m)
        token = [sum(values[j][i] for j in range(k)) / k for i in range(m)]
        seed = [sum(values[j][i] for i in range(m)) / m for j in range(k)]
        within = sum(
            (values[j][i] - token[i] - seed[j] + grand) ** 2 for j in range(k) for i in range(m)
        )
        between_seeds = m * sum((s - grand) ** 2 for s in seed) / (k - 1)
        targets += k * sum((t - grand) ** 2 for t in token)
        error += within
        seeds += (m - 1) * (between_seeds - within / ((k - 1) * (m - 1))) / m
        weight += m - 1
    msr, mse = targets / weight, error / ((k - 1) * weight)
    of_tokens, of_seeds = (msr - mse) / k, seeds / weight
    return of_tokens / (of_tokens + of_seeds + mse)


@pytest.fixture
def made(build, texts):
    def made(values, lengths=LENGTHS):
        return texts.make_tokens(build, values, texts.ragged_mask(lengths, max(lengths)))

    return made


def value_of(explanation, score="icc_agreement"):
    return summary(explanation, n_bootstrap=0).set_index("score").loc[score, "value"]


def by_length(rng, lengths, *, n_seeds, agreeing):
    """Positive attributions of each text that sum to about one, as a mean over tokens gives."""
    values = np.zeros((n_seeds, len(lengths), max(lengths)))
    for text, m in enumerate(lengths):
        own = rng.uniform(0.5, 1.5, (1 if agreeing else n_seeds, m)) / m
        values[:, text, :m] = own
    return values


def test_equals_an_analysis_of_variance_by_hand(made, texts, rng):
    mask = texts.ragged_mask(LENGTHS, max(LENGTHS))
    values = texts.some_values(rng, 4, mask) + np.where(mask, rng.normal(size=(1, *mask.shape)), 0)
    values = np.where(mask, values + 0.3 * np.arange(4)[:, None, None], 0.0)
    each = [values[:, text, :m] for text, m in enumerate(LENGTHS)]
    assert value_of(made(values)) == pytest.approx(by_hand(each))
    # A text of a single token says nothing.
    assert by_hand(each) == pytest.approx(by_hand(each[1:]))


def test_of_one_text_it_is_the_texts_own(rng):
    values = rng.normal(size=(5, 1, 7)) + rng.normal(size=(1, 1, 7))
    assert text_icc_of(text_icc_terms(values))[0] == pytest.approx(float(icc(values[:, 0])))


@pytest.mark.parametrize("n_seeds", [2, 3, 10])
def test_lengths_of_texts_are_no_agreement(made, rng, n_seeds):
    lengths = rng.integers(1, 40, 300).tolist()
    unrelated = made(by_length(rng, lengths, n_seeds=n_seeds, agreeing=False), lengths)
    row = summary(unrelated, n_bootstrap=200).set_index("score").loc["icc_agreement"]
    assert abs(row["value"]) < 0.1
    assert abs(row["null"]) < 0.05
    assert row["lowest"] <= row["low"] < row["high"] <= row["highest"]
    assert row["low"] < 0 < row["high"] or abs(row["value"]) < 0.02
    # All tokens of all texts as targets of one table would nearly agree.
    compared = compare(unrelated)
    assert pooled_icc(compared.cells[:, None])[0] > 0.6


@pytest.mark.parametrize("n_seeds", [2, 5])
def test_equal_seeds_score_one(made, rng, n_seeds):
    lengths = rng.integers(1, 40, 50).tolist()
    equal = made(by_length(rng, lengths, n_seeds=n_seeds, agreeing=True), lengths)
    row = summary(equal, n_bootstrap=50).set_index("score").loc["icc_agreement"]
    assert row[["value", "low", "high"]].to_numpy(float) == pytest.approx(1.0)
    assert abs(row["null"]) < 0.1


def test_lies_between_the_lowest_and_highest_of_its_texts(made, texts, rng):
    for n_seeds in (2, 4):
        for scale in (0.0, 1.0, 3.0):
            mask = texts.ragged_mask(LENGTHS, max(LENGTHS))
            common = scale * rng.normal(size=mask.shape)
            values = np.where(mask, texts.some_values(rng, n_seeds, mask) + common, 0.0)
            explained = made(values)
            each = per_instance(explained)["icc_agreement"].dropna()
            assert each.min() <= value_of(explained) <= each.max()


def test_a_seed_that_is_larger_throughout_disagrees(made, rng):
    lengths = [6, 9, 12]
    values = by_length(rng, lengths, n_seeds=3, agreeing=True)
    larger = np.where(values > 0, values + 5.0 * np.arange(3)[:, None, None], 0.0)
    assert value_of(made(larger, lengths)) < 0.1
    assert value_of(made(larger, lengths), "icc_consistency") == pytest.approx(1.0)


def test_nothing_is_told_where_nothing_varies(made):
    lengths = [3, 5]
    values = np.where(np.arange(5) < np.array(lengths)[:, None], 0.1, 0.0)
    assert np.isnan(value_of(made(np.repeat(values[None], 3, axis=0), lengths)))
    assert np.isnan(value_of(made(np.ones((3, 2, 1)), [1, 1])))
    # Two seeds that mirror each other on two tokens leave nothing to divide by.
    mirrored = np.array([[[0.9, 0.1]], [[0.1, 0.9]]])
    assert np.isnan(text_icc_of(text_icc_terms(mirrored))[0])


def test_bootstrap_weights_are_repeated_texts(made, texts, rng):
    mask = texts.ragged_mask(LENGTHS, max(LENGTHS))
    compared = compare(made(texts.some_values(rng, 3, mask)))
    weights = np.array([[1.0, 0, 2, 1, 0, 3, 0, 1]])
    repeated = compared.at(np.repeat(np.arange(8), weights[0].astype(int)))
    score = SCORES.get("icc_agreement")
    wanted = score.pooled(repeated, np.ones((1, 8)))
    np.testing.assert_allclose(score.pooled(compared, weights), wanted)
    assert abs(simulated_null(score, compared, rng, 200)) < 0.05
