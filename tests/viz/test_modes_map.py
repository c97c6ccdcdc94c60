import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.geometry.modes import Modes, explanatory_modes
from xaigeo.viz.modes_map import modes_finding, modes_map, modes_tables


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def modes_of(explanation, labels, **changed):
    """Modes with given labels, by the distances of all attributions."""
    values = explanation.array("attribution").reshape(len(explanation.seeds), -1)
    distances = np.linalg.norm(values[:, None] - values[None], axis=-1)
    labels = np.asarray(labels)
    centred = values - values.mean(axis=0)
    u, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    medoids = []
    for label in range(labels.max() + 1):
        own = np.flatnonzero(labels == label)
        medoids.append(own[distances[np.ix_(own, own)].sum(axis=0).argmin()])
    fields = {
        "p_value": 0.013,
        "tested": True,
        "places": (u * sizes)[:, :2],
        "explained": (sizes**2 / (sizes**2).sum())[:2],
    }
    return Modes(
        method=explanation.method,
        seeds=explanation.seeds,
        labels=labels,
        masses=np.bincount(labels) / len(labels),
        medoids=explanation.seeds[medoids],
        distances=distances,
        **fields | changed,
    )


def words_of(spec):
    return " ".join(spec["title"]["text"]), " ".join(spec["title"]["subtitle"])


@pytest.mark.parametrize("labels", [[0, 0, 0, 1, 1], [0, 0, 0, 0, 0], [0, 1, 2, 0, 1]])
@pytest.mark.parametrize("width", [640, 390])
def test_fields_seeds_and_picture(shap, make, labels, width):
    modes = modes_of(shap, labels)
    spec = modes_map(modes, shap, width=width).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert ("vconcat" in spec) == (width == 390)
    assert [row["mode"] for row in tables["seeds"]] == [f"Mode {'ABC'[i]}" for i in labels]
    ringed = [row["seed"] for row in tables["seeds"] if row["medoid"]]
    assert sorted(ringed) == sorted(str(seed) for seed in modes.medoids)
    assert all((row["label"] != "") == row["medoid"] == (row["side"] != 0)
               for row in tables["seeds"])  # fmt: skip
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_profiles_against_a_loop(shap):
    labels = [0, 0, 0, 1, 1]
    profiles = modes_tables(modes_of(shap, labels), shap)["profiles"]
    output = [int(np.bincount(column).argmax()) for column in shap.predicted.T]
    phi = shap.array("attribution")
    for row in profiles.itertuples():
        j = shap.features.index(row.label)
        seeds = [s for s, label in enumerate(labels) if row.mode == f"Mode {'AB'[label]}"]
        means = [np.mean([phi[s, i, j, o] for i, o in enumerate(output)]) for s in seeds]
        assert row.mean == pytest.approx(np.mean(means))
        assert row.low == pytest.approx(np.quantile(means, 0.1))
        assert row.high == pytest.approx(np.quantile(means, 0.9))
        assert row.n == len(seeds)


def test_the_features_in_which_modes_differ_most_come_first(shap):
    profiles = modes_tables(modes_of(shap, [0, 0, 0, 1, 1]), shap, max_features=3)["profiles"]
    wide = profiles.pivot(index="rank", columns="mode", values="mean")
    gaps = (wide["Mode A"] - wide["Mode B"]).abs().tolist()
    assert gaps == sorted(gaps, reverse=True)
    assert len(gaps) == 3
    one = modes_tables(modes_of(shap, [0] * 5), shap)["profiles"]["mean"].abs().tolist()
    assert one == sorted(one, reverse=True)


def test_findings(shap):
    two = modes_of(shap, [0, 0, 0, 1, 1])
    assert modes_finding(two) == "2 modes: 60% / 40% of the seeds"
    one = modes_of(shap, [0] * 5, p_value=0.41)
    assert modes_finding(one) == "One mode: the 5 seeds do not fall into groups (p = 0.41)"
    few = modes_of(shap, [0] * 5, tested=False, p_value=float("nan"))
    assert modes_finding(few) == "Modes not tested: 5 seeds are too few"
    single = explanatory_modes(shap.sel(seed=[0]))
    assert modes_finding(single) == "One mode: there is one seed"


def test_modes_that_were_found(shap, make):
    modes = explanatory_modes(shap)
    spec = modes_map(modes, shap).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert words_of(spec)[0] == "Modes not tested: 5 seeds are too few"
    titles = [row["x"] for row in make.tables_of(spec)["seeds"]]
    np.testing.assert_allclose(titles, modes.places[:, 0], rtol=1e-3, atol=1e-6)
    alike = shap.sel(seed=[0])
    spec = modes_map(explanatory_modes(alike), alike).to_dict()
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_what_is_not_shown_is_counted(shap):
    subtitle = words_of(modes_map(modes_of(shap, [0] * 5), shap, max_features=2).to_dict())[1]
    assert "Shown: the 2 of 6 features of largest mean." in subtitle
    modes = modes_of(shap, [0, 0, 0, 1, 1])
    subtitle = words_of(modes_map(modes, shap, max_features=2).to_dict())[1]
    assert "Shown: the 2 of 6 features in which modes differ most." in subtitle


def test_modes_differ_by_being_filled_and_labels_stay_inside(shap, make):
    spec = modes_map(modes_of(shap, [0, 0, 0, 1, 1]), shap).to_dict()
    assert "Later modes are paler and hollow." in words_of(spec)[1]
    marks = spec["hconcat"][1]["layer"][2]["encoding"]
    (filled,) = marks["fillOpacity"]["condition"]
    assert filled == {"test": 'datum.mode === "Mode A"', "value": 1}
    rows = make.tables_of(spec)["seeds"]
    middle = np.mean([row["x"] for row in rows])
    for row in rows:
        if row["align"] != "center":
            assert (row["align"] == "right") == (row["x"] > middle)
    one = modes_map(modes_of(shap, [0] * 5), shap).to_dict()
    assert "hollow" not in words_of(one)[1]


def test_messages(shap, study):
    modes = modes_of(shap, [0] * 5)
    with pytest.raises(InputError, match="Attributions for the profile of each mode, got Anchors"):
        modes_map(modes, study.by_method["anchors"])
    with pytest.raises(InputError, match="modes of the same seeds as the explanation"):
        modes_map(modes, shap.sel(seed=[0, 1]))
    with pytest.raises(InputError, match="max_features to be a whole number of at least 1"):
        modes_map(modes, shap, max_features=0)
    with pytest.raises(InputError, match=r"an output of the explanation .* 'Adelie'"):
        modes_map(modes, shap, output="Adele")
