"""What a reader of the explanation map can choose, and what each choice hides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import altair as alt
import pandas as pd

from xaigeo.viz.map_layers import MARK_TABLES, MORE_COLUMNS
from xaigeo.viz.map_words import ALL, method_title
from xaigeo.viz.records import plain

if TYPE_CHECKING:
    from xaigeo.geometry import Scene

Tables = dict[str, pd.DataFrame]
SHOWN: Final = ("seeds and consensus", "consensus", "seeds")


@dataclass(frozen=True, eq=False)
class Controls:
    """What the reader of a map can choose.

    Attributes
    ----------
    picked : Parameter or None
        The instance, by click or from a list; None where one alone is drawn.
    method, layer : Parameter or None
        Which of several methods, and seeds, consensus or both; None where there is no choice.
    name : str
        Name of the view of instances, like those of the parameters no other map's.
    """

    picked: alt.Parameter | None
    method: alt.Parameter | None
    layer: alt.Parameter | None
    name: str

    @classmethod
    def of(cls, scene: Scene, tables: Tables, first: Any, salt: str) -> Controls:
        """Return the controls of a scene's map, named by what it draws."""
        labels = [plain(label) for label in scene.instances["instance"]]
        methods = tables_methods(scene, tables)
        # Altair joins charts only if their views and selections have names of their own; it
        # names views of layers by their layer, and takes what follows a "_" for its own number.
        drawn = json.dumps([salt, repr(scene), repr(scene.view.projection), methods, labels, first])
        digest = hashlib.sha256(f"{drawn}{scene.limits.to_json()}".encode()).hexdigest()[:8]
        picked = alt.selection_point(
            name=f"pick{digest}",
            fields=["instance"],
            value=[{"instance": first}],
            on="click",
            toggle=False,
            clear=False,
            empty=False,
            bind=alt.binding_select(options=labels, name="Row "),
        )
        return cls(
            picked, method_choice(methods), layer_choice(several_seeds(scene)), f"rows{digest}"
        )

    @property
    def variables(self) -> list[alt.Parameter]:
        """The choices that are no selections."""
        return [one for one in (self.method, self.layer) if one is not None]

    def at_row(self, chart: alt.Chart) -> alt.Chart:
        """Return a layer of the chosen instance alone."""
        return chart if self.picked is None else chart.transform_filter(self.picked)

    def keep(self, chart: alt.Chart, columns: Sequence[str], *, summary: bool = False) -> alt.Chart:
        """Return a layer with the filters of all that its columns tell apart.

        `summary` says that it shows a consensus without a column `layer`.
        """
        if self.method is not None and "method" in columns:
            name = self.method.name
            chart = chart.transform_filter(f"{name} === '{ALL}' || datum.method === {name}")
        if "instance" in columns:
            chart = self.at_row(chart)
        if self.layer is None:
            return chart
        name = self.layer.name
        if "layer" in columns:
            own = f"({name} === 'seeds') === (datum.layer === 'seed')"
            return chart.transform_filter(f"{name} === '{SHOWN[0]}' || {own}")
        return chart.transform_filter(f"{name} !== 'seeds'") if summary else chart


def tables_methods(scene: Scene, tables: Tables) -> list[str]:
    """Return the methods whose marks the tables hold, in the order in which they were given."""
    marks = [name for name in tables if name in (*MARK_TABLES, *MORE_COLUMNS)]
    # Where it looked is no explanation of a row.
    seen = {
        method
        for name in marks
        if name not in ("regions", "scale_bar") and "method" in tables[name]
        for method in tables[name]["method"]
    }
    return [mark.method for mark in scene.marks if mark.method in seen]


def several_seeds(scene: Scene) -> bool:
    """Whether there is a consensus to draw."""
    return any(len(mark.seeds) > 1 for mark in scene.marks)


def method_choice(methods: Sequence[str]) -> alt.Parameter | None:
    """Return the list of methods, if there are several."""
    if len(methods) < 2:
        return None
    labels = [method_title(method) for method in methods]
    return alt.param(
        value=methods[0],
        bind=alt.binding_select(options=[*methods, ALL], labels=[*labels, ALL], name="Method "),
    )


def layer_choice(several: bool) -> alt.Parameter | None:
    """Return the choice of seeds, consensus or both, if there are several seeds."""
    if not several:
        return None
    return alt.param(value=SHOWN[0], bind=alt.binding_radio(options=list(SHOWN), name="Marks "))
