from __future__ import annotations

import pytest

from xaigeo.errors import InputError
from xaigeo.explainers import explain

GROUPS = {"look": ["colour", "size"], "sizes": ["length"]}


def ablated(ensemble, rows, background, **parameters):
    return explain(
        ensemble, rows, "feature_ablation", background=background, random_state=0, **parameters
    )


@pytest.mark.parametrize("groups", [None, GROUPS])
@pytest.mark.parametrize("ensemble", ["curved", "bent", "embedded"])
def test_both_engines_give_the_same(ensemble, groups, mixed_frame, request, assert_engines_agree):
    models = request.getfixturevalue(ensemble)
    rows = mixed_frame.head(4)
    assert_engines_agree(models, rows, mixed_frame, "feature_ablation", groups=groups)


def test_without_groups_it_is_occlusion_column_by_column(curved, mixed_frame):
    rows = mixed_frame.head(4)
    one = ablated(curved, rows, mixed_frame)
    other = explain(curved, rows, "occlusion", background=mixed_frame, random_state=0)
    assert (one.array("attribution") == other.array("attribution")).all()


def test_a_group_is_ablated_and_shown_as_one(species, birds):
    rows, start = birds.iloc[::90], dict(birds.iloc[5])
    bill = ["bill_length_mm", "bill_depth_mm"]
    found = ablated(species, rows, birds, groups={"bill": bill}, baseline=start)
    assert found.features == ["bill", "flipper_length_mm", "body_mass_g", "island", "sex"]
    without = species.outputs(rows.assign(**{name: start[name] for name in bill}))
    assert found.array("attribution")[:, :, 0] == pytest.approx(species.outputs(rows) - without)
    assert found.provenance["parameters"]["groups"] == {"bill": bill}


def test_unknown_columns_are_refused(species, birds):
    with pytest.raises(InputError, match=r"Expected groups\['bill'\] to name columns"):
        ablated(species, birds.head(1), birds, groups={"bill": ["bill"]})
