from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.geometry.decision_regions import decision_regions as regions_of
from xaigeo.viz.class_probability import class_probability


def ensemble_of(model):
    def seed(place):
        return lambda X: model.outputs(model.schema.encode(X))[place]

    return SeedEnsemble.wrap(
        [seed(place) for place in range(model.n_seeds)],
        schema=model.schema,
        classes=model.classes,
        task=model.task,
    )


@pytest.fixture(scope="module")
def regions(study, make):
    return regions_of(ensemble_of(study.model), study.data.X, make.view, resolution=24)


def title(chart):
    return " ".join(chart.to_dict()["title"]["text"])


def test_fields_and_panels(regions, make):
    spec = class_probability(regions, "Gentoo").to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert len(spec["hconcat"]) == 2
    assert len(class_probability(regions, width=400).to_dict()["vconcat"]) == 2
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_rectangles_hold_the_amounts(regions, make):
    spec = class_probability(regions, "Gentoo").to_dict()
    tables = make.tables_of(spec)
    place = regions.outputs.index("Gentoo")
    amounts = {"means": (regions.mean, 1.0), "deviations": (regions.sd, regions.sd[..., 2].max())}
    for name, (values, reach) in amounts.items():
        for i, j in ((0, 0), (12, 5), (23, 11)):
            found = [
                float(row["value"])
                for row in tables[name]
                if float(row["x"]) < regions.x[j] < float(row["x2"])
                and float(row["y"]) < regions.y[i] < float(row["y2"])
            ]
            assert found == [pytest.approx(values[i, j, place], abs=reach / 99)]


def test_the_title_finds_the_largest_deviation(regions):
    place = int(np.argmax([regions.sd[..., k].max() for k in range(3)]))
    text = title(class_probability(regions))
    assert f"the probability of “{regions.outputs[place]}”" in text
    assert f"(SD {regions.sd[..., place].max():.2g})" in text
    same = replace(regions, sd=np.zeros_like(regions.sd))
    assert title(class_probability(same)).startswith("The seeds do not differ")
    spec = class_probability(same).to_dict()
    assert "0 everywhere" in str(spec["hconcat"][1]["title"])
    assert spec["hconcat"][1]["layer"][0]["encoding"]["color"]["legend"] is None


def test_identical_models_have_no_deviation(study, make):
    model = study.model
    equal = replace(
        model, weights=model.weights[:1] * (1 + 1e-9 * np.arange(len(model.weights)))[:, None, None]
    )
    found = regions_of(ensemble_of(equal), study.data.X, make.view, resolution=10)
    assert not found.sd.any()


def test_the_line_lies_at_one_half(regions, make):
    tables = make.tables_of(class_probability(regions, "Gentoo").to_dict())
    assert tables["contour"]
    for row in tables["contour"]:
        j = np.abs(regions.x - float(row["x"])).argmin()
        i = np.abs(regions.y - float(row["y"])).argmin()
        around = regions.mean[max(0, i - 1) : i + 2, max(0, j - 1) : j + 2, 2]
        assert around.min() <= 0.5 <= around.max()


def test_a_regression_has_no_line(study, make):
    model = make.regression_seeds(study.data.X)
    found = regions_of(ensemble_of(model), study.data.X, make.view, resolution=10)
    chart = class_probability(found)
    spec = chart.to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert "contour" not in make.tables_of(spec)
    assert "the prediction of “mass”" in title(chart)


def test_messages(regions):
    with pytest.raises(InputError, match=r"DecisionRegions, got str"):
        class_probability("pca")
    one = replace(regions, seeds=(0,))
    with pytest.raises(InputError, match=r"two seeds or more, got those of one"):
        class_probability(one)
    with pytest.raises(InputError, match=r"an output of the models .* 'Gento'.*'Gentoo'"):
        class_probability(regions, "Gento")
