from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xaigeo.errors import InputError

SIFA = ("seed", "instance", "feature", "output")


def test_predicted_class_is_the_most_probable(make_attributions):
    found = make_attributions()
    np.testing.assert_array_equal(found.predicted, found.array("prediction").argmax(-1))
    assert found.predicted.shape == (3, 4)


def test_targets_of_a_regression_do_not_compare(make_attributions):
    explanation = make_attributions()
    explanation.provenance["ensemble"]["task"] = "regression"
    np.testing.assert_array_equal(explanation.predicted, np.zeros((3, 4)))


def test_selecting_is_by_label_and_keeps_the_order_asked_for(make_attributions):
    found = make_attributions()
    some = found.sel(seed=[11, 7], instance=[109])
    assert some.seeds.tolist() == [11, 7]
    np.testing.assert_array_equal(
        some.array("attribution")[:, 0], found.array("attribution")[[2, 0], 3]
    )


def test_selecting_seeds_selects_the_other_seeds_too(make_anchors):
    cross = np.arange(36.0).reshape(3, 3, 4)
    found = make_anchors(cross_precision=(("seed", "other_seed", "instance"), cross))
    some = found.sel(seed=[11, 8])
    np.testing.assert_array_equal(some.array("cross_precision"), cross[[2, 1]][:, [2, 1]])


def test_selecting_what_is_not_there(make_attributions):
    with pytest.raises(InputError, match=r"seed labels among \[7, 8, 11\], each once, got \[9\]"):
        make_attributions().sel(seed=[9])
    with pytest.raises(InputError, match=r"instance labels among"):
        make_attributions().sel(instance=[])
    with pytest.raises(InputError, match=r"each once, got \[7, 7\]"):
        make_attributions().sel(seed=[7, 7])


def test_one_label_needs_no_list(make_attributions):
    assert make_attributions().sel(seed=8, instance=105).array("attribution").shape == (1, 1, 5, 2)


def test_a_tuple_is_a_label_where_the_index_has_levels(make_attributions):
    found = make_attributions()
    labels = np.empty(4, dtype=object)
    labels[:] = [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    found = replace(found, data=found.data.assign_coords(instance=labels))
    assert found.sel(instance=("b", 1)).instances.tolist() == [("b", 1)]
    assert found.sel(instance=[("b", 1), ("a", 1)]).instances.tolist() == [("b", 1), ("a", 1)]
    assert len(found.as_list(7, ("a", 2))) == 5
    with pytest.raises(InputError, match=r"each once, got \['b', 3\]"):
        found.sel(instance=("b", 3))


def test_a_repeated_label_selects_all_that_carry_it(make_attributions):
    found = make_attributions()
    twice = type(found)(
        data=found.data.assign_coords(instance=["a", "b", "a", "c"]),
        schema=found.schema,
        method=found.method,
        provenance=found.provenance,
    )
    np.testing.assert_array_equal(
        twice.sel(instance="a").array("input"), found.array("input")[[0, 2]]
    )


def test_a_missing_array_is_named(make_attributions):
    found = make_attributions()
    with pytest.raises(InputError, match=r"without attribution.*xaigeo.explain"):
        type(found)(
            data=found.data.drop_vars("attribution"),
            schema=found.schema,
            method="x",
            provenance={},
        )


def test_a_transposed_array_is_refused(make_attributions):
    with pytest.raises(InputError, match=r"base_value with dimensions .*'seed', 'instance'"):
        make_attributions(base_value=(("instance", "seed", "output"), np.zeros((4, 3, 2))))


def test_other_feature_names_are_refused(make_attributions):
    found = make_attributions()
    renamed = found.data.assign_coords(feature=list("abcde"))
    with pytest.raises(InputError, match=r"features \['length', 'count'"):
        type(found)(data=renamed, schema=found.schema, method="x", provenance={})


def test_notebook_view_is_escaped(make_attributions):
    found = make_attributions()
    evil = type(found)(
        data=found.data, schema=found.schema, method="<script>", provenance=found.provenance
    )
    html = evil._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert repr(found) == (
        "Attributions(method='kernel_shap', 3 seeds, 4 instances, 5 features, 2 outputs)"
    )
