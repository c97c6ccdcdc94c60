from xaigeo.viz.evidence_text import evidence_shown

EVIDENCE = {
    "method": "lime",
    "n_rows_undefined": 0,
    "by_method": {"lime": 0.12345, "shap": None},
    "stability_by_group": {"sex": {"f": 0.5, "m": 0.25}},
    "sha": "a" * 64,
    "flag": True,
    "nothing": None,
    "empty": [],
    "scores": [0.5] * 25,
    "rows_not_better": [str(n) for n in range(30)],
    "rows": [{"instance": "7", "predicted": "a"}, {"instance": "8", "stability": 0.1}],
}


def test_entries_are_named_in_words_and_written_short():
    found = {one.pop("name"): one for one in evidence_shown(EVIDENCE)}
    assert found["method"] == {"text": "lime"}
    assert found["number of rows undefined"] == {"text": "0"}
    assert found["by method"] == {"text": "lime: 0.123; shap: –"}
    assert found["stability by group: sex"] == {"text": "f: 0.5; m: 0.25"}
    assert found["sha"] == {"text": "aaaaaaaaaaaa…"}
    assert found["flag"] == {"text": "yes"}
    assert found["scores"]["text"].endswith("0.5, and 5 more")
    assert not {"nothing", "empty"} & set(found)


def test_rows_of_the_data_stay_apart_so_that_they_can_be_linked():
    found = {one.pop("name"): one for one in evidence_shown(EVIDENCE)}
    assert found["rows not better"] == {"rows": [str(n) for n in range(20)], "more": 10}
    assert found["rows"] == {
        "columns": ["instance", "predicted", "stability"],
        "cells": [["7", "a", "–"], ["8", "–", "0.1"]],
        "more": 0,
    }
