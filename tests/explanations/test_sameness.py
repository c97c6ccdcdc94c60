from __future__ import annotations

from dataclasses import replace

import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo import explain
from xaigeo.errors import InputError
from xaigeo.explanations import check_one_ensemble

SIFA = ("seed", "instance", "feature", "output")


def test_texts_are_told_from_a_table(make_attributions):
    words = explain(linear_text_ensemble(), TEXTS, method="attention")
    with pytest.raises(InputError) as error:
        check_one_ensemble([make_attributions(), words])
    assert str(error.value) == (
        "Expected explanations of one ensemble, got kernel_shap, which is of a table, and "
        "attention, which is of texts. Pass explanations of texts together, those of a table apart."
    )
    with pytest.raises(InputError, match="attention, which is of texts, and kernel_shap, which is"):
        check_one_ensemble([words, make_attributions()])


def test_one_ensemble_is_told_from_another(make_attributions, make_anchors):
    one, same = make_attributions(), make_attributions()
    check_one_ensemble([one, same])
    other = make_attributions(prediction=one.data["prediction"][::-1].variable)
    with pytest.raises(InputError, match=r"predictions at the same rows differ by up to 0"):
        check_one_ensemble([one, other])
    with pytest.raises(InputError, match=r"the same seeds, got \[7, 8, 11\] in kernel_shap and"):
        check_one_ensemble([one, one.sel(seed=[7, 8])])
    hashed = [
        replace(e, provenance=e.provenance | {"ensemble": {"task": e.task, "record": record}})
        for e, record in ((one, {"data_sha256": "a"}), (same, {"data_sha256": "b"}))
    ]
    with pytest.raises(InputError, match="the same data_sha256, got a in kernel_shap and b"):
        check_one_ensemble(hashed)
