from dataclasses import replace

import numpy as np
import pytest

import xaigeo as xg
from xaigeo.viz.page.seed_modes import modes_note, seed_modes


@pytest.fixture(scope="module")
def divided(study, make):
    """Twelve seeds of one answer in two groups, which turn two features round."""
    model = make.linear_seeds(study.data.X, study.data.y, n_seeds=12, wobble=0.0)
    noise = np.random.default_rng(1).normal(0, 0.02, model.weights.shape)
    shap = make.attributions(model, study.X, study.background, "kernel_shap")
    values = shap.data["attribution"].to_numpy() + 0.0
    values[:5, :, [0, 2]] = values[:5, :, [2, 0]]
    values += noise[:, None] * 0.1
    base = shap.data["explained_value"].to_numpy() - values.sum(axis=2)
    data = shap.data.assign(
        attribution=(shap.data["attribution"].dims, values),
        base_value=(shap.data["base_value"].dims, base),
    )
    return replace(shap, data=data)


def test_two_groups_of_seeds_are_told(divided):
    modes = seed_modes(divided)
    assert sorted(np.bincount(modes.labels).tolist()) == [5, 7]
    assert modes_note(modes).startswith(" The seeds fall into 2 explanatory modes (58%, 42% of")


def test_seeds_of_one_mind_and_a_single_seed_have_no_modes(study):
    shap = study.by_method["kernel_shap"]
    assert seed_modes(shap) is None  # five seeds are too few to be split
    assert seed_modes(shap.sel(seed=[1])) is None


def test_no_counterfactual_anywhere_is_no_mode(study):
    found = study.by_method["counterfactuals"]
    assert (
        seed_modes(replace(found, data=found.data.assign(valid=found.data["valid"] & False)))
        is None
    )


@pytest.mark.browser
def test_the_map_draws_each_mode_apart(divided, make, open_page, tmp_path):
    opened = open_page(xg.report(divided, tmp_path / "modes.html", views=[make.view]))
    page = opened.page
    page.wait_for_function("() => document.body.dataset.shown")
    found = page.evaluate(
        "async () => { await xaigeoReport.choose({ row: 0 });"
        " return xaigeoReport.drawnTables().tables; }"
    )
    scene = xg.scene(divided, view=make.view, modes=seed_modes(divided))
    own = scene.vectors[(scene.vectors["instance"] == divided.instances[0])]
    consensus = own[(own["layer"] != "seed") & (own["role"] == "component")]
    drawn = [v for v in found["vectors"] if v["layer"] != "seed" and v["role"] == "component"]
    key = lambda row: (row["mode"], row["feature"])  # noqa: E731
    mine = {key(row): row["attribution"] for row in drawn}
    theirs = {key(row): row["attribution"] for _, row in consensus.iterrows()}
    assert set(mine) == set(theirs)
    assert len(theirs) == 4
    for name, value in theirs.items():
        assert mine[name] == pytest.approx(value, abs=1e-4)
    assert {row["label"] for row in found["mode_labels"]} == {"1", "2"}
    assert "2 explanatory modes" in page.locator("#reading").inner_text()
    assert opened.problems == []
