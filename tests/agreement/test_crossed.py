import numpy as np
import pytest

from xaigeo.agreement.crossed import CrossedAttributions
from xaigeo.errors import InputError


@pytest.fixture
def crossed(rng):
    return CrossedAttributions(
        values=rng.normal(size=(3, 2, 4, 5)),
        factors=("seed", "method"),
        levels={"method": ("lime", "kernel_shap")},
        k=2,
        sizes=True,
    )


def test_levels_and_features_have_names(crossed):
    assert crossed.levels == {"seed": (0, 1, 2), "method": ("lime", "kernel_shap")}
    assert crossed.features == ("x0", "x1", "x2", "x3", "x4")
    assert (crossed.n_runs, crossed.n_instances, crossed.n_features) == (6, 4, 5)
    assert crossed.methods == ["lime", "kernel_shap"]


def test_one_method_alone(crossed):
    one = crossed.of_method(1)
    assert one.methods == ["kernel_shap"]
    assert one.factors == ("seed",)
    assert one.k == 2
    np.testing.assert_array_equal(one.values, crossed.values[:, 1])
    assert one.of_method(0) is one
    # Signs are kept within a method, and left out between methods.
    assert (one.scaled("none") < 0).any()
    assert not (crossed.scaled("none") < 0).any()


@pytest.mark.parametrize(("scale", "power"), [("unit_norm", 2), ("share", 1)])
def test_scales(rng, scale, power):
    values = 1e-170 * rng.normal(size=(3, 4, 5))  # their squares are 0
    values[1, 2] = 0.0
    found = CrossedAttributions(values=values, factors=("seed",)).scaled(scale)
    length = (np.abs(found) ** power).sum(axis=-1)
    assert length[1, 2] == 0
    np.testing.assert_allclose(np.delete(length, 6), 1.0)
    np.testing.assert_array_equal(np.sign(found), np.sign(values))


def test_messages(rng, crossed):
    values = rng.normal(size=(3, 2, 4, 5))

    def make(given=values, factors=("a", "b"), **more):
        return CrossedAttributions(values=given, factors=factors, **more)

    with pytest.raises(InputError, match=r"one axis for each factor.*got 4 axes and 1 factors"):
        make(factors=("a",))
    with pytest.raises(InputError, match=r"named once \(a, a\), got a twice"):
        make(factors=("a", "a"))
    with pytest.raises(InputError, match="got levels of c"):
        make(levels={"c": [0]})
    with pytest.raises(InputError, match="at least two levels of 'b', to see what it changes"):
        make(values[:, :1])
    with pytest.raises(InputError, match="3 names for the levels of 'a', as values has, got 2"):
        make(levels={"a": "xy"})
    with pytest.raises(InputError, match="5 names of features, as values has, got 1"):
        make(features=["one"])
    with pytest.raises(InputError, match="at least one instance and two features, got 0 and 5"):
        make(values[:, :, :0])
    broken = values.copy()
    broken[0, 0, 0, 0] = np.nan
    with pytest.raises(InputError, match="attributions that are finite, got 1 that are not"):
        make(broken)
    with pytest.raises(InputError, match="scale to be one of 'unit_norm'"):
        crossed.scaled("norm")
    with pytest.raises(InputError, match="a factor beside the method, got 'method' alone"):
        CrossedAttributions(values=values[0], factors=("method",)).of_method(0)
