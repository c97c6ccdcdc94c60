"""Every chart that takes a width refuses one in which nothing can be read."""

import inspect

import numpy as np
import pytest

from xaigeo import viz
from xaigeo.errors import InputError
from xaigeo.viz.chart_size import NARROWEST, check_width

CHARTS = [
    name
    for name in viz.__all__
    if name != "save"
    and inspect.isfunction(getattr(viz, name))
    and "width" in inspect.signature(getattr(viz, name)).parameters
]


@pytest.mark.parametrize("width", [NARROWEST, 640, np.int64(300)])
def test_whole_numbers_pass(width):
    check_width(width)


@pytest.mark.parametrize("width", [10, -5, 0, "a", 300.5, None, True])
def test_other_widths_raise(width):
    with pytest.raises(InputError) as told:
        check_width(width)
    assert str(told.value) == (
        f"Expected width to be a whole number of at least {NARROWEST}, got {width!r}. "
        f"Pass a number such as width={NARROWEST}."
    )


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("width", [10, -5, "a"])
def test_every_chart_checks_its_width(name, width, study, the_scene):
    chart = getattr(viz, name)
    needed = [
        p for p in inspect.signature(chart).parameters.values() if p.default is inspect._empty
    ]
    # A map asks for a scene before it looks at the size; the others look at the size first.
    given = [the_scene if name == "explanation_map" else None for _ in needed]
    with pytest.raises(InputError, match=f"Expected width to be a whole number .* got {width!r}"):
        chart(*given, width=width)


def test_all_charts_are_tested():
    assert len(CHARTS) > 30
