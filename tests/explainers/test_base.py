from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import joblib
import numpy as np
import pytest
import torch
import xarray as xr
from joblib.parallel import ThreadingBackend

import xaigeo as xg
from xaigeo.errors import DuplicateLabelsWarning, InputError
from xaigeo.explainers import EXPLAINERS
from xaigeo.explainers.base import Block, Explainer, resolved_scale
from xaigeo.explainers.kernel_shap import KernelShapExplainer
from xaigeo.explainers.lime import LimeExplainer
from xaigeo.explanations import Attributions

LIME = LimeExplainer(n_samples=60)
SHAP = KernelShapExplainer(n_background=10)


@dataclass(frozen=True, kw_only=True)
class Ours(Explainer):
    """Attributes noise from each instance's own seed; has one engine and one task."""

    name: ClassVar[str] = "ours"
    result: ClassVar[type[Attributions]] = Attributions
    engines: ClassVar[tuple[str, ...]] = ("batched",)
    tasks: ClassVar[tuple[str, ...]] = ("classification",)

    def explain_batched(self, block: Block) -> dict[str, np.ndarray]:
        shape = (block.ensemble.n_seeds, block.rows.shape[1], block.ensemble.n_outputs)
        noise = [block.stream(i).normal(size=shape) for i in range(len(block.rows))]
        return {
            "attribution": np.stack(noise, axis=1),
            "feature_location": block.background.location,
        }


@pytest.mark.parametrize("explainer", [LIME, SHAP], ids=["lime", "kernel_shap"])
@pytest.mark.parametrize("engine", ["batched", "upstream"])
class TestRandomState:
    def explain(self, explainer, engine, species, birds, **arguments):
        X = birds.iloc[[0, 100, 200, 300]]
        arguments = {"random_state": 1} | arguments
        return explainer.explain(species, X, background=birds, engine=engine, **arguments)

    def test_same_state_gives_the_same_answer_and_another_another(
        self, explainer, engine, species, birds
    ):
        one, same, other = (
            self.explain(explainer, engine, species, birds, random_state=state)
            for state in (1, 1, 2)
        )
        np.testing.assert_array_equal(one.array("attribution"), same.array("attribution"))
        assert not np.allclose(one.array("attribution"), other.array("attribution"))

    def test_no_state_draws_one_and_records_it(self, explainer, engine, species, birds):
        first = self.explain(explainer, engine, species, birds, random_state=None)
        state = first.provenance["random_state"]
        again = self.explain(explainer, engine, species, birds, random_state=state)
        np.testing.assert_array_equal(first.array("attribution"), again.array("attribution"))

    def test_cutting_into_blocks_changes_nothing(
        self, explainer, engine, species, birds, capsys, monkeypatch
    ):
        whole = self.explain(explainer, engine, species, birds)
        monkeypatch.setattr(type(explainer), "block_rows", 1)
        cut = self.explain(explainer, engine, species, birds, progress=True)
        assert set(whole.data) == set(cut.data)
        for name in whole.data:
            np.testing.assert_array_equal(whole.array(name), cut.array(name), err_msg=name)
        assert f"{explainer.name}: 100%" in capsys.readouterr().err

    def test_an_instance_keeps_its_answer_when_later_ones_are_left_out(
        self, explainer, engine, species, birds
    ):
        whole = self.explain(explainer, engine, species, birds)
        first = explainer.explain(
            species, birds.iloc[[0, 100]], background=birds, engine=engine, random_state=1
        )
        np.testing.assert_array_equal(whole.array("attribution")[:, :2], first.array("attribution"))


class NoStream(ThreadingBackend):
    """Stands for joblib's multiprocessing backend, which returns everything at once."""

    supports_return_generator = False


@pytest.mark.parametrize("explainer", [LIME, SHAP], ids=["lime", "kernel_shap"])
def test_workers_change_nothing(explainer, mass, birds, monkeypatch):
    monkeypatch.setattr(type(explainer), "block_rows", 1)
    alone = explainer.explain(mass, birds.head(5), background=birds, random_state=0)
    with joblib.parallel_config(backend="threading"):
        threads = explainer.explain(mass, birds.head(5), background=birds, random_state=0, n_jobs=2)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        configured = explainer.explain(mass, birds.head(5), background=birds, random_state=0)
    for result in (threads, configured):
        np.testing.assert_array_equal(result.array("attribution"), alone.array("attribution"))


def test_worker_processes_change_nothing(cloud, wrap_values, monkeypatch):
    monkeypatch.setattr(type(LIME), "block_rows", 1)
    ensemble = wrap_values(lambda rows: rows[:, 0] * rows[:, 1], rows=cloud)
    alone, spread = (
        LIME.explain(ensemble, cloud[:3], background=cloud, random_state=0, n_jobs=n_jobs)
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(spread.array("attribution"), alone.array("attribution"))


def test_a_backend_that_cannot_stream_gives_the_same(cloud, wrap_values, monkeypatch):
    monkeypatch.setattr(type(LIME), "block_rows", 1)
    ensemble = wrap_values(lambda rows: rows[:, 0] * rows[:, 1], rows=cloud)
    alone = LIME.explain(ensemble, cloud[:3], background=cloud, random_state=0)
    with joblib.parallel_config(backend=NoStream(), n_jobs=2):
        spread = LIME.explain(ensemble, cloud[:3], background=cloud, random_state=0)
    np.testing.assert_array_equal(spread.array("attribution"), alone.array("attribution"))


def test_the_cut_is_the_same_for_any_number_of_workers():
    """Searches in float32 differ in the last bit when other rows are asked with theirs."""
    data = xg.datasets.penguins()
    ensemble = xg.SeedEnsemble.train(
        lambda n_inputs, n_outputs: torch.nn.Linear(n_inputs, n_outputs),
        data.X,
        data.y,
        seeds=range(2),
        epochs=3,
    )
    for method in ("counterfactuals", "integrated_gradients"):
        results = [
            xg.explain(ensemble, data.X.iloc[::6], method, background=data.X, random_state=0, **how)
            for how in ({}, {"progress": True}, {"n_jobs": 2})
        ]
        for other in results[1:]:
            xr.testing.assert_equal(other.data, results[0].data)


def test_result_is_labelled_and_tells_where_it_comes_from(species, birds):
    X = birds.iloc[[7, 3]]
    result = SHAP.explain(species, X, background=birds, random_state=9)
    assert result.seeds.tolist() == [3, 4, 5]
    assert result.instances.tolist() == X.index.tolist()
    assert result.features == birds.columns.tolist()
    assert result.outputs == ["Adelie", "Chinstrap", "Gentoo"]
    np.testing.assert_allclose(result.array("prediction"), species.outputs(X))
    np.testing.assert_array_equal(result.array("background"), species.schema.encode(birds))
    provenance = result.provenance
    assert provenance["method"] == "kernel_shap"
    assert provenance["engine"] == "batched"
    assert provenance["random_state"] == 9
    assert provenance["parameters"] == {
        "n_samples": "auto",
        "n_repeats": 1,
        "l1_reg": None,
        "link": "identity",
        "n_background": 10,
        "background_summary": "sample",
        "groups": None,
        "scale": "probability",
    }
    assert provenance["versions"]["shap"] != "not installed"
    assert provenance["ensemble"]["seeds"] == [3, 4, 5]


def test_one_block_s_arrays_without_instances_are_kept_once(species, birds, monkeypatch):
    monkeypatch.setattr(Ours, "block_rows", 1)
    result = Ours().explain(species, birds.head(3), background=birds, progress=True)
    assert result.array("feature_location").shape == (6,)
    assert result.array("attribution").shape == (3, 3, 6, 3)


def test_scale_is_the_ensemble_s_unless_named(species, mass):
    assert resolved_scale(None, species) == "probability"
    assert resolved_scale(None, mass) == "value"
    assert resolved_scale("logit", species) == "logit"


def test_scale_that_the_models_lack_raises(species, birds):
    with pytest.raises(InputError, match=r"Expected a scale that .* got 'logit'"):
        LimeExplainer(scale="logit").explain(species, birds.head(1), background=birds)


def test_missing_background_raises(species, birds):
    with pytest.raises(InputError, match=r"a background for lime, got none. Pass background="):
        LIME.explain(species, birds.head(1))


def test_background_of_another_schema_raises(species, birds):
    with pytest.raises(InputError, match=r"background with the columns .* without 'sex'"):
        LIME.explain(species, birds.head(1), background=birds.drop(columns="sex"))


def test_rows_of_another_schema_raise(species, birds):
    renamed = birds.head(1).rename(columns={"sex": "Sex"})
    with pytest.raises(InputError, match=r"X with the columns .* 'Sex' looks like 'sex'"):
        LIME.explain(species, renamed, background=birds)


def test_unknown_engine_raises(species, birds):
    with pytest.raises(InputError, match="engine to be one of 'batched', 'upstream', got 'fast'"):
        LIME.explain(species, birds.head(1), background=birds, engine="fast")


def test_engine_that_a_method_lacks_raises(species, birds):
    message = r"an engine of ours \(batched\), got 'upstream'. Use engine='batched'"
    with pytest.raises(InputError, match=message):
        Ours().explain(species, birds.head(1), background=birds, engine="upstream")


def test_task_that_a_method_cannot_explain_raises(mass, birds):
    message = "a classification ensemble for ours, got a regression ensemble"
    with pytest.raises(InputError, match=message):
        Ours().explain(mass, birds.head(1), background=birds)


def test_models_that_are_no_ensemble_raise(birds):
    with pytest.raises(InputError, match=r"Expected a SeedEnsemble, got list. Wrap trained models"):
        LIME.explain([len], birds.head(1), background=birds)


@pytest.mark.parametrize("state", [-1, 1.5, True, "0", np.random.default_rng(0)])
def test_random_state_that_is_no_seed_raises(species, birds, state):
    with pytest.raises(InputError, match="random_state to be a non-negative integer or None"):
        LIME.explain(species, birds.head(1), background=birds, random_state=state)


@pytest.mark.parametrize("n_jobs", [0, 1.5, "2", True])
def test_workers_that_are_no_number_raise(species, birds, n_jobs):
    with pytest.raises(InputError, match="n_jobs to be None or a whole number other than 0, got"):
        xg.explain(species, birds.head(2), "lime", background=birds, n_jobs=n_jobs)


@pytest.mark.parametrize("name", ["progress", "overwrite", "share_draws", "sample_around_instance"])
def test_flags_that_are_no_flags_raise(species, birds, name):
    with pytest.raises(InputError, match=f"Expected {name} to be True or False, got 'yes'"):
        xg.explain(species, birds.head(2), "lime", background=birds, **{name: "yes"})


def test_a_store_that_is_no_path_raises(species, birds):
    with pytest.raises(InputError, match="store to be the path of a folder, or None, got 5"):
        xg.explain(species, birds.head(2), "lime", background=birds, store=5)


def test_rows_of_one_label_are_warned_of(species, birds):
    rows = birds.iloc[[0, 1, 0]]
    with pytest.warns(DuplicateLabelsWarning, match=r"several rows: 1, such as 0.*reset_index"):
        found = xg.explain(species, rows, "lime", background=birds, n_samples=50, random_state=0)
    np.testing.assert_array_equal(
        found.array("attribution")[:, 0], found.array("attribution")[:, 2]
    )


def test_methods_that_measure_by_the_background_s_spread_need_some(wrap_values, linear):
    X = np.arange(12.0).reshape(4, 3)
    ensemble = wrap_values(linear((1.0, 2.0, 3.0)), rows=X)
    for background, arrived in ((X[:1], "one row"), (X[[1, 1]], "2 rows that are all equal")):
        for method in ("lime", "anchors", "counterfactuals"):
            how = {"target": (0.0, None)} if method == "counterfactuals" else {}
            with pytest.raises(
                InputError, match=f"two different rows for {method}, .*, got {arrived}"
            ):
                xg.explain(ensemble, X, method, background=background, **how)
        assert xg.explain(ensemble, X, "occlusion", background=background)


def test_which_methods_need_a_spread():
    named = {name for name in EXPLAINERS.builtin if EXPLAINERS.get(name).needs_spread}
    assert named == {
        *("lime", "saliency", "smooth_grad", "anchors", "consensus_anchors"),
        *("counterfactuals", "robust_counterfactuals"),
    }
