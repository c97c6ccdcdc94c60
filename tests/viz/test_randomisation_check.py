import numpy as np
import pytest
import vl_convert
import xarray as xr

from xaigeo.checks import Check
from xaigeo.errors import InputError
from xaigeo.viz.randomisation_check import randomisation_check

SEEDS = (3, 5, 8)


def made(
    *, mode="cascading", layers=("2", "0", "all"), kinds=("Linear", "Tanh"), n_seeds=3,
    floor=True, control=True, **changes,
):  # fmt: skip
    rng = np.random.default_rng(0)
    rank = rng.uniform(-0.2, 0.9, (n_seeds, 6, len(layers)))
    rank[0, 1] = np.nan
    shape = ("seed", "instance")
    arrays = {"rank_correlation": ((*shape, "layer"), rank)}
    if floor:
        arrays["between_random"] = (shape, rng.uniform(0.1, 0.3, (n_seeds, 6)))
    if control:
        arrays["self_correlation"] = (shape, rng.uniform(0.9, 1.0, (n_seeds, 6)))
    arrays |= {n: (arrays[n][0], v) for n, v in changes.items()}
    data = xr.Dataset(
        arrays,
        coords={"seed": list(SEEDS[:n_seeds]), "instance": np.arange(6), "layer": list(layers)},
    )
    parameters = {"mode": mode, "layers": dict(zip(layers, kinds, strict=False))}
    return Check(
        kind="randomisation",
        method="kernel_shap",
        data=data,
        seeds=np.array(SEEDS[:n_seeds]),
        provenance={"parameters": parameters},
    )


def words(spec):
    return " ".join(spec["title"]["text"]), " ".join(spec["title"]["subtitle"])


def test_fields_and_numbers(make):
    check = made()
    spec = randomisation_check(check, limits=(0.2, 0.5)).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    drawn = {(row["label"], row["seed"]): row["correlation"] for row in tables["seeds"]}
    rank, own = check.array("rank_correlation"), check.array("self_correlation")
    assert len(drawn) == 9
    for k, seed in enumerate(SEEDS):
        assert drawn["none", str(seed)] == pytest.approx(own[k].mean(), rel=1e-4)
        for place, step in enumerate(("2 · Linear", "0 · Tanh")):
            by_loop = [value for value in rank[k, :, place] if not np.isnan(value)]
            assert drawn[step, str(seed)] == pytest.approx(np.mean(by_loop), rel=1e-4)
    for row in tables["mean"]:
        each = [value for (step, _), value in drawn.items() if step == row["label"]]
        assert row["correlation"] == pytest.approx(np.mean(each), rel=1e-3)
    assert [row["label"] for row in tables["mean"]] == ["none", "2 · Linear", "0 · Tanh"]
    # What random models share by row first, as it is judged.
    shared = check.array("between_random").mean()
    assert tables["between"][0]["correlation"] == pytest.approx(shared, rel=1e-4)
    assert [row["correlation"] for row in tables["limits"]] == [0.2, 0.5]
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_words():
    check = made()
    text, notes = words(randomisation_check(check, limits=(0.5, 0.2)).to_dict())
    by_row = [np.nanmean(check.array("rank_correlation")[:, i, -1]) for i in range(6)]
    value, floor = np.mean(by_row), check.array("between_random").mean()
    assert text == (
        f"Kernel SHAP keeps a rank correlation of {value:.2f} when all layers are random, against "
        f"{floor:.2f} between two random models"
    )
    assert "mean over 6 rows" in notes
    assert "Dotted: 0.2 and 0.5." in notes
    assert "None: the explanation and itself by another explainer seed." in notes
    assert "Grey: one seed. Dark: mean." in notes


@pytest.mark.parametrize("shared", [-0.002, 0.002])
def test_a_zero_has_no_sign(shared):
    text, _ = words(randomisation_check(made(between_random=np.full((3, 6), shared))).to_dict())
    assert text.endswith("against 0.00 between two random models")


def test_noise_is_named_in_the_title():
    alike = np.full((3, 6), 0.107)
    check = made(rank_correlation=np.full((3, 6, 3), 0.106), self_correlation=alike)
    text, notes = words(randomisation_check(check).to_dict())
    assert text == (
        "Kernel SHAP does not even resemble itself: its rank correlation by another explainer seed "
        "is 0.11, and 0.11 when all layers are random"
    )
    assert "Dashed: what two models that learnt nothing share." in notes


def test_single_layers_are_not_joined(make):
    check = made(mode="independent")
    spec = randomisation_check(check).to_dict()
    steps = [row["label"] for row in make.tables_of(spec)["mean"]]
    assert steps == ["none", "2 · Linear", "0 · Tanh", "all"]
    marks = [unit["mark"]["type"] for unit in make.units_of(spec)]
    assert "line" not in marks
    assert "line" in [
        u["mark"]["type"] for u in make.units_of(randomisation_check(made()).to_dict())
    ]


def test_shuffled_labels_of_one_seed_without_references(make):
    check = made(
        mode="labels", layers=("labels",), kinds=(), n_seeds=1, floor=False, control=False,
        rank_correlation=np.full((1, 6, 1), -0.25),
    )  # fmt: skip
    spec = randomisation_check(check, width=300).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    text, notes = words(spec)
    assert text == "Kernel SHAP keeps a rank correlation of −0.25 when labels are shuffled"
    assert "Dark: the one seed." in notes
    assert "Dashed" not in notes
    assert "None" not in notes
    domain = spec["layer"][-1]["encoding"]["y"]["scale"]["domain"]
    assert domain == pytest.approx([-0.28, 1.0])
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_nothing_defined():
    check = made(rank_correlation=np.full((3, 6, 3), np.nan), control=False, floor=False)
    text, _ = words(randomisation_check(check).to_dict())
    assert text == (
        "No rank correlation of Kernel SHAP is defined when all layers are random: attributions "
        "are equal"
    )


def test_labels_that_do_not_fit(make):
    names = tuple(f"blocks.{k}.attention.projection" for k in range(30))
    check = made(layers=(*names, "all"), kinds=("Linear",) * 30)
    for width in (420, 300):
        spec = randomisation_check(check, width=width).to_dict()
        axis = spec["layer"][-1]["encoding"]["x"]["axis"]
        assert axis["labelAngle"] == -90
        # A line of every name fits 420 pixels, but not 300.
        assert axis["labelOverlap"] is (width == 300)
        assert "truncate" in axis["labelExpr"]
        assert vl_convert.vegalite_to_svg(spec).startswith("<svg")
    short = made(layers=(*map(str, range(17)), "all"), kinds=("BatchNorm1d",) * 17)
    axis = randomisation_check(short).to_dict()["layer"][-1]["encoding"]["x"]["axis"]
    assert axis["labelAngle"] == 0
    assert axis["labelExpr"].endswith("[0]")


def test_messages():
    with pytest.raises(InputError, match="a check of the kind 'randomisation', got ndarray"):
        randomisation_check(np.ones(3))
    for limits in ((2,), ("0.2",), (float("nan"),)):
        with pytest.raises(InputError, match="limits to be correlations from -1 to 1"):
            randomisation_check(made(), limits=limits)
    with pytest.raises(InputError, match="width"):
        randomisation_check(made(), width=10)
    data = xr.Dataset(
        {name: (("seed", "instance"), np.ones((1, 1))) for name in ("largest", "mean")},
        coords={"seed": [0], "instance": [5]},
    )
    other = Check(kind="sensitivity", method="lime", data=data, seeds=np.array([0]))
    with pytest.raises(InputError, match="got one of 'sensitivity'"):
        randomisation_check(other)


def test_charts_can_be_joined():
    spec = (randomisation_check(made()) | randomisation_check(made(mode="independent"))).to_dict()
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")
