from dataclasses import replace

import numpy as np
import pytest
import vl_convert
import xarray as xr

from xaigeo.checks import Check, beats_random
from xaigeo.errors import InputError
from xaigeo.viz.deletion_curves import (
    deletion_curves,
    deletion_curves_finding,
    deletion_curves_notes,
    deletion_curves_tables,
)


def make_check(kind="deletion", n_seeds=3, *, order="signed", outputs=("a", "b"), **parameters):
    random = np.random.default_rng(0)
    step = np.linspace(0, 1, 5)
    falling = (1 - step) if kind == "deletion" else step
    size = (n_seeds, 4, 1)
    curve = falling**3 + 0.05 * random.random(size)
    drawn = falling + 0.05 * random.random(size)
    area = np.trapezoid(curve, step, axis=-1)
    sign = 1 if kind == "deletion" else -1
    if kind == "insertion":
        curve, drawn = drawn, curve
        area = np.trapezoid(curve, step, axis=-1)
    random_area = area[..., None] + sign * (0.2 + 0.1 * random.random((*size[:2], 6)))
    data = xr.Dataset(
        {
            "curve": (("seed", "instance", "step"), curve),
            "random_curve": (("seed", "instance", "step"), drawn),
            "area": (("seed", "instance"), area),
            "random_area": (("seed", "instance", "draw"), random_area),
        },
        coords={"seed": np.arange(n_seeds) + 7, "instance": np.arange(4), "step": step},
    )
    told = {"order": order, "scale": "probability", "outputs": list(outputs)} | parameters
    return Check(
        kind=kind,
        method="kernel_shap",
        data=data,
        seeds=np.arange(n_seeds) + 7,
        provenance={"parameters": told},
    )


def with_areas(check, change):
    area, drawn = check.array("area").copy(), check.array("random_area").copy()
    change(area, drawn)
    dims = {name: check.data[name].dims for name in ("area", "random_area")}
    data = check.data.assign(area=(dims["area"], area), random_area=(dims["random_area"], drawn))
    return replace(check, data=data)


@pytest.mark.parametrize("kind", ["deletion", "insertion"])
def test_fields_and_numbers(kind, make):
    check = make_check(kind)
    spec = deletion_curves(check).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert set(tables) == {"seeds", "mean", "random"}
    curve, drawn = check.array("curve"), check.array("random_curve")
    for row in tables["seeds"]:
        k, t = int(row["seed"]) - 7, round(4 * float(row["step"]))
        assert float(row["value"]) == pytest.approx(np.mean(curve[k, :, t]), rel=1e-4)
    for t, (mean, random) in enumerate(zip(tables["mean"], tables["random"], strict=True)):
        by_seed = [np.mean(drawn[k, :, t]) for k in range(3)]
        assert float(mean["value"]) == pytest.approx(np.mean(curve[..., t]), rel=1e-4)
        assert float(random["value"]) == pytest.approx(np.mean(by_seed), rel=1e-4)
        assert float(random["low"]) == pytest.approx(min(by_seed), rel=1e-4)
        assert float(random["high"]) == pytest.approx(max(by_seed), rel=1e-4)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_finding_counts_rows():
    check = make_check()
    assert deletion_curves_finding(check) == (
        "Taking features away in the order of Kernel SHAP lowers the output sooner than random "
        "orders for every seed on every row"
    )

    def lose_one(area, drawn):
        drawn[:, 2] = area[:, 2, None] - 0.1

    some = with_areas(check, lose_one)
    assert beats_random(some).sum() == 3
    assert deletion_curves_finding(some).endswith("than random orders for 75% of seeds and rows")

    def lose_all(area, drawn):
        drawn[:] = area[..., None] - 0.1

    assert deletion_curves_finding(with_areas(check, lose_all)).endswith(
        "for no seed on any of 4 rows"
    )
    one = make_check(n_seeds=1)
    assert deletion_curves_finding(one).endswith("than random orders on every row")
    assert deletion_curves_finding(with_areas(one, lose_one)).endswith("on 75% of 4 rows")
    assert deletion_curves_finding(with_areas(one, lose_all)).endswith("on none of 4 rows")
    assert "raises the output sooner" in deletion_curves_finding(make_check("insertion"))
    sizes = make_check(order="absolute")
    assert "changes the output sooner" in deletion_curves_finding(sizes)
    assert "restores the output sooner" in deletion_curves_finding(
        make_check("insertion", order="absolute")
    )


def test_rows_on_which_nothing_moves_are_left_out():
    check = make_check()

    def still(area, drawn):
        area[:, 1] = np.nan
        drawn[:, 1] = np.nan

    some = with_areas(check, still)
    assert deletion_curves_finding(some).endswith("for every seed on every row")
    assert deletion_curves_notes(some)[-1] == "Not counted: 1 row on which all orders do alike."
    tables = deletion_curves_tables(some)
    kept = [0, 2, 3]
    np.testing.assert_allclose(
        tables["mean"]["value"], check.array("curve")[:, kept].mean(axis=(0, 1))
    )

    def first_seed(area, drawn):
        area[0] = np.nan
        drawn[0] = np.nan

    assert set(deletion_curves_tables(with_areas(check, first_seed))["seeds"]["seed"]) == {"8", "9"}

    def all_still(area, drawn):
        area[:] = np.nan
        drawn[:] = np.nan

    none = with_areas(check, all_still)
    assert deletion_curves_finding(none) == "Orders cannot be compared on 4 rows: all do alike"
    assert len(deletion_curves_tables(none)["seeds"]) == 15
    assert deletion_curves(none).to_dict()


def test_one_seed_has_one_line():
    spec = deletion_curves(make_check(n_seeds=1)).to_dict()
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["line", "line"]
    assert spec["title"]["subtitle"][0].startswith("Dark: the seed")


@pytest.mark.parametrize(
    ("check", "title"),
    [
        (make_check(), "Probability of most seeds' answer"),
        (make_check(outputs=["a", "a"]), "Probability of “a”"),
        (make_check(scale="logit"), "Log-odds of most seeds' answer"),
        (make_check(scale="value", outputs=["blood sugar"]), "blood sugar"),
        (make_check(order="absolute"), "Probability: minus its change"),
    ],
)
def test_axis_says_what_is_followed(check, title):
    layer = deletion_curves(check).to_dict()["layer"][-1]
    assert layer["encoding"]["y"]["title"] == title
    assert layer["encoding"]["x"]["title"] == "Features taken away"


def test_lines_fit_a_narrow_chart():
    title = deletion_curves(make_check(), width=350).to_dict()["title"]
    assert all(len(line) < 70 for line in title["text"] + title["subtitle"])


def test_messages(study):
    with pytest.raises(InputError, match="width to be a whole number of at least 120"):
        deletion_curves(make_check(), width=10)
    with pytest.raises(InputError, match="Expected a check of deletion or insertion"):
        deletion_curves(study.by_method["lime"])
    shape = (("seed", "instance"), np.ones((1, 1)))
    other = Check(
        kind="local_fidelity",
        method="lime",
        data=xr.Dataset({"r2": shape, "rmse": shape}, coords={"seed": [0], "instance": [0]}),
        seeds=np.arange(1),
    )
    with pytest.raises(InputError, match="a check of local_fidelity"):
        deletion_curves(other)
