from __future__ import annotations

import pytest

import xaigeo as xg
from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers import EXPLAINERS, TEXT_EXPLAINERS
from xaigeo.explainers.named_method import methods_for, named_method


def test_a_name_of_both_kinds_is_one_class_each():
    assert named_method("lime", "tables") is EXPLAINERS.get("lime")
    assert named_method("lime", "texts") is TEXT_EXPLAINERS.get("lime")
    with pytest.raises(InputError, match=r"explained to be one of 'tables', 'texts', got 'words'"):
        methods_for("words")


def test_a_method_for_texts_is_not_one_for_tables(species, birds):
    with pytest.raises(InputError) as error:
        xg.explain(species, birds.head(1), method="attention")
    assert str(error.value) == (
        f"Expected a known method for tables ({', '.join(EXPLAINERS)}), got 'attention', which is "
        "for models of texts. Choose one of the listed methods, or explain models of texts."
    )


def test_a_method_for_tables_is_not_one_for_texts():
    with pytest.raises(InputError) as error:
        xg.explain(linear_text_ensemble(), TEXTS, method="gradient_shap")
    assert str(error.value) == (
        f"Expected a known method for texts ({', '.join(TEXT_EXPLAINERS)}), got 'gradient_shap', "
        "which is for models of tables. Choose one of the listed methods, or explain models of "
        "tables."
    )


def test_an_unknown_method_for_texts():
    with pytest.raises(InputError, match=r"got 'xyz'\. Choose one of the listed methods for texts"):
        xg.explain(linear_text_ensemble(), TEXTS, method="xyz")
    with pytest.raises(InputError, match=r"known method for texts .* Did you mean 'attention'\?"):
        xg.explain(linear_text_ensemble(), TEXTS, method="atention")
