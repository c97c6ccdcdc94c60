from dataclasses import replace

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.viz import attribution_strip


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
    assert (
        attribution_strip(shap)
        .to_dict()["title"]["text"]
        .endswith(f"agree on the sign of {agreeing} of {len(shap.features)} attributions")
    )


def test_the_title_does_not_count_what_no_seed_was_given(shap):
    data = shap.data.copy(deep=True)
    data["attribution"][:, :, 1:] = 0.0
    title = attribution_strip(replace(shap, data=data)).to_dict()["title"]["text"]
    assert title.endswith(" of 1 attributions")


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
