from __future__ import annotations

import pytest

from xaigeo.errors import InputError
from xaigeo.explainers.base import Explainer
from xaigeo.explainers.catalogue import EXPLAINERS, describe_methods


def test_every_name_leads_to_its_class():
    for name in EXPLAINERS:
        kind = EXPLAINERS.get(name)
        assert issubclass(kind, Explainer)
        assert kind.name == name


def test_unknown_method_lists_the_known_ones_and_guesses():
    with pytest.raises(InputError, match=r"a known method \(anchors, .*lime.* got 'kernelshap'"):
        EXPLAINERS.get("kernelshap")
    with pytest.raises(InputError, match="Did you mean 'kernel_shap'"):
        EXPLAINERS.get("kernelshap")


def test_description_has_a_row_per_method_with_its_parameters():
    table = describe_methods().set_index("method")
    assert table.index.tolist() == EXPLAINERS.names()
    assert "n_samples=5000" in table.loc["lime", "parameters"]
    assert table.loc["kernel_shap", "engines"] == "batched, upstream"
    assert table["summary"].str.endswith(".").all()
