"""Train, explain, keep, read again: every method that asks the networks, on a trained ensemble."""

from __future__ import annotations

import joblib
import numpy as np
import pandas as pd
import pytest

import xaigeo as xg
from xaigeo.explainers.blocks import job, running
from xaigeo.explainers.blocks.job import PackedJob, run_packed
from xaigeo.explanations import TokenAttributions

METHODS = {
    "attention": {"keep_maps": True},
    "saliency": {},
    "input_x_gradient": {},
    "integrated_gradients": {"n_steps": 8},
    "smooth_grad": {"n_samples": 4},
}


@pytest.fixture(scope="module", params=METHODS)
def explained(request, trained):
    """One method's explanation of 30 labelled texts by an ensemble, two blocks of them."""
    ensemble, sentences = trained("cnn")
    texts = pd.Series((sentences * 2)[:30], index=[f"review {i}" for i in range(30)])
    method = request.param

    def explain(chosen=texts, **call):
        return xg.explain(
            ensemble, chosen, method=method, random_state=0, **METHODS[method], **call
        )

    return explain, texts, explain()


def same(a, b):
    assert set(a.data) == set(b.data)
    for name in a.data:
        np.testing.assert_array_equal(a.array(name), b.array(name), err_msg=name)
    assert a.texts == b.texts
    assert a.tokens == b.tokens


def test_texts_seeds_and_outputs_are_named(explained):
    _, texts, found = explained
    assert isinstance(found, TokenAttributions)
    assert found.texts == list(texts)
    assert found.instances.tolist() == list(texts.index)
    assert found.seeds.tolist() == [3, 4, 5]
    assert set(found.outputs) == {"good", "bad"}
    assert found.tokens[1] == ["a", "bad", "film"]
    assert np.isfinite(found.array("attribution")).all()


def test_saved_and_read_again_it_is_the_same(explained, tmp_path):
    _, _, found = explained
    found.save(tmp_path / "kept")
    for lazy in (False, True):
        read = xg.load(tmp_path / "kept", lazy=lazy)
        same(read, found)
        assert read.provenance == found.provenance
        assert (read.signed, read.additive, read.scale) == (
            found.signed,
            found.additive,
            found.scale,
        )


def test_a_frame_has_a_row_for_every_explained_token(explained):
    _, texts, found = explained
    frame = found.to_frame()
    n_words = sum(len(text.split()) for text in texts)  # signs stand alone in these texts
    assert len(frame) == 3 * n_words * 2
    one = frame[(frame.seed == 4) & (frame.instance == "review 1") & (frame.output == "bad")]
    assert one["word"].tolist() == ["a", "bad", "film"]
    place = found.outputs.index("bad")
    assert one["attribution"].tolist() == found.array("attribution")[1, 1, :3, place].tolist()


def test_one_seed_and_some_texts_can_be_taken(explained):
    _, _, found = explained
    one = found.sel(seed=4, instance=["review 3", "review 1"])
    assert one.tokens[1] == ["a", "bad", "film"]
    expected = found.array("attribution")[[1]][:, [3, 1]]
    assert (one.array("attribution") == expected).all()


def test_several_workers_give_the_same_to_the_bit(explained):
    explain, _, found = explained
    with joblib.parallel_config(backend="threading"):
        same(explain(n_jobs=2), found)


def test_what_is_stored_is_the_same_and_goes_on_where_it_stopped(explained, tmp_path, monkeypatch):
    explain, _, found = explained
    target = tmp_path / "store"
    own, asked = job.run_block, []

    def failing(explainer, block, engine):
        asked.append(len(block.rows))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return own(explainer, block, engine)

    with monkeypatch.context() as patch:
        patch.setattr(job, "run_block", failing)
        with pytest.raises(KeyboardInterrupt):
            explain(store=target)
    assert asked == [15, 15]  # the second was not finished
    with monkeypatch.context() as patch:
        patch.setattr(job, "run_block", lambda *call: asked.append("again") or own(*call))
        stored = explain(store=target)
    assert asked == [15, 15, "again"]
    assert stored.is_lazy
    same(stored, found)


def test_models_sent_to_another_process_give_the_same_to_the_bit(explained, monkeypatch):
    explain, _, found = explained

    def sent(job, *task):
        return run_packed(*PackedJob.of(job).arguments, *task)

    monkeypatch.setattr(running, "run_task", sent)
    same(explain(), found)
