"""Everything that compares seeds, on texts: equal to a loop over texts, each on its own tokens."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from xaigeo.agreement import (
    between_methods,
    completeness_gap,
    explainer_noise,
    identical_answers,
    method_matrix,
    pairwise_scores,
    per_instance,
    same_answer_different_reason,
    score_bins,
    score_rows,
    seed_intervals,
    seed_matrix,
    seeds_needed,
    summary,
    unstable,
    variance_shares,
)
from xaigeo.agreement.intraclass_of_texts import text_icc_terms
from xaigeo.agreement.score import SCORES
from xaigeo.agreement.top_k import mean_feature_agreement
from xaigeo.geometry import explanatory_modes

LENGTHS = [1, 2, 3, 3, 5, 8, 8, 8, 4, 2]
N_PLACES = 10


@pytest.fixture(params=[False, True], ids=["distinct", "tied"])
def explained(request, build, texts, rng):
    """Attributions of five seeds to ten texts of one to eight tokens, after one not explained."""
    mask = texts.ragged_mask(LENGTHS, N_PLACES, first=1)
    values = texts.some_values(rng, 5, mask, tied=request.param)
    return texts.make_tokens(build, values, mask)


@pytest.fixture
def distinct(build, texts, rng):
    mask = texts.ragged_mask(LENGTHS, N_PLACES, first=1)
    return texts.make_tokens(build, texts.some_values(rng, 5, mask), mask)


@pytest.fixture
def by_loop(build, texts):
    """Scores of each text compared alone, as a table of one row with its tokens as columns."""

    def loop(explanation, k=3):
        frames = []
        for n, one in zip(explanation.n_tokens, texts.as_tables(build, explanation), strict=True):
            frame = per_instance(one, k=max(1, min(k, n - 1)))
            if n < 2:
                kept = ["predicted", "share_agreeing", "confidence", "unanimous"]
                kept += ["flip_rate", "churn"]
                frame.loc[:, [c for c in frame if c not in kept]] = np.nan
            frames.append(frame)
        return pd.concat(frames).set_axis(explanation.instances, axis=0).rename_axis("instance")

    return loop


def test_per_instance_equals_each_text_compared_alone(explained, by_loop):
    pd.testing.assert_frame_equal(per_instance(explained), by_loop(explained))
    pd.testing.assert_frame_equal(per_instance(explained, k=2), by_loop(explained, k=2))


def test_summary_is_the_mean_over_texts_and_the_icc_that_within_texts(explained, by_loop):
    table = summary(explained, n_bootstrap=50).set_index("score")
    each = by_loop(explained)
    for name, row in table.iterrows():
        if name != "icc_agreement":
            assert row["value"] == pytest.approx(each[name].mean()), name
        assert row["n_instances"] == each[name].notna().sum()
    values, mask = explained.array("attribution")[..., 1], explained.mask
    told = [text_icc_terms(values[:, [i]][:, :, mask[i]])[0] for i in range(len(mask))]
    above, below = np.sum(told, axis=0)
    assert table.loc["icc_agreement", "value"] == pytest.approx(above / below)


def test_null_values_are_means_over_the_lengths_of_the_texts(distinct):
    table = summary(distinct, n_bootstrap=20).set_index("score")["null"]
    lengths = np.array([n for n in LENGTHS if n > 1])
    assert table["feature_agreement"] == pytest.approx(
        np.mean(np.minimum(3, lengths - 1) / lengths)
    )
    assert table["rank_agreement"] == pytest.approx(np.mean(1 / lengths))
    assert table["stability"] == table["spearman"] == 0
    assert table["kendall_w"] == pytest.approx(1 / 5)
    assert abs(table["mean_cosine"]) < 0.1
    assert abs(table["icc_agreement"]) < 0.1


def test_simulated_nulls_deal_within_each_text(build, texts, rng):
    mask = texts.ragged_mask([2] * 6 + [6] * 6, 8)
    values = texts.some_values(rng, 4, mask, tied=True)
    tied = texts.make_tokens(build, values, mask)
    rows = score_rows(tied, "feature_agreement").frame
    for some, n, k in ((slice(0, 6), 2, 1), (slice(6, 12), 6, 3)):
        dealt = rng.permuted(np.tile(values[:, some, :n], (1, 100, 1)), axis=-1)
        # Tied features are shared, so that dealing gives a little more than k/m.
        wanted = mean_feature_agreement(dealt, k).mean()
        assert rows["null"][some].to_numpy() == pytest.approx(wanted, abs=0.02)
    assert summary(tied).set_index("score").loc["feature_agreement", "null"] == pytest.approx(
        rows["null"].mean(), abs=0.02
    )


def test_padding_and_place_do_not_matter(build, texts, rng):
    mask = texts.ragged_mask([3, 5, 4], 5)
    values = texts.some_values(rng, 4, mask)
    wide = np.pad(values, ((0, 0), (0, 0), (2, 9)))
    moved = texts.make_tokens(build, wide, np.pad(mask, ((0, 0), (2, 9))))
    plain = texts.make_tokens(build, values, mask)
    pd.testing.assert_frame_equal(per_instance(moved), per_instance(plain))


def test_rows_have_the_chance_level_of_their_length(distinct, by_loop):
    rows = score_rows(distinct)
    assert rows.score.name == "feature_agreement"
    lengths = np.array(LENGTHS)
    wanted = np.where(lengths > 1, np.minimum(3, lengths - 1) / lengths, np.nan)
    np.testing.assert_allclose(rows.frame["null"], wanted)
    each = by_loop(distinct)["feature_agreement"].to_numpy()
    np.testing.assert_allclose(rows.frame["value"], each)
    assert rows.frame["worse"].tolist() == [bool(v < n) for v, n in zip(each, wanted, strict=True)]
    entropy = score_rows(distinct, "relative_entropy").frame
    assert np.isnan(entropy["null"][0])
    assert entropy["null"][2] == entropy["null"][3]  # as long
    assert (entropy["null"][1:] > 0).all()


def test_pairs_of_seeds_equal_the_loop(explained, build, texts):
    found = pairwise_scores(explained)
    parts = [
        pairwise_scores(one, k=min(3, n - 1))
        for n, one in zip(LENGTHS, texts.as_tables(build, explained), strict=True)
        if n > 1
    ]
    for score in found.scores:
        each = np.stack([part.matrix(score.name) for part in parts])
        with np.errstate(invalid="ignore"):
            wanted = np.nansum(each, axis=0) / np.isfinite(each).sum(axis=0)
        np.testing.assert_allclose(found.matrix(score.name), wanted, err_msg=score.name)
    matrix = seed_matrix(explained)
    np.testing.assert_allclose(matrix.values, found.matrix("feature_agreement"))


def test_batches_give_the_same_table(explained, monkeypatch):
    whole = summary(explained, n_bootstrap=20)
    needed = seeds_needed(explained, "icc_agreement", n_draws=20, n_bootstrap=0).scores
    monkeypatch.setattr("xaigeo.agreement.gathered.BATCH_BYTES", 1)
    pd.testing.assert_frame_equal(summary(explained, n_bootstrap=20), whole)
    again = seeds_needed(explained, "icc_agreement", n_draws=20, n_bootstrap=0).scores
    pd.testing.assert_frame_equal(again, needed)


def test_subsets_of_seeds_score_as_if_they_were_all(explained):
    from xaigeo.agreement.subset_scores import subset_scores

    names = ("feature_agreement", "stability", "icc_agreement", "relative_entropy")
    places = np.array([[0, 2, 4], [1, 2, 3]])
    (found,) = subset_scores(explained, [SCORES.get(n) for n in names], [places])
    for at, seeds in enumerate(places):
        table = summary(explained.sel(seed=seeds.tolist()), n_bootstrap=0).set_index("score")
        for name in names:
            assert found[name][at] == pytest.approx(table.loc[name, "value"]), name
    assert set(seeds_needed(explained, n_draws=20, n_bootstrap=0).scores["score"]) >= set(names[:2])


def literal_jaccard(one, other, share):
    """Listing 4.1 of Jain (2019), as a share."""
    n = math.ceil(share * len(one))
    first, second = set(np.argpartition(one, -n)[-n:]), set(np.argpartition(other, -n)[-n:])
    return 1 - len(first & second) / len(first | second)


def literal_entropy(one, other):
    return float(np.sum(one * np.log(one / other)))


@pytest.mark.parametrize("method", ["attention", "saliency", "lime"])
def test_score_bins_are_the_formulas_of_jain(build, texts, rng, method):
    lengths = rng.integers(1, 25, 30)
    mask = texts.ragged_mask(lengths, 30)
    values = texts.some_values(rng, 4, mask)
    if method != "lime":  # weights that sum to one
        raw = np.where(mask, np.exp(values), 0.0)
        values = raw / raw.sum(axis=-1, keepdims=True)
    probability = rng.uniform(0, 1, (1, 30)) + 0.01 * rng.normal(size=(4, 30))
    explained = texts.make_tokens(
        build, values, mask, probability=np.clip(probability, 0.001, 0.999), method=method
    )
    table = score_bins(explained, output="yes", n_bins=5, n_bootstrap=20).set_index("score")
    mean = explained.array("prediction")[..., 1].mean(axis=0)
    for name, formula in (
        ("jaccard_distance", lambda a, b: literal_jaccard(a, b, 0.2)),
        ("relative_entropy", literal_entropy),
    ):
        for row in table.loc[name].itertuples():
            inside = (mean > row.low) & (mean <= row.high)
            each = []
            for text in np.flatnonzero(inside & (lengths > 1)):
                shares = np.abs(values[:, text][:, mask[text]])
                shares = shares / shares.sum(axis=-1, keepdims=True)
                pairs = itertools.permutations(shares, 2)
                each.append(np.mean([formula(a, b) for a, b in pairs]))
            assert row.n_rows == inside.sum()
            assert row.n_defined == len(each)
            # Shares are raised by a millionth so that zeros stay finite.
            assert row.value == pytest.approx(np.mean(each), rel=2e-3)


def test_same_answers_name_the_leading_words(build, texts):
    mask = texts.ragged_mask([3, 1, 4], 4)
    values = np.zeros((2, 3, 4))
    values[0, 0], values[1, 0] = [3, 1, 0.5, 0], [0.5, 1, 3, 0]
    values[:, 1, 0] = 1
    values[:, 2] = [1, 2, 3, 4]
    tokens = np.arange(1, 13).reshape(3, 4).astype(float)
    table = same_answer_different_reason(texts.make_tokens(build, values, mask, tokens=tokens), k=1)
    assert table["instance"].tolist() == [100, 102, 101]
    assert table["leading_features"].tolist()[:2] == ["w1 (1), w3 (1)", "w12 (2)"]
    assert table["flagged"].tolist() == [True, False, False]
    assert table["stability"].isna().tolist() == [False, False, True]


def test_unstable_words_count_wherever_they_stand(build, texts):
    # w1 leads every text, with a sign that half of the seeds turn round; w2 never matters.
    mask = texts.ragged_mask([3] * 6, 3)
    tokens = np.tile([2.0, 3.0, 4.0], (6, 1))
    values = np.zeros((4, 6, 3))
    for text in range(6):
        place = text % 3
        tokens[text, place] = 1.0
        values[:, text, place] = [5, 5, -5, -5]
        values[:, text, (place + 1) % 3] = 1
    explained = texts.make_tokens(build, values, mask, tokens=tokens)
    table = unstable(explained, k=1)
    words = table[table["kind"] == "word"]
    assert words["label"].tolist() == ["w1"]
    assert words["sign_consensus"].tolist() == [0.5]
    assert words["why"].tolist() == ["only 50% of the seeds share its sign where it counts"]
    # A word at fewer than five places is not listed.
    few = unstable(explained.at(slice(0, 4)), k=1)
    assert not (few["kind"] == "word").any()


def test_unstable_words_are_divided_over(build, texts, rng):
    mask = texts.ragged_mask([4] * 8, 4)
    values = texts.some_values(rng, 6, mask)
    explained = texts.make_tokens(build, values, mask, tokens=np.tile([1.0, 2, 3, 4], (8, 1)))
    table = unstable(explained, k=2)
    instances = table[table["kind"] == "instance"]
    assert instances["why"].str.startswith("the seeds' top words differ (stability").all()
    assert table["why"].str.contains("of the places where it stands").any()
    told = unstable(texts.make_tokens(build, np.abs(values), mask), k=2)
    assert not told["why"].str.contains("sign").any() or told["sign_consensus"].notna().any()


def test_methods_are_compared_on_the_tokens_that_both_explain(build, texts, rng):
    wide = texts.ragged_mask([5, 4, 6], 7)
    narrow = texts.ragged_mask([4, 3, 5], 7, first=1)
    tokens = np.full((3, 7), 2.0)
    one = texts.make_tokens(build, texts.some_values(rng, 3, wide), wide, tokens=tokens)
    other = texts.make_tokens(
        build, texts.some_values(rng, 3, narrow), narrow, tokens=tokens, method="saliency"
    )
    table = between_methods([one, other], n_bootstrap=20).set_index("score")
    wanted = []
    for seed, text in itertools.product(range(3), range(3)):
        a = np.abs(one.array("attribution")[seed, text, narrow[text], 1])
        b = np.abs(other.array("attribution")[seed, text, narrow[text], 1])
        k = min(3, len(a) - 1)
        wanted.append(len({*np.argsort(-a)[:k]} & {*np.argsort(-b)[:k]}) / k)
    assert table.loc["feature_agreement", "value"] == pytest.approx(np.mean(wanted))
    assert table.loc["feature_agreement", "null"] == pytest.approx(np.mean([3 / 4, 2 / 3, 3 / 5]))
    matrix = method_matrix([one, other], n_bootstrap=20)
    assert matrix.across_methods == pytest.approx(np.mean(wanted))
    # A token left out counts for neither method.
    assert table.loc["feature_agreement", "across_seeds_a"] == pytest.approx(
        matrix.table.loc[matrix.table["across"] == "seeds", "value"].iloc[0]
    )


def test_methods_of_the_same_tokens_keep_their_numbers(distinct, build, texts, rng):
    other = texts.make_tokens(
        build, texts.some_values(rng, 5, distinct.mask), distinct.mask, method="saliency"
    )
    table = between_methods([distinct, other], n_bootstrap=20).set_index("score")
    own = summary(distinct, n_bootstrap=0).set_index("score")["value"]
    assert table.loc["spearman", "across_seeds_a"] == pytest.approx(own["spearman"])


def test_noise_is_told_of_explained_tokens_alone(build, texts, rng):
    mask = texts.ragged_mask([2, 4], 5)
    values = texts.some_values(rng, 4, mask)
    repeats = [
        texts.make_tokens(
            build, values + 0.1 * texts.some_values(rng, 4, mask), mask, random_state=state
        )
        for state in range(3)
    ]
    noise = explainer_noise(repeats, n_bootstrap=20)
    assert noise.table[["instance", "token"]].to_numpy().tolist() == [
        [100, 0],
        [100, 1],
        *[[101, place] for place in range(4)],
    ]
    stack = np.stack([r.array("attribution")[..., 1][:, mask] for r in repeats])
    np.testing.assert_allclose(noise.table["mean"], stack.mean(axis=(0, 1)))
    np.testing.assert_allclose(
        noise.table["explainer_se"] ** 2, stack.var(axis=0, ddof=1).mean(axis=0)
    )
    assert noise.table["word"].str.startswith("w").all()
    shares = variance_shares(noise)
    assert shares["feature"].isna().all()
    assert shares["share"].sum() == pytest.approx(1)


def test_intervals_are_those_of_explained_tokens(distinct):
    table = seed_intervals(distinct)
    assert len(table) == sum(LENGTHS) * 2
    assert table.columns.tolist()[:4] == ["instance", "token", "word", "output"]
    row = table[(table["instance"] == 102) & (table["token"] == 3) & (table["output"] == "yes")]
    values = distinct.array("attribution")[:, 2, 3, 1]
    assert row["mean"].item() == pytest.approx(values.mean())
    assert row["sd"].item() == pytest.approx(values.std(ddof=1))
    assert row["word"].item() == distinct.tokens[2][3]


def test_copies_of_one_model_are_noticed(build, texts, rng):
    mask = texts.ragged_mask([2, 4], 5)
    one = texts.some_values(rng, 1, mask)
    same = np.full((3, 2), 0.7)
    assert identical_answers(
        texts.make_tokens(build, np.repeat(one, 3, axis=0), mask, probability=same)
    )
    assert not identical_answers(
        texts.make_tokens(build, texts.some_values(rng, 3, mask), mask, probability=same)
    )


def test_completeness_leaves_padding_out(build, texts, rng):
    mask = texts.ragged_mask([2, 4], 5)
    explained = texts.make_tokens(build, texts.some_values(rng, 3, mask), mask, additive=True)
    np.testing.assert_allclose(completeness_gap(explained), 0.0)


def test_seeds_fall_into_modes_by_their_tokens(build, texts, rng):
    mask = texts.ragged_mask([3, 5, 4], 6)
    base = texts.some_values(rng, 2, mask)
    values = np.concatenate([base[[0]]] * 6 + [base[[1]]] * 6)
    values = values + 0.01 * texts.some_values(rng, 12, mask)
    modes = explanatory_modes(texts.make_tokens(build, values, mask))
    assert modes.labels.tolist() == [0] * 6 + [1] * 6
    assert explanatory_modes(texts.make_tokens(build, values, mask), instances=101).n_modes == 2
