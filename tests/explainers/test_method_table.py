from __future__ import annotations

import importlib
import sys

import pytest

import xaigeo as xg
from xaigeo import cli
from xaigeo.errors import InputError
from xaigeo.explainers import EXPLAINERS, TEXT_EXPLAINERS, describe_methods
from xaigeo.explainers.method_table import methods_text
from xaigeo.runs import config_from_dict, run

PLUGIN = '''
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xaigeo.explainers import Explainer
from xaigeo.explanations import Attributions


@dataclass(frozen=True, kw_only=True)
class DeviationExplainer(Explainer):
    """How far each column lies from its mean, times `factor`."""

    factor: float = 1.0
    scale: None = None
    name: ClassVar[str] = "deviation"
    result: ClassVar[type[Attributions]] = Attributions
    engines: ClassVar[tuple[str, ...]] = ("batched",)
    packages: ClassVar[tuple[str, ...]] = ("numpy", "a-package-nobody-has")
    models: ClassVar[str] = "models of any kind"

    def explain_batched(self, block):
        away = self.factor * (block.rows - block.background.location)
        shape = (block.ensemble.n_seeds, *away.shape, block.ensemble.n_outputs)
        return {"attribution": np.broadcast_to(away[None, :, :, None], shape)}
'''


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Two methods of another package, of which one cannot be loaded, as if installed."""
    (tmp_path / "xaigeo_deviation.py").write_text(PLUGIN)
    info = tmp_path / "xaigeo_deviation-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: xaigeo-deviation\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[xaigeo.explainers]\n"
        "deviation = xaigeo_deviation:DeviationExplainer\n"
        "broken = xaigeo_deviation_2:Explainer\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield
    EXPLAINERS._entries.pop("deviation", None)
    sys.modules.pop("xaigeo_deviation", None)


def test_a_row_per_method_with_what_it_needs():
    table = describe_methods().set_index("method")
    assert table.index.tolist() == EXPLAINERS.names()
    assert "n_samples=5000" in table.loc["lime", "parameters"]
    assert table.loc["kernel_shap", "engines"] == "batched, upstream"
    assert table.loc["kernel_shap", "models"] == "any"
    assert table.loc["tree_shap", "models"] == "tree ensembles"
    assert table.loc["linear_shap", "models"] == "linear models"
    assert table.loc["integrated_gradients", "models"] == "torch networks"
    assert table.loc["integrated_gradients", "needs_gradients"]
    assert table.loc["anchors", "result"] == "anchors"
    assert (table["missing"] == "").all()
    assert table["summary"].str.endswith(".").all()
    assert "ranges={}" in table.loc["counterfactuals", "parameters"]
    assert not table["parameters"].str.contains("object at").any()


@pytest.mark.usefixtures("plugin")
def test_another_package_s_method_is_listed_and_used(species, birds, capsys):
    row = describe_methods().set_index("method").loc["deviation"]
    assert row["summary"] == "How far each column lies from its mean, times `factor`."
    assert row["missing"] == "a-package-nobody-has"
    assert cli.main(["methods"]) == 0
    shown = capsys.readouterr().out
    assert "\ndeviation " in shown
    assert "a-package-nobody-has (not installed)" in " ".join(shown.split())
    found = xg.explain(species, birds.head(2), "deviation", background=birds, factor=2.0)
    expected = 2 * (birds["body_mass_g"].iloc[1] - birds["body_mass_g"].mean())
    assert found.data["attribution"].sel(feature="body_mass_g")[0, 1, 0] == pytest.approx(expected)
    with pytest.raises(xg.InputError, match=r"arguments known to method 'deviation' \(factor"):
        xg.explain(species, birds.head(2), "deviation", background=birds, factors=2.0)


@pytest.mark.usefixtures("plugin")
def test_a_method_that_cannot_be_loaded_is_told_and_stops_no_other():
    table = describe_methods().set_index("method")
    assert "Cannot be loaded: ModuleNotFoundError" in table.loc["broken", "summary"]
    assert "Cannot be loaded" in methods_text(table.reset_index())
    assert table.loc["lime", "summary"]


@pytest.mark.usefixtures("plugin")
def test_another_package_s_method_runs_from_a_configuration(tmp_path):
    config = config_from_dict(
        {
            "output": str(tmp_path / "out"),
            "seeds": 2,
            "data": {"dataset": "penguins"},
            "model": {"hidden": [4], "epochs": 3},
            "explain": {
                "methods": ["deviation"],
                "n_instances": 3,
                "noise_repeats": 0,
                "rerun": False,
                "parameters": {"deviation": {"factor": 3.0}},
            },
        }
    )
    explanations, _ = run(config).load()
    assert explanations["deviation"].provenance["parameters"]["factor"] == 3.0


def test_the_text_fits_a_terminal():
    text = methods_text(describe_methods())
    assert max(map(len, text.splitlines())) <= 100
    for name in EXPLAINERS:
        assert f"\n{name} " in text


def test_methods_for_texts_have_a_table_of_their_own(capsys):
    table = describe_methods("texts").set_index("method")
    assert table.index.tolist() == TEXT_EXPLAINERS.names()
    assert (table["result"] == "token_attributions").all()
    assert table["models"].str.startswith("text models").all()
    assert table["summary"].str.endswith(".").all()
    assert "attention" not in describe_methods()["method"].tolist()
    assert cli.main(["methods", "attention", "--texts"]) == 0
    assert "rollout" in capsys.readouterr().out
    assert cli.main(["methods", "--texts"]) == 0
    assert "\nattention " in capsys.readouterr().out


def test_what_is_explained_is_tables_or_texts():
    with pytest.raises(InputError, match=r"Expected explained to be one of 'tables', 'texts'"):
        describe_methods("images")
