import numpy as np
import pytest

from xaigeo.agreement.completeness import completeness_gap
from xaigeo.errors import InputError

SHAPE = ("seed", "instance", "output")


def additive(make_attributions, **changes):
    explanation = make_attributions()
    value = explanation.array("base_value") + explanation.array("attribution").sum(axis=2)
    return make_attributions(
        attribution=explanation.data["attribution"],
        base_value=explanation.data["base_value"],
        explained_value=(SHAPE, value + changes.get("gap", 0.0)),
    )


def test_nothing_is_left_of_sums(make_attributions):
    assert not completeness_gap(additive(make_attributions)).any()


def test_against_a_loop(make_attributions):
    gap = np.random.default_rng(3).normal(size=(3, 4, 2))
    explanation = additive(make_attributions, gap=gap)
    absolute = completeness_gap(explanation, relative=False)
    relative = completeness_gap(explanation)
    base, value = explanation.array("base_value"), explanation.array("explained_value")
    values = explanation.array("attribution")
    for k in range(3):
        for o in range(2):
            unit = max(abs(value[k, i, o] - base[k, i, o]) for i in range(4))
            for i in range(4):
                left = abs(base[k, i, o] + sum(values[k, i, :, o]) - value[k, i, o])
                assert absolute[k, i, o] == pytest.approx(left)
                assert relative[k, i, o] == pytest.approx(left / unit)


def test_messages(make_attributions, make_anchors):
    with pytest.raises(InputError, match="attributions with a base value and an explained value"):
        completeness_gap(make_attributions())
    with pytest.raises(InputError, match="anchors"):
        completeness_gap(make_anchors())
    with pytest.raises(InputError, match="relative to be True or False"):
        completeness_gap(make_attributions(), relative="no")
