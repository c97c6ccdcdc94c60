"""What the page's script computes is what the geometry of the core computes, table by table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import xaigeo as xg
from tests.drawn_charts import PATIENCE_MS
from xaigeo.geometry import grand_tour, pca_view
from xaigeo.viz.attribution_steps import drawn_steps, step_table
from xaigeo.viz.attribution_strip import feature_labels, majority_output
from xaigeo.viz.map_tables import drawn_tables
from xaigeo.viz.page.tours import MOST_FRAMES, STEP

pytestmark = pytest.mark.browser

KEYS = [
    "layer",
    "seed",
    "predicted",
    "side",
    "order",
    "feature",
    "role",
    "candidate",
    "output",
    "mark",
]
# The scene's scale of arrows is chosen for a small chart; the page's is its own.
SCALED = {"vectors", "ellipse_outlines", "scale_bar"}
NUMBERS = {
    "lines": ["x1", "y1", "x2", "y2", "distance", "local_r2", "resultant_length"],
    "cones": ["x", "y"],
    "normals": ["x", "y", "x2", "y2", "norm", "share_in_view", "cone_degrees"],
    "patches": ["cx", "cy"],
    "vectors": ["x", "y", "x2", "y2", "attribution", "low", "high", "low_x", "high_y"],
    "ellipse_outlines": ["x", "y"],
    "boxes": ["x1", "x2", "y1", "y2", "precision", "coverage", "n_seeds"],
    "box_outlines": ["x", "y"],
    "box_edges": ["x", "y", "x2", "y2"],
    "connectors": [
        "x",
        "y",
        "x2",
        "y2",
        "flip_x",
        "distance",
        "foreshortening",
        "cross_validity",
        "n_changed",
    ],
    "regions": ["x", "y"],
    "coverage_cells": ["x1", "x2", "y1", "y2", "share"],
}
OUTLINES = {
    "ellipse_outlines": ["predicted", "output"],
    "regions": ["kind"],
}
WORDS = {
    "lines": ["boundary", "output"],
    "boxes": ["met", "open_left", "open_top"],
    "box_outlines": ["open"],
    "box_edges": ["open"],
    "connectors": ["target", "valid", "text"],
}


@pytest.fixture(scope="module")
def found(written, chromium):
    """The page's own tables of one row, method and view."""
    page = chromium.new_page(viewport={"width": 1100, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"file://{written}")
    page.wait_for_function("() => document.body.dataset.shown")

    def tables(method, row, **state):
        chosen = {"method": method, "row": row, "seeds": "all", "output": None} | state
        if state.pop("steps", False):
            del chosen["steps"]
            return page.evaluate(
                "async (state) => { await xaigeoReport.choose(state);"
                " return xaigeoReport.stepsOf(state.method); }",
                chosen,
            )
        return page.evaluate(
            "async (state) => { await xaigeoReport.choose(state);"
            " const { tables, limits } = xaigeoReport.drawnTables(); return { tables, limits }; }",
            chosen,
        )

    yield tables
    page.close()


def frame_of(rows):
    return pd.DataFrame(rows).replace({None: np.nan}).infer_objects()


def matched(name, page_rows, scene_table):
    """Return both tables with their rows in one order, that of their keys."""
    mine = frame_of(page_rows)
    keys = [key for key in KEYS if key in scene_table and key in mine]
    if name in ("coverage_cells", "box_edges"):
        keys += [k for k in ("x1", "y1", "x", "y", "x2", "y2") if k in mine and k in scene_table]

    def ordered(table):
        sortable = table.assign(
            **{
                k: table[k].astype(float).round(6)
                if k in ("x1", "y1", "x", "y", "x2", "y2")
                else table[k].astype(object).where(table[k].notna(), "").map(_key)
                for k in keys
            }
        )
        return table.loc[sortable.sort_values(keys, kind="stable").index].reset_index(drop=True)

    return ordered(mine), ordered(scene_table.reset_index(drop=True))


def _key(value):
    return f"{value:09.2f}" if isinstance(value, int | float) else str(value)


def compare(study, scene, got, place):
    """Fail unless the page's tables are the scene's, to what two bytes a number can hold."""
    label = study.X.index[place]
    tables = drawn_tables(scene) | {
        name: getattr(scene, name)
        for name in ("normals", "patches", "box_outlines", "box_edges", "regions")
    }
    compared = set()
    span = np.ptp(np.array(got["limits"]), axis=0).max()
    for name, columns in NUMBERS.items():
        table = scene.coverage_cells if name == "coverage_cells" else tables[name]
        table = table[table["instance"] == label]
        if name not in ("regions", "coverage_cells") and "n_seeds" in table:
            seeds = table["layer"] == "seed" if "layer" in table else False
            table = table[seeds | (table["n_seeds"] > 1)]
        if name == "ellipse_outlines":
            several = scene.ellipses.loc[
                scene.ellipses["n_seeds"] > 1, ["instance", "predicted", "output"]
            ]
            table = table.merge(several.drop_duplicates())
        rows = got["tables"][name]
        if name in OUTLINES:
            # Where an outline starts, and which way round it goes, is nobody's business.
            compare_outlines(rows, table, 3e-4 * span, OUTLINES[name])
            compared |= {name} if len(table) else set()
            continue
        if name == "coverage_cells":  # they are shown for the consensus alone
            continue
        if name == "lines" and not scene.view.shown:
            table = table[~table["boundary"]]  # where there is one, a patch says it all
        assert len(rows) == len(table), name
        if not len(table):
            continue
        compared.add(name)
        mine, theirs = matched(name, rows, table)
        if name == "patches":
            compare_axes(mine, theirs, 3e-4 * span)
        if name == "lines":
            mine, theirs = from_the_left(mine), from_the_left(theirs)
        for column in columns:
            if column not in mine or column not in theirs:
                continue
            a, b = (t[column].to_numpy(dtype=float) for t in (mine, theirs))
            room = (
                span
                if column[0] in "xyf" and column != "foreshortening"
                else np.nanmax(np.abs(b), initial=1.0)
            )
            assert np.allclose(a, b, atol=3e-4 * room, equal_nan=True), (name, column)
        for column in WORDS.get(name, []):
            if column not in mine:  # sides of a box on two columns alone
                continue
            assert mine[column].astype(str).tolist() == theirs[column].astype(str).tolist(), (
                name,
                column,
            )
    return compared


def compare_axes(mine, theirs, most):
    """Fail unless ellipses are the same: their matrices are, whatever their axes' signs."""
    names = [["x_major", "y_major"], ["x_minor", "y_minor"]]
    a, b = (np.stack([t[n].to_numpy(dtype=float) for n in names], axis=1) for t in (mine, theirs))
    spread = [np.einsum("nki,nkj->nij", v, v) for v in (a, b)]
    assert np.abs(spread[0] - spread[1]).max() < most


def from_the_left(lines):
    """Return lines with their ends in one order: which comes first is nobody's business."""
    swapped = lines["x1"].astype(float) > lines["x2"].astype(float)
    ends = lines[["x2", "y2", "x1", "y1"]].to_numpy()
    turned = lines.copy()
    turned[["x1", "y1", "x2", "y2"]] = np.where(
        swapped.to_numpy()[:, None], ends, lines[["x1", "y1", "x2", "y2"]].to_numpy()
    )
    return turned


def compare_outlines(rows, table, most, keys):
    mine = frame_of(rows)
    assert len(mine) > 0 or not len(table)
    if not len(table):
        return
    for frame in (mine, table):
        frame["owner"] = frame[keys].astype(str).agg("|".join, axis=1).str.replace(".0", "")
        frame["owner"] = frame["owner"].str.replace("<NA>", "nan")
    assert set(mine["owner"]) == set(table["owner"])
    for owner, theirs in table.groupby("owner"):
        a = mine.loc[mine["owner"] == owner, ["x", "y"]].to_numpy(dtype=float)
        b = theirs[["x", "y"]].to_numpy(dtype=float)
        apart = np.abs(a[:, None] - b[None]).max(axis=-1)
        assert apart.min(axis=0).max() < most
        assert apart.min(axis=1).max() < most


def scales(study, got):
    """Return the arrow scales that the page's own bars tell, by method, for the scene to use."""
    bars = pd.DataFrame(got["tables"]["scale_bar"])
    if not len(bars):
        return None
    across = bars[bars["axis"] == "x"].iloc[0]
    return across["method"], (across["x2"] - across["x"]) / float(across["label"].split()[0])


METHODS = ("lime", "kernel_shap", "integrated_gradients", "anchors", "counterfactuals")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("place", [0, 2, 3, 5])
def test_two_columns(found, study, make, method, place):
    got = found(METHODS.index(method), place, view="pair", x=0, y=2)
    compare_with_scene(study, got, method, place, make.view)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("place", [1, 3])
def test_principal_components(found, study, method, place):
    got = found(METHODS.index(method), place, view="pca")
    drawn = compare_with_scene(study, got, method, place, pca_view(study.explanations))
    assert drawn >= {
        "lime": {"normals", "cones", "regions"},
        "anchors": {"box_outlines", "box_edges", "regions"},
        "counterfactuals": {"connectors"},
    }.get(method, {"vectors", "ellipse_outlines"})


@pytest.mark.parametrize("method", ["kernel_shap", "anchors"])
def test_a_frame_of_a_tour(found, study, method):
    tour = grand_tour(study.explanations)
    n = min(int(np.ceil(np.degrees(tour.length) / STEP)), MOST_FRAMES)
    k = 7
    got = found(METHODS.index(method), 4, view="tour:0", frame=k)
    view = tour.view(float(np.linspace(0, 1, n)[k]))
    compare_with_scene(study, got, method, 4, view)


def test_between_two_frames_the_plane_stays_orthonormal_and_close(found, study):
    tour = grand_tour(study.explanations)
    n = min(int(np.ceil(np.degrees(tour.length) / STEP)), MOST_FRAMES)
    got = found(1, 4, view="tour:0", frame=7.5)
    axes = pd.DataFrame(got["tables"]["axes"])[["x", "y"]].to_numpy()
    assert np.abs(axes.T @ axes - np.eye(2)).max() < 1e-9
    exact = tour.frame(7.5 / (n - 1))[~study.model.schema.discrete]
    assert np.abs(axes - exact).max() < 2e-3


@pytest.mark.parametrize("method", ["lime", "kernel_shap"])
def test_a_named_answer(found, study, make, method):
    output = study.model.classes[1]
    got = found(METHODS.index(method), 2, view="pair", x=0, y=2, output=1)
    compare_with_scene(study, got, method, 2, make.view, output=output)


def compare_with_scene(study, got, method, place, view, **options):
    explanation = study.by_method[method]
    scale = scales(study, got)
    if scale is not None:
        frame = xg.scene(explanation, view=view, background=False).view
        options["scale"] = {method: scale[1] / float(frame.scale[0])}
    # All explanations give the map its limits, as on the page.
    return compare(study, limited(study, explanation, view, options), got, place)


def limited(study, explanation, view, options):
    from xaigeo.geometry.data_points import DataShadow, view_limits
    from xaigeo.geometry.data_space import DataSpace
    from xaigeo.geometry.marks import marks_of
    from xaigeo.geometry.scene import canvas_for, compose
    from xaigeo.geometry.view import FeaturePair
    from xaigeo.geometry.view_choice import chosen_view

    space = DataSpace.of(study.explanations)
    plane = chosen_view(view, space)
    data = DataShadow(space, study.explanations)
    every = marks_of(study.explanations, space.frame)
    limits = view_limits(data, every, plane)
    if not isinstance(plane, FeaturePair):
        # A plane's limits are a square about the mean, in the page as in an animation.
        reach = options.pop("reach", None) or float(np.abs(limits).max())
        limits = np.array([[-reach, -reach], [reach, reach]])
    own = marks_of([explanation], space.frame, options.get("output"))
    canvas = canvas_for(data, own, plane, limits=limits, scale=options.get("scale"))
    return compose(DataShadow(space, [explanation]), own, canvas)


@pytest.mark.parametrize("place", [0, 3, 5])
def test_steps_from_base_value_to_output(found, study, place):
    shap = study.by_method["kernel_shap"]
    output = majority_output(shap, place)
    drawn = drawn_steps(shap, place, output, feature_labels(shap, place), 10)
    theirs = step_table(drawn)
    mine = pd.DataFrame(
        found(METHODS.index("kernel_shap"), place, view="pair", x=0, y=2, steps=True)
    )
    for name in ("label", "next", "kind", "written"):
        assert mine[name].tolist() == theirs[name].tolist(), name
    for name in ("start", "end", "value", "low", "high", "low_end", "high_end"):
        assert np.allclose(mine[name], theirs[name], atol=1e-4), name


@pytest.mark.parametrize("place", [0, 3])
def test_the_rows_that_obey_each_rule(found, study, make, place):
    members = xg.scene(study.by_method["anchors"], view=make.view).box_members
    members = members[members["instance"] == study.X.index[place]]
    for seed, rows in members[members["layer"] == "seed"][["seed", "background_rows"]].to_numpy():
        state = {"view": "pair", "x": 0, "y": 2, "seeds": str(seed)}
        points = found(METHODS.index("anchors"), place, **state)["tables"]["points"]
        assert [k for k, point in enumerate(points) if point["member"]] == list(rows)
