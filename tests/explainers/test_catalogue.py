from __future__ import annotations

import pytest

from xaigeo.errors import InputError
from xaigeo.explainers.base import Explainer
from xaigeo.explainers.catalogue import EXPLAINERS


def test_every_name_leads_to_its_class():
    for name in EXPLAINERS:
        kind = EXPLAINERS.get(name)
        assert issubclass(kind, Explainer)
        assert kind.name == name


def test_the_word_of_a_family_names_its_methods():
    with pytest.raises(InputError, match="Did you mean one of 'kernel_shap', 'permutation_shap'"):
        EXPLAINERS.get("shap")


def test_unknown_method_lists_the_known_ones_and_guesses():
    with pytest.raises(InputError, match=r"a known method \(anchors, .*lime.* got 'kernelshap'"):
        EXPLAINERS.get("kernelshap")
    with pytest.raises(InputError, match="Did you mean 'kernel_shap'"):
        EXPLAINERS.get("kernelshap")
