"""Charts that carry their look and can still be joined by `|`, `&` and `+`.

Altair refuses to join charts that hold a configuration. Here the configuration is written only
when a chart is turned into a specification, by the outermost chart, so parts stay free of it.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

import altair as alt

from xaigeo.viz.theme import theme_config
from xaigeo.viz.tour_timer import with_timer

Chart = TypeVar("Chart")


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
        return themed(super().__add__(other))  # type: ignore[misc]

    def __or__(self, other: Any) -> Any:
        return themed(super().__or__(other))  # type: ignore[misc]

    def __and__(self, other: Any) -> Any:
        return themed(super().__and__(other))  # type: ignore[misc]


class ThemedChart(_Themed, alt.Chart):
    """One view."""


class ThemedLayerChart(_Themed, alt.LayerChart):
    """Layers of one view."""


class ThemedHConcatChart(_Themed, alt.HConcatChart):
    """Charts side by side."""


class ThemedVConcatChart(_Themed, alt.VConcatChart):
    """Charts one below the other."""


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
    made = chart.copy(deep=False)  # type: ignore[attr-defined]
    object.__setattr__(made, "__class__", THEMED[type(chart)])
    return cast(Chart, made)
