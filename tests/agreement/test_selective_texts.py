"""Attributions to tokens shown only where the seeds agree: each text as a table of one row."""

import numpy as np
import pandas as pd
import pytest

from xaigeo.agreement import gathered, selective
from xaigeo.errors import InputError

LENGTHS = [1, 2, 3, 5, 8, 8, 4, 2]
ARRAYS = ("shown", "median", "sign", "count", "low", "high", "p_value", "p_adjusted")


@pytest.fixture
def explained(build, texts, rng):
    """Attributions of twelve seeds, which agree on most tokens, after one not explained."""
    mask = texts.ragged_mask(LENGTHS, 10, first=1)
    leaning = rng.choice([-1.0, 1.0], mask.shape)
    values = leaning * rng.normal(1.3, 1.0, (12, *mask.shape))
    return texts.make_tokens(build, np.where(mask, values, 0.0), mask)


def adjusted_by_loop(p_values, correction):
    """Return corrected p-values of one family."""
    m = len(p_values)
    order = np.argsort(p_values, kind="stable")
    found = np.empty(m)
    if correction == "none":
        return np.array(p_values)
    if correction == "holm":
        largest = 0.0
        for rank, place in enumerate(order):
            largest = max(largest, min(1.0, (m - rank) * p_values[place]))
            found[place] = largest
        return found
    least = 1.0
    for rank in range(m - 1, -1, -1):
        place = order[rank]
        least = min(least, p_values[place] * m / (rank + 1))
        found[place] = least
    return found


@pytest.mark.parametrize("correction", ["holm", "benjamini_hochberg", "none"])
@pytest.mark.parametrize("by", ["sign", "top_k", "both"])
def test_each_text_is_a_table_of_one_row(build, texts, explained, by, correction):
    found = selective(explained, by=by, k=3, correction=correction)
    assert 0 < found.shown.sum() < found.cells.sum()
    fewest = []
    for i, one in enumerate(texts.as_tables(build, explained)):
        mask, n = explained.mask[i], LENGTHS[i]
        if by != "sign" and n == 1:
            assert not found.cells[i].any()
            continue
        np.testing.assert_array_equal(found.cells[i], mask)
        k = None if by == "sign" else min(3, n - 1)
        alone = selective(one, by=by, k=k, correction=correction)
        fewest.append(alone.fewest)
        for name in ARRAYS:
            np.testing.assert_allclose(
                getattr(found, name)[i, mask], getattr(alone, name)[0], err_msg=name
            )
        assert found.outputs[i] == alone.outputs[0]
    assert found.fewest == min(fewest)
    assert not found.shown[~found.cells].any()
    assert np.isnan(found.p_value[~found.cells]).all()


@pytest.mark.parametrize("correction", ["holm", "benjamini_hochberg"])
@pytest.mark.parametrize("by", ["sign", "top_k"])
def test_all_texts_together_against_a_loop(explained, by, correction):
    found = selective(explained, by=by, k=2, correction=correction, over="all")
    p_values = found.p_value[found.cells]
    wanted = adjusted_by_loop(p_values, correction)
    np.testing.assert_allclose(found.p_adjusted[found.cells], wanted)
    each = selective(explained, by=by, k=2, correction=correction)
    np.testing.assert_array_equal(each.p_value, found.p_value)
    if correction == "holm":
        assert found.fewest > each.fewest


@pytest.mark.parametrize("by", ["sign", "top_k", "both"])
@pytest.mark.parametrize("over", ["instance", "all"])
def test_the_fewest_seeds_are_just_enough(build, texts, by, over):
    mask = texts.ragged_mask([2, 4, 1], 5)
    row = np.where(mask, np.array([5.0, 4, 3, 2, 1]), 0.0)

    def of(n_seeds):
        same = texts.make_tokens(build, np.tile(row, (n_seeds, 1, 1)), mask)
        return selective(same, by=by, k=1, over=over, level=0.01)

    fewest = of(2).fewest
    assert of(fewest).shown.any()
    assert of(fewest).reason is None
    assert not of(fewest - 1).shown.any()
    assert f"{fewest} are the fewest" in of(fewest - 1).reason


def test_batches_change_nothing(explained, monkeypatch):
    whole = selective(explained)
    monkeypatch.setattr(gathered, "batch_length", lambda _: 3)
    parts = selective(explained)
    pd.testing.assert_frame_equal(parts.to_frame(), whole.to_frame())
    assert parts.fewest == whole.fewest


def test_tables(explained):
    found = selective(explained)
    frame = found.to_frame()
    assert len(frame) == sum(LENGTHS)
    assert list(frame.columns[:5]) == ["instance", "output", "token", "word", "attribution"]
    for _, row in frame.iterrows():
        place = explained.instances.tolist().index(row["instance"])
        assert row["word"] == explained.tokens[place][row["token"]]
        assert row["shown"] == found.shown[place, row["token"]]
    assert found.share_abstained == pytest.approx(1 - frame["shown"].mean())
    for n, row in zip(LENGTHS, found.by_instance().itertuples(), strict=True):
        part = frame[frame["instance"] == row.instance]
        assert len(part) == n
        assert row.n_shown == part["shown"].sum()
        assert row.share_abstained == pytest.approx(1 - part["shown"].mean())
    np.testing.assert_array_equal(np.isfinite(found.consensus().to_numpy()), found.shown)
    told = f"{int(found.shown.sum())} of {sum(LENGTHS)} attributions shown"
    assert told in repr(found)
    assert "share_abstained" in found._repr_html_()
    with pytest.raises(InputError, match=r"the tokens of texts \(lime\), whose places are no col"):
        found.by_feature()


def test_a_text_of_one_token_has_no_top_ones(build, texts):
    mask = texts.ragged_mask([1, 1], 2)
    alone = texts.make_tokens(build, np.where(mask, np.ones((8, 2, 2)), 0.0), mask)
    assert selective(alone).shown[mask].all()
    with pytest.raises(InputError, match="a text of at least two tokens"):
        selective(alone, by="top_k")


def test_messages(build, texts, explained):
    with pytest.raises(InputError, match="'chance', which is another share for each length"):
        selective(explained, by="top_k", share="chance")
    assert selective(explained, share="chance").share == 0.5
    mask = texts.ragged_mask([2], 3)
    ones = np.ones((4, 1))
    arrays = {"chosen": np.tile(mask, (4, 1, 1)), "precision": ones, "met": ones.astype(bool)}
    words = texts.make_tokens(build, np.zeros((4, 1, 3)), mask, method="anchors", arrays=arrays)
    with pytest.raises(InputError, match="Expected Attributions, got anchors of texts"):
        selective(words)
