from __future__ import annotations

from dataclasses import replace

import pytest

from xaigeo.errors import InputError
from xaigeo.explanations import check_one_ensemble

SIFA = ("seed", "instance", "feature", "output")


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
