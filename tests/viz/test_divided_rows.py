from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import vl_convert

from xaigeo.agreement import same_answer_different_reason
from xaigeo.errors import InputError
from xaigeo.viz.divided_rows import divided_finding, divided_rows, drawn_rows, unanimous_rows


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def with_values(explanation, values):
    return replace(
        explanation,
        data=explanation.data.assign(
            attribution=(explanation.data["attribution"].dims, np.ascontiguousarray(values))
        ),
    )


@pytest.fixture(scope="module")
def divided(shap):
    """Seed s puts feature (s + row) first, whatever the class."""
    values = np.full(shap.array("attribution").shape, 0.01)
    values *= np.arange(1, 7)[:, None]
    for s in range(5):
        for i in range(6):
            values[s, i, (s + i) % 6] = 1.0
            values[s, i, (s + i + 1) % 6] = 0.8
            values[s, i, (s + i + 2) % 6] = -0.6
    return with_values(shap, values)


def words_of(spec):
    return " ".join(spec["title"]["text"]), " ".join(spec["title"]["subtitle"])


def test_fields_tiles_and_picture(divided, make):
    table = same_answer_different_reason(divided)
    spec = divided_rows(divided).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    flagged = table[table["flagged"]]
    assert len(flagged) == len(tables["rows"]) > 1
    assert len(tables["tiles"]) == len(flagged) * 5
    assert vl_convert.vegalite_to_svg(spec).startswith("<svg")


def test_a_tile_is_the_feature_of_the_largest_attribution(divided, make):
    tiles = make.tables_of(divided_rows(divided).to_dict())["tiles"]
    labels = [str(label) for label in divided.instances]
    for tile in tiles:
        i, s = labels.index(tile["row"].split(" · ")[0]), int(tile["seed"])
        assert tile["feature"] == divided.features[(s + i) % 6]
        assert tile["attribution"] == 1
        assert tile["key"] == f"{tile['letter']} {tile['feature']}"


def test_the_finding_counts_the_rows(divided):
    n = int(same_answer_different_reason(divided)["flagged"].sum())
    text, subtitle = words_of(divided_rows(divided).to_dict())
    assert text == f"On {n} of 6 rows all seeds give one answer for different reasons"
    assert "reasons differ below 0.4." in subtitle
    fewer = words_of(divided_rows(divided, max_rows=1).to_dict())[1]
    assert f"The 1 least alike of {n} are drawn." in fewer


def test_where_none_is_flagged_the_least_alike_are_drawn(shap, make):
    first = shap.array("attribution")[:1]
    shap = with_values(shap, np.repeat(first, len(shap.seeds), axis=0))
    table = same_answer_different_reason(shap)
    spec = divided_rows(shap, width=170).to_dict()
    text, subtitle = words_of(spec)
    assert text == f"None of {len(table)} rows with one answer has a stability of reasons below 0.4"
    assert f"Drawn: the {len(table)} least alike." in subtitle
    many = pd.concat([table] * 3, ignore_index=True)
    assert len(drawn_rows(many)) == 5
    assert len(drawn_rows(many.assign(flagged=True))) == 12
    one = table.head(1)
    assert divided_finding(shap, one).startswith("The one row with one answer has no stability")


def test_a_row_of_one_letter_that_is_flagged_is_explained(shap):
    values = shap.array("attribution").copy()
    values[:] = np.arange(6)[::-1, None]
    for s in range(5):
        values[s, :, 1:] = np.roll(values[s, :, 1:], s, axis=1)
    values[:, :, 0] = 9.0
    spec = divided_rows(with_values(shap, values), stability_below=0.99).to_dict()
    assert "the reasons differ in the places after it" in words_of(spec)[1]


def test_ties_have_a_sign_of_their_own(shap, make):
    values = np.zeros_like(shap.array("attribution"))
    values[:, :, :2] = 1.0
    tiles = make.tables_of(divided_rows(with_values(shap, values)).to_dict())["tiles"]
    assert {tile["key"] for tile in tiles} == {"= Several alike"}


def test_seeds_alike_stand_side_by_side(shap, make):
    values = np.full(shap.array("attribution").shape, 0.1)
    for s in range(5):
        values[s, :, s % 2] = 1.0
    spec = divided_rows(with_values(shap, values), stability_below=0.99).to_dict()
    tiles = make.tables_of(spec)["tiles"]
    order = list(dict.fromkeys(tile["seed"] for tile in tiles))
    assert {frozenset(order[:3]), frozenset(order[:2])} & {frozenset("024"), frozenset("13")}


def test_beyond_the_letters_features_share_a_sign():
    from xaigeo.viz.divided_rows import KEYS, _keys

    first = np.repeat(np.arange(12), np.arange(12, 0, -1))
    keys = _keys(first, [f"x{j}" for j in range(12)])
    assert list(keys.values()) == [f"{c} x{j}" for j, c in enumerate("ABCDEFG")]
    assert len(_keys(np.arange(KEYS), [f"x{j}" for j in range(KEYS)])) == KEYS


def test_messages(shap, study, make):
    with pytest.raises(InputError, match="max_rows to be a whole number of at least 1"):
        divided_rows(shap, max_rows=0)
    model = make.regression_seeds(study.data.X)
    lime = make.attributions(model, study.X, study.background, "lime")
    with pytest.raises(InputError, match="a classification, in which seeds can give the same"):
        divided_rows(lime)
    prediction = shap.array("prediction").copy()
    prediction[0] = prediction[0][..., ::-1] * 0
    prediction[0, :, 0] = 1.0
    prediction[1] = 0.0
    prediction[1, :, 2] = 1.0
    data = shap.data.assign(prediction=(shap.data["prediction"].dims, prediction))
    with pytest.raises(InputError, match="all seeds give one answer, got 6 rows on which they"):
        unanimous_rows(replace(shap, data=data))
