from __future__ import annotations

from dataclasses import replace

import numpy as np

from xaigeo.schema import FeatureSchema

SIFA = ("seed", "instance", "feature", "output")


def test_tidy_counterfactuals_show_original_values(make_counterfactuals, mixed_frame):
    found = make_counterfactuals()
    frame = found.to_frame()
    assert len(frame) == 12
    row = frame[(frame.seed == 11) & (frame.instance == 101)].iloc[0]
    assert row.changed == "length, colour"
    assert row.colour != mixed_frame.iloc[1]["colour"]
    assert row.target == "yes"


def test_a_feature_named_like_a_column_is_kept_apart(make_counterfactuals):
    found = make_counterfactuals()
    clash = FeatureSchema(
        tuple(
            replace(feature, name=name)
            for feature, name in zip(
                found.schema.features, ["distance", "seed", "target", "x", "y"], strict=True
            )
        )
    )
    made = type(found)(
        data=found.data.assign_coords(feature=clash.names),
        schema=clash,
        method=found.method,
        provenance=found.provenance,
    )
    frame = made.to_frame()
    np.testing.assert_allclose(frame["distance"], 1.5)
    np.testing.assert_allclose(frame["feature_distance"], found.array("point")[..., 0].reshape(-1))
    assert set(frame["target"]) == {"yes"}
    assert "feature_seed" in made._repr_html_()


def test_what_a_method_adds_is_shown_after_the_features(make_counterfactuals):
    shape = ("seed", "instance", "candidate")
    found = make_counterfactuals(
        target_lower=(("seed", "instance"), np.full((3, 4), -np.inf)),
        target_upper=(("seed", "instance"), np.full((3, 4), 8.0)),
        plausibility=(shape, np.full((3, 4, 1), 0.25)),
        neighbour_distance=(shape, np.full((3, 4, 1), 1.75)),
        distinct=(shape, np.ones((3, 4, 1), dtype=bool)),
        price=(shape, np.arange(12.0).reshape(3, 4, 1)),
    )
    frame = found.to_frame()
    columns = list(frame.columns)
    assert columns[3:7] == ["target", "target_lower", "target_upper", "length"]
    assert columns[-4:] == ["neighbour_distance", "plausibility", "distinct", "price"]
    assert frame["price"].tolist() == list(range(12))
    assert set(frame["target_upper"]) == {8.0}
