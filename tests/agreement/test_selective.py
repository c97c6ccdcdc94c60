from dataclasses import replace
from math import comb

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from xaigeo.agreement import gathered
from xaigeo.agreement.places import membership
from xaigeo.agreement.selective import selective
from xaigeo.errors import InputError


def made(build, values, **info):
    return build.make_attributions(np.asarray(values, dtype=float), **info)


def signs(n_positive, n_seeds, n_features=1):
    """Attributions of one instance whose first `n_positive` seeds are above zero."""
    column = np.where(np.arange(n_seeds) < n_positive, 1.0, -1.0)
    return np.tile(column[:, None, None], (1, 1, n_features))


@pytest.mark.parametrize("by", ["sign", "top_k", "both"])
def test_counts_and_p_values_against_a_loop(build, rng, by):
    values = rng.integers(-3, 4, (9, 6, 5)).astype(float)
    found = selective(made(build, values), by=by, k=2, correction="none", share=0.6)
    for i in range(6):
        for j in range(5):
            top = [membership(values[s, i], 2)[j] == 1 for s in range(9)]
            up = sum(values[s, i, j] > 0 and (by == "sign" or top[s]) for s in range(9))
            down = sum(values[s, i, j] < 0 and (by == "sign" or top[s]) for s in range(9))
            count = sum(top) if by == "top_k" else max(up, down)
            assert found.count[i, j] == count
            p = binomtest(count, 9, 0.6, alternative="greater").pvalue
            if by != "top_k":
                p += binomtest(count, 9, 0.4, alternative="greater").pvalue
                p = 1.0 if count <= 4 else min(p, 1.0)
                assert found.sign[i, j] == np.sign(up - down)
            assert found.p_value[i, j] == pytest.approx(p)
            assert found.shown[i, j] == (p <= 0.05)
            ends = binomtest(count, 9).proportion_ci(0.95, method="exact")
            assert (found.low[i, j], found.high[i, j]) == pytest.approx((ends.low, ends.high))
            assert found.median[i, j] == np.median(values[:, i, j])


def test_the_p_value_of_a_sign_is_scipys_two_sided_one(build):
    for n in range(6, 11):
        found = selective(made(build, signs(n, 10)), correction="none")
        assert found.p_value[0, 0] == pytest.approx(binomtest(n, 10, 0.5).pvalue, rel=1e-12)
        assert found.shown[0, 0] == (n >= 9)


def test_zeros_have_no_sign_and_count_against(build):
    values = signs(10, 10, 2)
    values[:2, 0, 0] = 0.0
    found = selective(made(build, values), correction="none")
    assert found.count.tolist() == [[8, 10]]
    assert found.shown.tolist() == [[False, True]]
    nothing = selective(made(build, 0.0 * values), correction="none")
    assert nothing.p_value.tolist() == [[1.0, 1.0]]
    assert not nothing.shown.any()
    assert nothing.sign.tolist() == [[0, 0]]


def test_a_seed_that_ties_for_the_last_place_chooses_neither(build):
    values = np.tile([3.0, 1.0, 1.0, 0.5], (10, 1, 1))
    found = selective(made(build, values), by="top_k", k=2, correction="none")
    assert found.count.tolist() == [[10, 0, 0, 0]]


def test_a_direction_and_a_place_at_once(build):
    # All seeds put the first feature first, five with either sign; the second is always second.
    values = np.tile([5.0, 2.0, 0.1], (10, 1, 1))
    values[:5, 0, 0] *= -1
    options = {"k": 2, "correction": "none"}
    assert selective(made(build, values), by="top_k", **options).shown.tolist() == [
        [True, True, False]
    ]
    assert selective(made(build, values), by="sign", **options).shown.tolist() == [
        [False, True, True]
    ]
    assert selective(made(build, values), by="both", **options).shown.tolist() == [
        [False, True, False]
    ]


@pytest.mark.parametrize("over", ["instance", "all"])
@pytest.mark.parametrize("n_seeds", [8, 11])
def test_coin_tosses_are_shown_no_more_often_than_the_level(build, over, n_seeds):
    # Holm: a row (or the table) with any feature shown is an error.
    rng = np.random.default_rng(n_seeds)
    values = rng.choice([-1.0, 1.0], (n_seeds, 1500, 4)) * rng.uniform(1, 2, (n_seeds, 1500, 4))
    explanation = made(build, values)
    single = selective(explanation, correction="none", level=0.1)
    n = single.shown.size
    assert 0 < single.shown.mean() <= 0.1 + 4 * np.sqrt(0.1 * 0.9 / n)
    exact = sum(
        comb(n_seeds, c) / 2**n_seeds
        for c in range(n_seeds + 1)
        if binomtest(c, n_seeds, 0.5).pvalue <= 0.1
    )
    assert abs(single.shown.mean() - exact) < 4 * np.sqrt(exact * (1 - exact) / n)
    corrected = selective(explanation, correction="holm", level=0.1, over=over)
    if over == "all":
        assert not corrected.shown.any()
    else:
        rows = corrected.shown.any(axis=1).mean()
        assert rows <= 0.1 + 4 * np.sqrt(0.1 * 0.9 / 1500)


def test_benjamini_hochberg_holds_the_share_of_false_ones(build):
    rng = np.random.default_rng(0)
    up = np.array([0.99] * 3 + [0.5] * 3)  # three true directions, three coin tosses
    false, shown = [], 0
    for _ in range(60):
        values = np.where(rng.random((14, 5, 6)) < up, 1.0, -1.0)
        found = selective(
            made(build, values), correction="benjamini_hochberg", level=0.2, over="all"
        ).shown
        false.append(found[:, 3:].sum() / max(found.sum(), 1))
        shown += found[:, :3].mean() / 60
    assert np.mean(false) <= 0.2 + 4 * np.std(false) / np.sqrt(60)
    assert shown > 0.95


def test_more_seeds_show_more(build):
    rng = np.random.default_rng(1)
    values = np.where(rng.random((40, 300, 1)) < 0.85, 1.0, -1.0)
    shares = []
    for n in (10, 20, 40):
        found = selective(made(build, values[:n]), correction="none")
        power = sum(
            comb(n, c) * 0.85**c * 0.15 ** (n - c)
            for c in range(n // 2 + 1, n + 1)
            if binomtest(c, n, 0.5).pvalue <= 0.05
        )
        assert abs(found.shown.mean() - power) < 4 * np.sqrt(power * (1 - power) / 300) + 1e-9
        shares.append(found.shown.mean())
    assert shares == sorted(shares)
    assert shares[0] < 0.65 < 0.95 < shares[-1]


@pytest.mark.parametrize("by", ["sign", "top_k", "both"])
@pytest.mark.parametrize("correction", ["none", "holm", "benjamini_hochberg"])
@pytest.mark.parametrize("over", ["instance", "all"])
def test_the_fewest_seeds_are_just_enough(build, by, correction, over):
    options = {"by": by, "k": 2, "correction": correction, "over": over, "level": 0.01}
    row = np.tile([3.0, 2.0, 1.0, 0.5], (1, 3, 1))
    fewest = selective(made(build, np.tile(row, (2, 1, 1))), **options).fewest
    enough = selective(made(build, np.tile(row, (fewest, 1, 1))), **options)
    assert enough.shown.any()
    assert enough.reason is None
    few = selective(made(build, np.tile(row, (fewest - 1, 1, 1))), **options)
    assert not few.shown.any()
    assert f"nothing can be shown with {fewest - 1} seeds" in few.reason
    assert f"even where all agree; {fewest} are the fewest." in few.reason


def test_reasons(build):
    told = selective(made(build, signs(4, 4, 3))).reason
    assert told == (
        "At level 0.05, after Holm's correction, nothing can be shown with 4 seeds, even where "
        "all agree; 7 are the fewest. correction='benjamini_hochberg' promises less and needs "
        "fewer."
    )
    plain = selective(made(build, signs(4, 4, 3)), correction="none")
    assert plain.reason.startswith("At level 0.05, nothing can be shown with 4 seeds")
    assert plain.reason.endswith("6 are the fewest.")
    assert plain.fewest == 6  # 2 / 2**6
    assert plain.share_abstained == 1.0


def test_tables(build, rng):
    values = rng.normal(1.5, 1, (12, 5, 4)) * [1, -1, 1, -1]
    values[:, 2] = rng.normal(0, 1, (12, 4))
    explanation = made(build, values, instances=list("abcde"))
    found = selective(explanation, output="yes")
    frame = found.to_frame()
    assert len(frame) == 20
    assert frame["instance"].tolist() == list(np.repeat(list("abcde"), 4))
    assert frame["feature"].tolist() == explanation.features * 5
    assert (frame["output"] == "yes").all()
    assert (frame["share"] == frame["count"] / 12).all()
    assert (frame["attribution"].notna() == frame["shown"]).all()
    kept = frame[frame["shown"]]
    assert len(kept)
    assert (kept["attribution"] == kept["median"]).all()
    assert (np.sign(kept["median"]) == kept["sign"]).all()
    consensus = found.consensus()
    assert consensus.columns.tolist() == explanation.features
    assert consensus.index.tolist() == list("abcde")
    np.testing.assert_array_equal(consensus.to_numpy().ravel(), frame["attribution"])
    by_feature = found.by_feature().set_index("feature")
    for name, part in frame.groupby("feature"):
        row = by_feature.loc[name]
        assert row["n_shown"] == part["shown"].sum() == row["n_positive"] + row["n_negative"]
        assert row["n_positive"] == (part["shown"] & (part["sign"] > 0)).sum()
        assert row["share_abstained"] == pytest.approx(1 - part["shown"].mean())
    by_instance = found.by_instance().set_index("instance")
    for label, part in frame.groupby("instance"):
        assert by_instance.loc[label, "n_shown"] == part["shown"].sum()
    none = [label for label in "abcde" if not by_instance.loc[label, "n_shown"]]
    assert found.nothing_shown.tolist() == none
    assert found.share_abstained == pytest.approx(1 - frame["shown"].mean())


def test_the_output_is_the_answer_of_most_seeds(build, rng):
    labels = np.array([[0, 1]] * 10)
    values = np.abs(rng.normal(size=(10, 2, 3)))
    found = selective(made(build, values, labels=labels))
    assert found.outputs == ["no", "yes"]
    assert (found.sign == [[-1] * 3, [1] * 3]).all()


def test_batches_change_nothing(build, rng, monkeypatch):
    explanation = made(build, rng.normal(1.5, 1, (10, 7, 4)))
    whole = selective(explanation).to_frame()
    monkeypatch.setattr(gathered, "batch_length", lambda _: 3)
    pd.testing.assert_frame_equal(selective(explanation).to_frame(), whole)


def test_rows_do_not_depend_on_their_neighbours(build, rng):
    values = rng.normal(1.5, 1, (12, 6, 4))
    whole = selective(made(build, values)).shown
    alone = [selective(made(build, values[:, [i]])).shown[0] for i in range(6)]
    np.testing.assert_array_equal(whole, alone)
    assert whole.any()
    assert not whole.all()


def test_chance_is_what_unrelated_attributions_have(build, rng):
    explanation = made(build, rng.normal(size=(6, 3, 5)))
    assert selective(explanation, share="chance").share == 0.5
    assert selective(explanation, share="chance", by="top_k", k=2).share == 2 / 5
    assert selective(explanation, share="chance", by="both", k=2).share == 2 / 10


def test_no_direction_is_shown_against_the_median(build):
    # Eight seeds put the first feature on top with +5, twelve give it −0.5 and another on top.
    values = np.full((20, 1, 12), 0.1)
    values[:8, 0, 0], values[8:, 0, 0] = 5.0, -0.5
    values[8:, 0, 1] = 9.0
    options = {"by": "both", "k": 1, "share": "chance"}
    found = selective(made(build, values), **options)
    assert (found.count[0, 0], found.sign[0, 0], found.median[0, 0]) == (8, 1, -0.5)
    assert found.p_adjusted[0, 0] <= 0.05
    assert found.shown[0, :2].tolist() == [False, True]
    assert found.by_feature()["n_positive"].tolist()[:2] == [0, 1]
    values[8:, 0, 0] = 0.5
    assert selective(made(build, values), **options).shown[0, 0]


def test_no_number_of_seeds_exceeds_all(build):
    found = selective(made(build, signs(5, 5, 3)), share=0.999, correction="none")
    assert found.reason.endswith("are the fewest.")
    none = replace(found, fewest=None, share=1.0)
    assert none.reason == "No number of seeds shows that more than 100% of them agree."


def test_a_line_and_a_table_for_notebooks(build):
    found = selective(made(build, signs(10, 10, 2)))
    assert repr(found) == "Selective(kernel_shap by sign: 2 of 2 attributions shown, 10 seeds)"
    assert "n_positive" in found._repr_html_()
    assert "nothing is shown" not in found._repr_html_()
    assert "nothing is shown" in selective(made(build, signs(3, 3, 2)))._repr_html_()


def test_messages(build, rng):
    explanation = made(build, rng.normal(size=(6, 3, 4)))

    def told(given=explanation, **options):
        with pytest.raises(InputError) as error:
            selective(given, **options)
        return str(error.value)

    anchors = build.make_anchors(np.zeros((2, 3, 2)), np.ones((2, 3, 2)))
    assert told(anchors) == (
        "Expected Attributions, got Anchors. Explain with lime, kernel_shap or a gradient method."
    )
    assert told(level=0) == "Expected level between 0 and 1, got 0. Pass for example 0.05."
    assert told(share=0.4) == (
        "Expected share to be 'chance' or a number from 0.5 and below 1 for by='sign', got 0.4. "
        "Pass for example share=0.5: more than half of all seeds."
    )
    assert "a number above 0 and below 1 for by='top_k', got 0" in told(share=0, by="top_k")
    assert "got 1" in told(share=1)
    assert "got 'often'" in told(share="often")
    assert told(by="top_k", k=4) == (
        "Expected k below the number of features (4), so that seeds can disagree on which belong "
        "to it, got k=4 with by='top_k'. Pass a smaller k, or by='sign'."
    )
    assert "by to be one of 'sign', 'top_k', 'both', got 'rank'" in told(by="rank")
    assert "correction to be one of" in told(correction="bonferroni")
    assert "over to be one of 'instance', 'all', got 'row'" in told(over="row")
    assert "k to be a whole number from 1 to 4" in told(k=9)
    assert "an output (no, yes)" in told(output="maybe")
    unsigned = replace(
        explanation,
        provenance=explanation.provenance | {"parameters": {"scale": "logit", "absolute": True}},
    )
    assert told(unsigned) == (
        "Expected attributions with a sign, to see whether the seeds agree on it, got kernel_shap "
        "with sizes alone. Pass by='top_k', or explain with signs."
    )
    assert not selective(unsigned, by="top_k", k=2).sign.any()
    assert "at least two seeds" in told(made(build, np.ones((1, 3, 4))))
