from __future__ import annotations

import base64
import json
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import xaigeo as xg
from tests.text_models import linear_text_ensemble
from xaigeo.agreement import score_rows, seed_matrix
from xaigeo.agreement.subset_moments import FEWEST
from xaigeo.ensemble import Evaluation
from xaigeo.errors import InputError, LongTextWarning
from xaigeo.explanations.majority import majority
from xaigeo.viz.page.agreement import leading_name, measure_agreement
from xaigeo.viz.page.figures import heatmap_spec
from xaigeo.viz.page.sections import seed_curve_pictures
from xaigeo.viz.page.shown_rows import shown_rows
from xaigeo.viz.page.text_explorer import text_explorer_data
from xaigeo.viz.page.text_nouns import told_of_texts
from xaigeo.viz.page.text_sections import (
    has_course,
    text_difference_pictures,
    text_reason_pictures,
)
from xaigeo.viz.page.text_summary import summarise_texts
from xaigeo.viz.page.text_words import text_words
from xaigeo.viz.score_by_row import score_by_row

TEXTS = pd.Series(
    {
        "a": "a good film with a good plot",
        "b": "not a good film",
        "c": "the plot is thin </script> and the film is long",
        "d": "fine acting , fine music",
        "e": "a good plot and fine acting",
    }
)
LABELS = ["class0", "class1", "class0", "class1", "class1"]
METHODS = ("attention", "saliency", "kernel_shap", "anchors", "counterfactuals")


@pytest.fixture(scope="module")
def texts() -> SimpleNamespace:
    ensemble = linear_text_ensemble(tuple(TEXTS), n_seeds=6, max_tokens=14, pooled=True)
    found = [
        xg.explain(ensemble, TEXTS, method=m, background=TEXTS, random_state=0) for m in METHODS
    ]
    evaluation = ensemble.evaluate(TEXTS, LABELS)
    return SimpleNamespace(
        ensemble=ensemble,
        found=found,
        evaluation=evaluation,
        audit=xg.audit(found, evaluation=evaluation),
        checks=[
            xg.faithfulness.attention_permutation(ensemble, TEXTS, LABELS, random_state=0),
            xg.faithfulness.deletion(found[2], ensemble, random_state=0),
            xg.faithfulness.deletion(found[1], ensemble, random_state=0),
        ],
    )


@pytest.fixture(scope="module")
def page_file(texts, tmp_path_factory):
    return xg.report(
        texts.found,
        tmp_path_factory.mktemp("texts") / "report.html",
        evaluation=texts.evaluation,
        audit=texts.audit,
        checks=texts.checks,
    )


def visible(html):
    """Return what a reader is told: words between tags, of charts their titles and labels."""
    body = re.sub(r"(?s)<(script|style).*?</\1>|<section id=\"made\">.*?</section>", " ", html)
    told = [re.sub(r"<[^>]+>", " ", body), *re.findall(r'(?:aria-label|title)="([^"]*)"', body)]
    data = re.search(r'(?s)<script type="application/json" id="report-data">(.*?)</script>', html)
    held = json.loads(data[1])

    def walk(part, shown=False):
        if isinstance(part, str):
            told.extend([part] if shown else [])
        for key, value in part.items() if isinstance(part, dict) else ():
            walk(value, key in ("title", "description", "label", "meaning", "sort", "text"))
        for one in part if isinstance(part, list) else ():
            walk(one, shown)

    walk([held["charts"], [method["scores"] for method in held["explorer"]["methods"]]])
    return told


def test_page_speaks_of_texts_and_words(page_file):
    nouns = re.compile(r"\b(?:rows?|features?|instances?|columns?)\b", re.IGNORECASE)
    for sentence in visible(page_file.read_text()):
        # Those of a matrix, and the item of an audit that asks for columns.
        said = sentence.replace("Rows add up to 100%", "").replace("Texts have no columns", "")
        assert nouns.search(said) is None, said


def test_scores_of_a_chart_keep_their_order(texts):
    agreement = measure_agreement(texts.found)
    page = summarise_texts(
        texts.found,
        agreement=agreement,
        shown=shown_rows(texts.found, agreement, None),
        evaluation=None,
        audit=None,
        title=None,
        notes="Features of rows are the user's own words.",
    )
    chart = page["reasons"]["methods"][0]["charts"][0]["spec"]
    labels = {row["label"] for row in chart["datasets"]["higher"]}
    assert "Same top words" in labels
    assert set(chart["layer"][0]["encoding"]["y"]["sort"]) == labels
    assert page["trained"]["notes"] == "Features of rows are the user's own words."


def test_colours_of_seeds_that_think_alike_begin_at_the_chance_level_of_texts(texts):
    found = texts.found[2]
    assert found.schema.max_tokens == 14
    null = seed_matrix(found).null
    (low, _) = heatmap_spec(found)["layer"][0]["encoding"]["color"]["scale"]["domain"]
    assert low == pytest.approx(np.floor(null * 10) / 10)
    assert low > 3 / 14  # of texts with fewer words more is shared by chance


def test_chance_by_text_is_called_so(texts):
    chart = score_by_row(texts.found[2])
    notes = " ".join(chart.to_dict()["title"]["subtitle"])
    assert "in the mean. Dark triangle: worse than chance at that text." in notes


def test_texts_stand_beside_their_lines_by_label_alone(texts):
    (picture,) = text_difference_pictures(None, texts.evaluation)
    rows = next(rows for rows in picture["spec"]["datasets"].values() if "n_flips" in rows[0])
    by_text = {str(row["instance"]): row for row in rows}
    assert set(by_text) == set(TEXTS.index)
    for label, row in by_text.items():
        n = row["n_flips"]
        assert row["label"] == label + (f", {n} flip{'' if n == 1 else 's'}" if n else "")
    for table in picture["spec"]["datasets"].values():
        assert {row["label"] for row in table} <= {row["label"] for row in rows}


def test_texts_stand_beside_their_lines_where_there_are_many_dots():
    n_seeds, n_rows = 20, 30
    evaluation = Evaluation(
        name="test",
        seeds=np.arange(n_seeds),
        classes=("length",),
        task="regression",
        rows=np.zeros((n_rows, 1)),
        labels=np.zeros((n_rows, 1)),
        prediction=np.random.default_rng(0).normal(size=(n_seeds, n_rows, 1)),
        instances=[f"text {n}" for n in range(n_rows)],
        fingerprint="",
    )
    (picture,) = text_difference_pictures(None, evaluation)
    tables = picture["spec"]["datasets"].values()
    (dots,) = (table for table in tables if isinstance(table, dict))
    assert dots["n"] == n_seeds * n_rows
    assert sorted(dots["columns"]["label"]["d"]) == sorted(evaluation.instances)


def unpacked(held):
    """Return an array as `packing.packed` wrote it."""
    codes = np.frombuffer(base64.b64decode(held["b"]), dtype="<i2").astype(float)
    values = held["low"][0] + (codes + 32766) * held["step"][0]
    return values.reshape(held["s"])


def test_page_holds_words_not_rows(page_file):
    said = page_file.read_text()
    for words in ("5 texts explained", "All texts as a table", "Kernel SHAP", "Attention"):
        assert words in said
    for picture in ("method_agreement", "deletion", "attention_permutation"):
        assert f'id="picture-{picture}"' in said
    assert "Look at the data" not in said  # there is no map
    assert "thin </script>" not in said


def test_charts_that_would_hold_a_lone_dot_are_left_out(page_file, texts):
    assert 'id="picture-score_bins"' not in page_file.read_text()  # of five texts
    leading = texts.found[0]
    few, enough = (leading.sel(seed=leading.seeds[:n]) for n in (FEWEST - 1, FEWEST))
    assert seed_curve_pictures(few) == []
    assert [one["name"] for one in seed_curve_pictures(enough)] == ["seed_curve"]


@pytest.mark.parametrize(("counts", "drawn"), [((9, 4, 4), False), ((9, 5, 1), True)])
def test_a_course_needs_two_bins_of_enough_texts(counts, drawn):
    bins = pd.DataFrame({"score": "one", "n_defined": counts})
    other = pd.DataFrame({"score": "other", "n_defined": (7,)})
    assert has_course(pd.concat([bins, other])) == drawn


def test_numbers_are_those_of_the_explanations(texts):
    data = text_explorer_data(texts.found, measure_agreement(texts.found))
    for method, explanation in zip(data["methods"], texts.found, strict=True):
        mask = explanation.mask
        assert method["places"] == [np.flatnonzero(row).tolist() for row in mask]
        held = explanation.array("attribution")[:, mask]
        for output, packed in enumerate(method["attribution"]):
            if packed == "same":
                wanted = held[..., 0]
                shown = held[..., output]
            elif packed == "negative":
                wanted, shown = -held[..., 0], held[..., output]
            else:
                wanted, shown = held[..., output].reshape(-1, 1), unpacked(packed)
            np.testing.assert_allclose(shown, wanted, atol=2e-5 * (np.abs(held).max() + 1e-12))
    assert [one["text"] for one in data["texts"]] == TEXTS.tolist()


def test_chance_levels_are_those_of_each_text(texts):
    agreement = measure_agreement(texts.found)
    data = text_explorer_data(texts.found, agreement)
    for method, explanation in zip(data["methods"], texts.found, strict=True):
        leading = leading_name(explanation)
        place = agreement.scores_at_rows(method["name"]).index(leading)
        wanted = score_rows(explanation, leading).frame["null"].to_numpy()
        held = method["nulls"][place]
        np.testing.assert_allclose(np.array(held, dtype=float), wanted, rtol=2e-3)
        for sentence, null in zip(method["sentences"], wanted, strict=True):
            assert f"would reach {null:.0%}." in sentence or "no two seeds" in sentence
    shap = np.array(data["methods"][2]["nulls"][0], dtype=float)
    assert len(set(shap.tolist())) > 1  # texts of different lengths


def test_attention_is_the_same_for_every_answer(texts):
    data = text_explorer_data(texts.found, None)
    by_name = {method["name"]: method for method in data["methods"]}
    assert by_name["attention"]["attribution"][1] == "same"
    assert not by_name["attention"]["by_output"]
    assert by_name["kernel_shap"]["attribution"][1] == "negative"
    assert by_name["counterfactuals"]["replacements"][0] == ""


def test_methods_may_differ_in_their_texts(texts):
    some = texts.found[2].sel(instance=["c", "a"])
    data = text_explorer_data([texts.found[0].sel(instance=["a", "b"]), some], None)
    assert [one["text"] for one in data["texts"]] == [TEXTS["a"], TEXTS["b"], TEXTS["c"]]
    assert data["methods"][1]["rows"] == [2, 0]


@pytest.mark.parametrize("place", range(len(METHODS)))
def test_words_fit_the_method(texts, place):
    words = text_words(texts.found[place])
    assert words.name == METHODS[place]
    heading = words.heading("class1")
    assert ("class1" in heading) == words.by_output
    assert ("speak for and against" in heading) == (METHODS[place] == "kernel_shap")


def test_one_seed_has_a_page_too(texts, tmp_path):
    alone = xg.explain(texts.ensemble.select([0]), TEXTS, method="saliency")
    assert "One seed" not in xg.report(alone, tmp_path / "one.html").read_text()


def test_views_are_refused(texts, tmp_path):
    with pytest.raises(InputError, match=r"views=None for explanations of texts"):
        xg.report(texts.found, tmp_path / "x.html", views=[("a", "b")])


@pytest.fixture(scope="module")
def failing(texts):
    """Anchors and counterfactuals that may not choose enough words."""
    rows = {"max_words": 1, "threshold": 0.999, "n_samples": 5000, "random_state": 0}
    anchors = xg.explain(texts.ensemble, TEXTS, method="anchors", background=TEXTS, **rows)
    changes = xg.explain(
        texts.ensemble, TEXTS, method="counterfactuals", max_changes=1, changes="delete"
    )
    for found, name in ((anchors, "met"), (changes, "valid")):
        assert 0 < found.array(name).sum() < found.array(name).size
    return anchors, changes


def test_what_came_of_each_search_is_on_the_page(failing):
    anchors, changes = failing
    rules, changed = text_explorer_data(failing, measure_agreement(failing))["methods"]
    for entry, explanation, name in ((rules, anchors, "met"), (changed, changes, "valid")):
        worked = np.frombuffer(base64.b64decode(entry["worked"]["b"]), dtype="<u1")
        np.testing.assert_array_equal(worked, explanation.array(name).ravel())
    for name in ("precision", "coverage"):
        np.testing.assert_allclose(unpacked(rules[name]), anchors.array(name).reshape(-1, 1), 1e-4)
    after = changes.array("changed_prediction")
    np.testing.assert_allclose(
        unpacked(changed["changed_confidence"]), after.max(axis=-1).reshape(-1, 1), 1e-4
    )
    assert changed["wanted"] == ""


@pytest.fixture(scope="module")
def cut():
    """Texts of which one has words that are not known and one an end that is not read."""
    ensemble = linear_text_ensemble(tuple(TEXTS), n_seeds=3, max_tokens=7, pooled=True)
    given = pd.Series({"k": "a zebra film", "l": f"{TEXTS['a']} , fine acting"})
    with pytest.warns(LongTextWarning):
        return xg.explain(ensemble, pd.concat([given, TEXTS]), method="saliency")


def test_words_not_known_and_ends_not_read_are_told(cut):
    known, long, *_ = text_explorer_data([cut], measure_agreement([cut]))["texts"]
    assert (known["unknown"], known["unread"]) == ([1], [])
    assert (long["unknown"], long["unread"]) == ([], [",", "fine", "acting"])
    page = summarise_texts(
        [cut],
        agreement=measure_agreement([cut]),
        shown=shown_rows([cut], measure_agreement([cut]), 10),
        evaluation=None,
        audit=None,
        title=None,
        notes=None,
    )
    assert page["verdict"][-1] == (
        "Of 2 of 7 texts the models did not read the end: they read 7 tokens, and nothing here "
        "speaks of what is beyond."
    )


@pytest.mark.browser
def test_browser_marks_words_not_known_and_ends_not_read(cut, tmp_path, open_page):
    opened = open_page(xg.report(cut, tmp_path / "cut.html"))
    page = opened.page
    page.wait_for_selector(".seeds-words tr.seed")
    choose = "(row) => window.xaigeoReport.choose({ row })"
    page.evaluate(choose, 0)
    assert page.locator(".seeds-words tr.seed .unknown").all_text_contents() == ["zebra"] * 3
    assert page.locator("#unread-sentence").text_content() == ""
    assert "the tokenizer does not know" in page.locator("#reading").text_content()
    page.evaluate(choose, 1)
    assert page.locator(".seeds-words .unknown").count() == 0
    assert "“, fine acting”" in page.locator("#unread-sentence").text_content()
    assert page.locator(".seeds-words tr.seed").first.text_content().endswith("… 3 not read")
    assert opened.problems == []


@pytest.mark.browser
def test_browser_s_spread_is_that_of_seeds_that_answer_alike(page_file, open_page, texts):
    page = open_page(page_file).page
    page.wait_for_selector(".seeds-words tr.seed")
    shap = texts.found[2]
    for i in range(len(TEXTS)):
        page.evaluate("(row) => window.xaigeoReport.choose({ method: 2, row })", i)
        votes = shap.predicted[:, i]
        leader = int(majority(shap.array("prediction"))[i])
        values = shap.array("attribution")[votes == leader, i][:, shap.mask[i], leader]
        told = page.locator(".seeds-words tr.spread small").text_content()
        assert float(told.split()[-1]) == pytest.approx(values.std(axis=0, ddof=1).max(), abs=2e-3)
        assert ("those that answer" in told) == (len(values) < len(shap.seeds))


def test_words_that_count_most_keep_their_own_nouns(texts):
    explained = texts.found[2]
    doubled = xg.explain(texts.ensemble, pd.concat([TEXTS, TEXTS.rename(index=str.upper)]),
                         method="saliency")  # fmt: skip
    pictures = text_reason_pictures([doubled], doubled)
    assert pictures[0]["name"] == "attribution_importance"
    assert told_of_texts(pictures[0], ()) is pictures[0]
    assert "feature" not in json.dumps(pictures[0])
    # Of five short texts too few words stand at five places.
    assert text_reason_pictures([explained], explained)[0]["name"] != "attribution_importance"


@pytest.mark.browser
def test_browser_tells_searches_that_found_nothing(failing, tmp_path, open_page):
    anchors, changes = failing
    opened = open_page(xg.report(failing, tmp_path / "failing.html"))
    page = opened.page
    page.wait_for_selector(".seeds-words tr.seed")
    after = changes.array("changed_prediction")
    for i in range(len(TEXTS)):
        page.evaluate(f"() => window.xaigeoReport.choose({{ method: 0, row: {i} }})")
        said = page.locator(".seeds-words .outcome").all_text_contents()
        for s, sentence in enumerate(said):
            assert f"precision {anchors.array('precision')[s, i]:.2f}" in sentence
            assert ("not shown to be" in sentence.lower()) != bool(anchors.array("met")[s, i])
        short = anchors.array("chosen")[:, i][~anchors.array("met")[:, i].astype(bool)].sum()
        assert page.locator(".seeds-words .short").count() == short
        page.evaluate(f"() => window.xaigeoReport.choose({{ method: 1, row: {i} }})")
        said = page.locator(".seeds-words .outcome").all_text_contents()
        for s, sentence in enumerate(said):
            answer = f"{changes.outputs[after[s, i].argmax()]} {after[s, i].max():.2f}."
            if changes.array("valid")[s, i]:
                assert sentence == f"1 word changed: then {answer}"
            else:
                assert sentence == (
                    f"No change of words found; nearest of those tried: still {answer}"
                )
        valid = changes.array("valid")[:, i].astype(bool)
        assert page.locator(".seeds-words .struck").count() == valid.sum()
    assert opened.problems == []


@pytest.mark.browser
def test_browser_colours_the_words_of_every_seed(page_file, open_page, texts):
    opened = open_page(page_file)
    page = opened.page
    page.wait_for_selector(".seeds-words tr.seed")
    assert page.locator(".seeds-words tr.seed").count() == 6
    drawn = page.evaluate(
        """() => {
            const { state, choose, drawnWords } = window.xaigeoReport;
            const one = { label: null };
            choose({ method: 2, row: 0, scale: "all" });
            const { raw, words, places, output } = drawnWords();
            return { raw, words, places, output, colours:
                [...document.querySelectorAll(".seeds-words tr.seed")].map((row) =>
                    [...row.querySelectorAll(".word")].map((part) => part.style.background)) };
        }"""
    )
    shap = texts.found[2]
    wanted = shap.array("attribution")[:, 0, : len(drawn["words"]), drawn["output"]]
    np.testing.assert_allclose(drawn["raw"], wanted, atol=1e-4 * np.abs(wanted).max())
    assert drawn["words"] == shap.tokens[0]
    strongest = np.unravel_index(np.abs(wanted).argmax(), wanted.shape)
    assert "58%" in drawn["colours"][strongest[0]][strongest[1]]
    assert opened.problems == []


@pytest.mark.browser
def test_browser_marks_words_of_anchors_and_counterfactuals(page_file, open_page, texts):
    page = open_page(page_file).page
    page.wait_for_selector(".seeds-words tr.seed")
    for place, mark, worked in ((3, "enough", "met"), (4, "struck", "valid")):
        page.evaluate(f"() => window.xaigeoReport.choose({{ method: {place}, row: 1 }})")
        chosen = texts.found[place].array("chosen")[:, 1].astype(bool)
        found = texts.found[place].array(worked)[:, 1].astype(bool)
        assert page.locator(f".seeds-words .{mark}").count() == int(chosen[found].sum())
        assert page.locator(".seeds-words .short").count() == int(chosen[~found].sum())
    page.click("#next")
    page.locator("#everything > summary").click()
    page.wait_for_selector("#all-rows tbody tr")
    assert page.locator("#all-rows tbody tr").count() == len(TEXTS)


@pytest.mark.browser
def test_browser_prints_the_texts_to_look_at_first(page_file, open_page):
    opened = open_page(page_file)
    page = opened.page
    page.wait_for_selector(".seeds-words tr.seed")
    table = """() => [...document.querySelectorAll("#all-rows tr")].map((row) =>
        [...row.children].map((cell) => cell.textContent))"""
    page.evaluate("() => { document.querySelector('#everything').open = true; }")
    page.wait_for_selector("#all-rows tbody tr")
    before = page.evaluate(table)
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    printed = page.evaluate(table)
    listed = page.locator("#row option").all_text_contents()
    assert [row[0] for row in printed[1:]] == [text.split(":")[0] for text in listed]
    assert "Group" in before[0]
    assert "Group" not in printed[0]
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(table) == before
    assert opened.problems == []
