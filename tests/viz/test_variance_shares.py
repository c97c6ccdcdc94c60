from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.agreement import explainer_noise
from xaigeo.agreement.variance_shares import variance_shares as shares_of
from xaigeo.errors import InputError
from xaigeo.viz.variance_shares import variance_finding, variance_shares


@pytest.fixture(scope="module")
def noise(study):
    shap = study.by_method["kernel_shap"]
    rng = np.random.default_rng(1)
    repeats = []
    for i in range(3):
        moved = shap.data["attribution"] + rng.normal(0, 0.01, shap.data["attribution"].shape)
        repeats.append(
            replace(
                shap,
                data=shap.data.assign(attribution=moved),
                provenance=shap.provenance | {"random_state": i},
            )
        )
    return explainer_noise(repeats, n_bootstrap=5)


def test_fields_parts_and_picture(noise, make):
    spec = variance_shares(noise).to_dict()
    rows = make.tables_of(spec)["shares"]
    make.check_fields(spec, {"shares": rows})
    assert len(rows) == 7 * 3
    assert rows[0]["label"] == "All features"
    for label in {row["label"] for row in rows}:
        mine = [row for row in rows if row["label"] == label]
        assert mine[0]["start"] == 0
        assert mine[-1]["end"] == pytest.approx(1, rel=1e-4)
        assert sum(row["share"] for row in mine) == pytest.approx(1, rel=1e-4)
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_the_finding_has_both_shares(noise):
    seed = shares_of(noise)["share"].iloc[0]
    assert variance_finding(noise) == (
        f"The seed makes {seed:.0%} of the variance of an attribution, the explainer's own draws "
        f"{1 - seed:.0%}"
    )
    still = noise.table.assign(explainer_se=0.0, difference_se=0.0, seed_sd=0.0)
    assert variance_finding(replace(noise, table=still)).startswith("The attributions vary neither")


def test_the_features_that_vary_most(noise, make):
    spec = variance_shares(noise, 2, width=240).to_dict()
    rows = make.tables_of(spec)["shares"]
    by = shares_of(noise).groupby("feature")["variance"].sum().sort_values(ascending=False)
    assert list(dict.fromkeys(row["label"] for row in rows)) == ["All features", *by.index[:2]]
    assert "The 2 of 6 features that vary most." in " ".join(spec["title"]["subtitle"])


def test_messages(noise):
    with pytest.raises(InputError, match="the noise of an explainer, got DataFrame"):
        variance_shares(noise.table)
    with pytest.raises(InputError, match="max_features to be a whole number of at least 1"):
        variance_shares(noise, 0)
