from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import vl_convert

from xaigeo.errors import InputError
from xaigeo.geometry.partial_dependence import partial_dependence as dependence_of
from xaigeo.viz.partial_dependence import partial_dependence


def ensemble_of(model):
    return SimpleNamespace(
        schema=model.schema,
        seeds=tuple(range(model.n_seeds)),
        n_seeds=model.n_seeds,
        output_names=model.classes,
        n_outputs=len(model.classes),
        task=model.task,
        outputs_encoded=model.outputs,
    )


@pytest.fixture(scope="module")
def bill(study):
    return dependence_of(ensemble_of(study.model), study.data.X, "bill_length_mm", n_values=12)


@pytest.fixture(scope="module")
def island(study):
    return dependence_of(ensemble_of(study.model), study.data.X, "island", n_ice=9)


def title(chart):
    return " ".join(chart.to_dict()["title"]["text"])


@pytest.mark.parametrize("ice", [False, True])
@pytest.mark.parametrize("name", ["bill", "island"])
def test_fields(request, make, name, ice):
    spec = partial_dependence(request.getfixturevalue(name), ice=ice).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert ("rows" in tables) == ice
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_lines_and_mean_against_the_arrays(bill, make):
    place = bill.outputs.index("Gentoo")
    tables = make.tables_of(partial_dependence(bill, "Gentoo", ice=True).to_dict())
    for k, row in enumerate(tables["mean"]):
        assert row["x"] == pytest.approx(bill.values[k], rel=1e-4)
        assert row["y"] == pytest.approx(bill.mean[:, k, place].mean(), rel=1e-3)
        assert row["high"] == pytest.approx(np.quantile(bill.mean[:, k, place], 0.9), rel=1e-3)
    drawn = [float(row["y"]) for row in tables["seeds"]]
    np.testing.assert_allclose(drawn, bill.mean[..., place].reshape(-1), rtol=1e-3)
    own = bill.ice[..., place].mean(axis=0).reshape(-1)
    np.testing.assert_allclose([float(r["y"]) for r in tables["rows"]], own, rtol=1e-3)


def test_title_tells_the_ends_with_units(bill):
    place = bill.outputs.index("Adelie")
    mean = bill.mean[..., place].mean(axis=0)
    text = title(partial_dependence(bill, "Adelie"))
    assert "the mean probability of “Adelie” moves between less than 0.01 (" in text
    assert mean.min() < 0.005
    assert f"and {mean.max():.2f} (" in text
    assert " mm)" in text
    gap = np.ptp(bill.mean[..., place], axis=0).max()
    assert text.endswith(f"seeds lie up to {gap:.2f} apart")


def test_the_output_that_moves_most_is_drawn(bill):
    moves = np.ptp(bill.mean.mean(axis=0), axis=0)
    assert f"“{bill.outputs[moves.argmax()]}”" in title(partial_dependence(bill))


def test_titles_of_one_seed_and_of_no_change(bill):
    one = replace(bill, mean=bill.mean[:1], seeds=(0,))
    assert "apart" not in title(partial_dependence(one))
    flat = replace(bill, mean=np.full_like(bill.mean, 0.3))
    assert title(partial_dependence(flat, "Adelie")) == (
        "The mean probability of “Adelie” does not change with bill_length_mm; seeds lie up to "
        "0.00 apart"
    )


def test_categories_count_their_rows(island, study, make):
    rows = make.tables_of(partial_dependence(island).to_dict())["mean"]
    counts = study.data.X["island"].value_counts()
    assert {row["x"]: row["n_rows"] for row in rows} == counts.to_dict()


def test_a_regression(study, make):
    model = make.regression_seeds(study.data.X)
    found = dependence_of(ensemble_of(model), study.data.X, "flipper_length_mm")
    spec = partial_dependence(found).to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert "the mean prediction of “mass” moves between" in title(partial_dependence(found))


def test_messages(bill):
    with pytest.raises(InputError, match=r"a PartialDependence, got ndarray"):
        partial_dependence(bill.mean)
    bare = replace(bill, ice=bill.ice[:, :0], ice_rows=bill.ice_rows[:0])
    with pytest.raises(InputError, match=r"curves of single rows, got a partial dependence with"):
        partial_dependence(bare, ice=True)
    with pytest.raises(InputError, match=r"an output of the models .* got 'King'"):
        partial_dependence(bill, "King")
    with pytest.raises(InputError, match=r"ice to be True or False, got 3"):
        partial_dependence(bill, ice=3)
