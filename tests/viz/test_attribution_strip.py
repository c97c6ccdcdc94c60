from dataclasses import replace

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.viz import attribution_strip
from xaigeo.viz.attribution_strip import majority_output


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def test_fields_and_rows(shap, make):
    spec = attribution_strip(shap).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    assert len(tables["dots"]) == len(shap.seeds) * len(shap.features)
    assert len(tables["medians"]) == len(shap.features)


def test_medians_and_intervals_against_a_loop(shap, make):
    label = shap.instances[2]
    output = shap.outputs[1]
    spec = attribution_strip(shap, instance=label, output=output).to_dict()
    drawn = {row["label"].split(" = ")[0]: row for row in make.tables_of(spec)["medians"]}
    for j, name in enumerate(shap.features):
        values = [float(shap.array("attribution")[s, 2, j, 1]) for s in range(len(shap.seeds))]
        assert drawn[name]["median"] == pytest.approx(np.median(values), rel=1e-4)
        assert drawn[name]["low"] == pytest.approx(np.quantile(values, 0.1), rel=1e-4)
        assert drawn[name]["high"] == pytest.approx(np.quantile(values, 0.9), rel=1e-4)


def test_features_fall_by_size_and_carry_values_with_units(shap, make):
    medians = make.tables_of(attribution_strip(shap).to_dict())["medians"]
    sizes = [abs(row["median"]) for row in medians]
    assert sizes == sorted(sizes, reverse=True)
    assert any(row["label"] == "bill_length_mm = 39.1 mm" for row in medians)


def test_title_counts_the_signs_that_agree(shap):
    values = shap.array("attribution")[:, 0, :, np.bincount(shap.predicted[:, 0]).argmax()]
    agreeing = int((np.abs(np.sign(values).sum(axis=0)) == len(values)).sum())
    assert " ".join(attribution_strip(shap).to_dict()["title"]["text"]).endswith(
        f"agree on the sign of {agreeing} of {len(shap.features)} attributions"
    )


def test_the_title_does_not_count_what_no_seed_was_given(shap):
    data = shap.data.copy(deep=True)
    data["attribution"][:, :, 1:] = 0.0
    title = " ".join(attribution_strip(replace(shap, data=data)).to_dict()["title"]["text"])
    assert title.endswith(" of 1 attributions")


def test_a_limit_of_features_is_told_with_what_it_leaves_out(shap, make):
    spec = attribution_strip(shap, max_features=2).to_dict()
    tables = make.tables_of(spec)
    whole = make.tables_of(attribution_strip(shap).to_dict())["medians"]
    assert [row["label"] for row in tables["medians"]] == [row["label"] for row in whole[:2]]
    assert len(tables["dots"]) == 2 * len(shap.seeds)
    said = " ".join(spec["title"]["subtitle"])
    assert f"{len(shap.features) - 2} other features are not shown" in said
    assert f"median size {abs(whole[2]['median']):.2g} at most (probability)." in said
    assert " ".join(spec["title"]["text"]).endswith(f"of {len(shap.features)} attributions")


def test_long_labels_are_in_two_lines_at_every_width(shap, make):
    for width, letters in ((200, 24), (420, 34)):
        units = make.units_of(attribution_strip(shap, width=width).to_dict())
        axes = [u["encoding"]["y"]["axis"] for u in units if "y" in u["encoding"]]
        assert all(f"length(datum.label) <= {letters}" in axis["labelExpr"] for axis in axes)


def test_errors(study, shap):
    with pytest.raises(InputError, match="Attributions for a strip"):
        attribution_strip(study.by_method["anchors"])
    for stranger in (None, "lime", [shap]):
        with pytest.raises(
            InputError, match=r"Attributions for a strip .* got (NoneType|str|list)"
        ):
            attribution_strip(stranger)
    with pytest.raises(InputError, match=r"an instance of the explanation .* got 'x'"):
        attribution_strip(shap, instance="x")
    with pytest.raises(InputError, match=r"an output of the explanation .* 'Adele'.*'Adelie'"):
        attribution_strip(shap, output="Adele")
    with pytest.raises(InputError, match="max_features to be a whole number of at least 1"):
        attribution_strip(shap, max_features=0)


def test_votes_that_tie_go_to_the_larger_mean_output(shap):
    two = shap.sel(seed=shap.seeds[:2].tolist(), instance=[shap.instances[0]])
    prediction = np.zeros((2, 1, len(shap.outputs)))
    prediction[..., :2] = [[[0.6, 0.4]], [[0.1, 0.9]]]
    data = two.data.assign(prediction=(("seed", "instance", "output"), prediction))
    assert majority_output(replace(two, data=data), 0) == 1
