import itertools

import numpy as np
import pytest

from xaigeo.agreement import (
    compare,
    pairwise_scores,
    per_instance,
    score_rows,
    seed_matrix,
    seeds_needed,
    summary,
)
from xaigeo.agreement.score import SCORES
from xaigeo.agreement.word_scores import expected_shared_words, shared_words_matrix
from xaigeo.errors import InputError

LENGTHS = [1, 3, 5, 6]


@pytest.fixture
def arrays(texts, rng):
    """Words of anchors of four seeds in four texts."""
    mask = texts.ragged_mask(LENGTHS, 6)
    chosen = mask & (rng.random((4, 4, 6)) < 0.5)
    cross = rng.uniform(size=(4, 4, 4))
    return {
        "chosen": chosen,
        "precision": np.full((4, 4), 0.96),
        "met": np.ones((4, 4), dtype=bool),
        "cross_precision": cross,
    }


@pytest.fixture
def anchors(build, texts, arrays, rng):
    mask = texts.ragged_mask(LENGTHS, 6)
    probability = np.full((4, 4), 0.8) - 1e-6 * rng.random((4, 4))
    probability[3, 2] = 0.1  # says no
    return texts.make_tokens(
        build, np.zeros((4, 4, 6)), mask, method="anchors", arrays=arrays, probability=probability
    )


def jaccard(one, other):
    either = (one | other).sum()
    return (one & other).sum() / either if either else np.nan


def test_shared_words_equal_a_loop(anchors, arrays):
    found = per_instance(anchors)
    for text in range(4):
        seeds = [s for s in range(4) if (s, text) != (3, 2)]
        each = [
            jaccard(arrays["chosen"][a, text], arrays["chosen"][b, text])
            for a, b in itertools.combinations(seeds, 2)
        ]
        assert found["shared_words"].iloc[text] == pytest.approx(np.nanmean(each))
        off = ~np.eye(4, dtype=bool)
        assert found["words_carry_over"].iloc[text] == pytest.approx(
            arrays["cross_precision"][off][:, text].mean()
        )
    matrix = shared_words_matrix(arrays["chosen"])
    assert matrix[2, 1, 3] == pytest.approx(jaccard(arrays["chosen"][1, 2], arrays["chosen"][3, 2]))
    np.testing.assert_array_equal(shared_words_matrix(np.zeros((2, 1, 3), dtype=bool)), np.nan)


def test_summary_and_pairs_of_anchors(anchors, arrays):
    table = summary(anchors, n_bootstrap=20).set_index("score")
    assert table.index.tolist() == ["flip_rate", "churn", "shared_words", "words_carry_over"]
    # The background are the texts themselves; seed 3 says no to one of four.
    others = [0.75 if b == 3 else 1.0 for a in range(4) for b in range(4) if a != b]
    per_text = np.mean(others)
    no = [
        0.25 if (a == 3 and b != 3) else (0.75 if b == 3 else 1.0)
        for a in range(4)
        for b in range(4)
        if a != b
    ]
    no = [
        0.0 if a == 3 else (0.75 if b == 3 else 1.0) for a in range(4) for b in range(4) if a != b
    ]
    wanted = np.mean([per_text] * 3 + [np.mean(no)])
    assert table.loc["words_carry_over", "null"] == pytest.approx(wanted)
    assert score_rows(anchors).score.name == "shared_words"
    assert seed_matrix(anchors).score.name == "shared_words"
    found = pairwise_scores(anchors)
    assert [s.name for s in found.scores] == ["shared_words", "words_carry_over"]
    np.testing.assert_allclose(
        found.matrix("words_carry_over")[0, 1], arrays["cross_precision"][0, 1].mean()
    )


def test_words_without_other_models_do_not_carry_over(build, texts, arrays):
    del arrays["cross_precision"]
    mask = texts.ragged_mask(LENGTHS, 6)
    anchors = texts.make_tokens(build, np.zeros((4, 4, 6)), mask, method="anchors", arrays=arrays)
    assert np.isnan(per_instance(anchors)["words_carry_over"]).all()
    with pytest.raises(InputError, match="shared_words"):
        seed_matrix(anchors, "words_carry_over")


def test_counterfactuals_count_where_one_was_found_for_the_same_class(build, texts, rng):
    mask = texts.ragged_mask([4, 4], 4)
    chosen = np.zeros((3, 2, 4), dtype=bool)
    chosen[:, 0, 0] = True
    chosen[[0, 1, 2], 1, [0, 1, 0]] = True
    arrays = {
        "chosen": chosen,
        "valid": np.array([[True, True], [False, True], [True, True]]),
        "target": np.array([[0, 0], [0, 0], [0, 1]]),
        "cross_validity": np.ones((3, 3, 2), dtype=bool),
    }
    found = texts.make_tokens(
        build, np.zeros((3, 2, 4)), mask, method="counterfactuals", arrays=arrays
    )
    table = per_instance(found)
    assert table["shared_words"].tolist() == [1.0, 0.0]
    compared = compare(found)
    assert np.isnan(compared.cross[1, :, 0]).all()
    assert compared.empty[0, 0, 0] == 0.0  # all say yes
    dealt = compared.shuffled(rng)
    np.testing.assert_array_equal(dealt.chosen.sum(axis=-1), chosen.sum(axis=-1))
    assert seeds_needed(found, n_draws=20, n_bootstrap=0).scores["score"].tolist()[-2:] == [
        "shared_words",
        "words_carry_over",
    ]


def test_dealt_words_stay_in_their_text(anchors, rng):
    compared = compare(anchors)
    dealt = compared.shuffled(rng)
    assert not (dealt.chosen & ~anchors.mask).any()
    assert compared.at(np.array([2])).n_instances == 1


def every_choice(n, a, b):
    """The mean Jaccard index of all pairs of sets of a and of b among n tokens."""
    pairs = itertools.product(
        itertools.combinations(range(n), a), itertools.combinations(range(n), b)
    )
    shares = [len({*one} & {*other}) / len({*one} | {*other}) for one, other in pairs]
    return np.mean(shares)


def test_the_chance_level_is_the_mean_over_every_choice_of_words():
    sizes = [(n, a, b) for n in range(1, 6) for a in range(n + 1) for b in range(n + 1) if a or b]
    found = expected_shared_words(*np.array(sizes).T)
    np.testing.assert_allclose(found, [every_choice(*one) for one in sizes], rtol=1e-12)
    assert np.isnan(expected_shared_words(np.array([4]), np.array([0]), np.array([0]))).all()


def test_each_text_has_the_chance_level_of_its_own_words(anchors, arrays):
    by_text = []
    for text, length in enumerate(LENGTHS):
        seeds = [s for s in range(4) if (s, text) != (3, 2)]
        n = [int(arrays["chosen"][s, text].sum()) for s in seeds]
        pairs = [(a, b) for a, b in itertools.combinations(n, 2) if a or b]
        by_text.append(np.mean([every_choice(length, a, b) for a, b in pairs] or [np.nan]))
    assert len({round(level, 6) for level in by_text}) == len(LENGTHS)
    rows = score_rows(anchors)
    np.testing.assert_allclose(rows.frame["null"], by_text)
    known = np.isfinite(by_text)
    np.testing.assert_array_equal(rows.frame["value"].notna(), known)
    for told in (
        summary(anchors, n_bootstrap=20).set_index("score").loc["shared_words", "null"],
        rows.null,
        seed_matrix(anchors).null,
    ):
        assert told == pytest.approx(np.mean(np.array(by_text)[known]))


def test_words_dealt_at_random_reach_the_chance_level(anchors, rng):
    compared = compare(anchors)
    score = SCORES.get("shared_words")
    dealt = np.array([score.compute(compared.shuffled(rng)) for _ in range(2000)])
    known = np.isfinite(dealt[0])
    error = dealt.std(axis=0)[known] / np.sqrt(len(dealt))
    apart = np.abs(dealt.mean(axis=0) - score.null_per_instance(compared))[known]
    assert (apart <= 5 * error + 1e-12).all()
