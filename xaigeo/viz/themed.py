"""Charts that carry their look and can still be joined by `|`, `&` and `+`.

Altair refuses to join charts that hold a configuration. Here the configuration is written only
when a chart is turned into a specification, by the outermost chart, so parts stay free of it.

`|` and `&` join any charts, each of which keeps its own colours, sizes and legends. `+` lays
charts over one another that have the same axes, such as lines of your own over one of ours.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar, cast

import altair as alt

from xaigeo.errors import InputError
from xaigeo.viz.theme import theme_config
from xaigeo.viz.tour_timer import with_timer

Chart = TypeVar("Chart")

# What Vega-Lite would share between charts that stand side by side; x and y it does not share.
OWN: Final = (
    "angle",
    "color",
    "fill",
    "fillOpacity",
    "opacity",
    "shape",
    "size",
    "stroke",
    "strokeDash",
    "strokeOpacity",
    "strokeWidth",
    "xOffset",
    "yOffset",
)


class _Themed:
    """The look of this library, for one class of Altair's charts."""

    def to_dict(self, *args: Any, context: dict[str, Any] | None = None, **options: Any) -> Any:
        spec = super().to_dict(*args, context=context, **options)  # type: ignore[misc]
        if not (context or {}).get("top_level", True):
            # marimo writes `usermeta` on a chart that it shows; Altair lets no part have it.
            return {key: value for key, value in spec.items() if key != "usermeta"}
        if options.get("format") == "vega":
            return spec
        return with_timer(spec | {"config": spec.get("config", {}) | theme_config()})

    def __add__(self, other: Any) -> Any:
        _check_layers(self, other)
        try:
            return themed(super().__add__(other))  # type: ignore[misc]
        except (TypeError, ValueError) as error:
            raise _unlike(str(error)) from error

    def __or__(self, other: Any) -> Any:
        return _joined(JoinedHConcatChart, "hconcat", self, other)

    def __and__(self, other: Any) -> Any:
        return _joined(JoinedVConcatChart, "vconcat", self, other)


class ThemedChart(_Themed, alt.Chart):
    """One view."""


class ThemedLayerChart(_Themed, alt.LayerChart):
    """Layers of one view."""


class ThemedHConcatChart(_Themed, alt.HConcatChart):
    """Charts side by side."""


class ThemedVConcatChart(_Themed, alt.VConcatChart):
    """Charts one below the other."""


class JoinedHConcatChart(ThemedHConcatChart):
    """What `|` makes; one more chart joins its row."""

    def __or__(self, other: Any) -> Any:
        _check_part(other)
        return alt.HConcatChart.__or__(self, other)


class JoinedVConcatChart(ThemedVConcatChart):
    """What `&` makes; one more chart joins its column."""

    def __and__(self, other: Any) -> Any:
        _check_part(other)
        return alt.VConcatChart.__and__(self, other)


class ThemedConcatChart(_Themed, alt.ConcatChart):
    """Charts in rows that wrap."""


class ThemedFacetChart(_Themed, alt.FacetChart):
    """One chart for each value of a field."""


THEMED: dict[type, type] = {
    one.__mro__[2]: one
    for one in (
        ThemedChart,
        ThemedLayerChart,
        ThemedHConcatChart,
        ThemedVConcatChart,
        ThemedConcatChart,
        ThemedFacetChart,
    )
}


def themed(chart: Chart) -> Chart:
    """Return the chart with the look of this library.

    The look travels with the chart: no global state is set, and charts can still be joined. What
    is joined has the look if its first chart has it; give it to any other with this function.

    Examples
    --------
    >>> import altair as alt
    >>> dot = themed(alt.Chart(alt.NamedData("dots")).mark_point())
    >>> sorted((dot | dot).to_dict()["config"])[:3]
    ['axis', 'background', 'font']
    """
    if isinstance(chart, _Themed):
        return chart
    if type(chart) not in THEMED:
        raise InputError(
            expected="an Altair chart",
            arrived=type(chart).__name__,
            do="Pass what alt.Chart(...) or a function of xaigeo.viz returns.",
        )
    made = chart.copy(deep=False)  # type: ignore[attr-defined]
    object.__setattr__(made, "__class__", THEMED[type(chart)])
    return cast(Chart, made)


def _joined(kind: type[Any], name: str, first: Any, other: Any) -> Any:
    """Return charts in a row or a column, none of which shares a scale with another.

    A chart that is a concat itself becomes one part, so that its own parts go on sharing.
    """
    _check_part(other)
    made = kind(**{name: [first, other]})
    return made.resolve_scale(**dict.fromkeys(OWN, "independent"))


def _check_part(chart: Any) -> None:
    if not isinstance(chart, alt.TopLevelMixin):
        raise InputError(
            expected="charts on both sides of | and &",
            arrived=type(chart).__name__,
            do="Join what functions of xaigeo.viz return, or charts of Altair.",
        )


def _check_layers(first: Any, other: Any) -> None:
    """Raise where Vega cannot draw one over the other, and would tell so late or in riddles."""
    for chart in (first, other):
        if not isinstance(chart, alt.Chart | alt.LayerChart):
            raise _unlike(f"a {type(chart).__name__}")
    if _has_params(first) and _has_params(other):
        raise _unlike("two charts with selections or sliders")
    for side in ("width", "height"):
        sizes = [size for chart in (first, other) if (size := _size(chart, side)) is not None]
        if len(sizes) == 2 and sizes[0] != sizes[1]:
            raise _unlike(f"charts of {side} {sizes[0]} and {sizes[1]}")


def _has_params(chart: Any) -> bool:
    own = chart._kwds.get("params", alt.Undefined)
    layers = chart._kwds.get("layer", [])
    return bool(own is not alt.Undefined and own) or any(_has_params(one) for one in layers)


def _size(chart: Any, side: str) -> Any:
    size = chart._kwds.get(side, alt.Undefined)
    if size is alt.Undefined:
        return None
    return size.to_dict() if isinstance(size, alt.SchemaBase) else size


def _unlike(arrived: str) -> InputError:
    return InputError(
        expected="two single charts with the same axes and size, one of them without selections",
        arrived=arrived,
        do="Join charts with | (side by side) or & (one below the other); + lays them over "
        "one another.",
    )
