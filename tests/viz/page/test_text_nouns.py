from __future__ import annotations

from xaigeo.viz.page.text_nouns import told_of_texts

SECTION = {
    "finding": "On 3 rows the seeds say front row",
    "rows": [{"label": "Same top features", "name": "features", "value": "rows"}],
    "spec": {
        "title": {"text": ["Mean", "over rows"]},
        "encoding": {
            "x": {"field": "row", "title": "Rows", "scale": {"domain": ["front row", "rows"]}},
            "y": {"field": "label", "sort": ["Same top features"]},
        },
        "layer": [{"transform": [{"filter": "datum.row == 'row'"}], "text": {"field": "row"}}],
        "datasets": {
            "few": [{"label": "Same top features", "row": "features"}],
            "many": {"n": 2, "columns": {"label": {"t": ["Features"]}, "row": {"t": ["row"]}}},
        },
    },
}


def test_sentences_are_told_of_texts_and_fields_and_values_stay():
    found = told_of_texts(SECTION, ["front row"])
    assert found["finding"] == "On 3 texts the seeds say front row"
    assert found["rows"] == [{"label": "Same top words", "name": "features", "value": "rows"}]
    spec = found["spec"]
    assert spec["title"] == {"text": ["Mean", "over texts"]}
    assert spec["encoding"]["x"] == {
        "field": "row",
        "title": "Texts",
        "scale": {"domain": ["front row", "texts"]},
    }
    assert spec["encoding"]["y"] == {"field": "label", "sort": ["Same top words"]}
    assert spec["layer"] == SECTION["spec"]["layer"]
    assert spec["datasets"]["few"] == [{"label": "Same top words", "row": "features"}]
    columns = spec["datasets"]["many"]["columns"]
    assert columns == {"label": {"t": ["Words"]}, "row": {"t": ["row"]}}


def test_lists_of_sentences_and_sentences_alone():
    assert told_of_texts(["A row", "Features"], []) == ["A text", "Words"]
    assert told_of_texts("A row", []) == "A text"
    assert told_of_texts(None, []) is None
