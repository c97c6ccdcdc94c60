import json
from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from tests.text_models import TEXTS, linear_text_ensemble
from tests.viz.text_results import attention_result, token_result
from xaigeo import explain
from xaigeo.errors import InputError
from xaigeo.viz.dark import DARK, DARK_PAPER, darkened
from xaigeo.viz.theme import INK, NEGATIVE, POSITIVE
from xaigeo.viz.token_attributions import token_attributions, token_rows
from xaigeo.viz.token_layers import DEEP, STEP_COLOURS
from xaigeo.viz.token_rows import CHOSEN, STEPS, STRONGEST

TEXT = [["a", "very", "good", "film"]]
VALUES = np.array(
    [
        [[0.1, 0.2, 0.6, 0.1]],
        [[0.5, 0.1, 0.3, 0.1]],
        [[0.1, 0.1, 0.7, 0.1]],
        [[0.0, 0.9, 0.1, 0.0]],
    ]
)
PROBABILITY = [[0.9], [0.7], [0.8], [0.2]]


@pytest.fixture
def attention():
    return attention_result(TEXT, VALUES, PROBABILITY)


def drawn(chart, make, *, compiled=False):
    spec = chart.to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    if compiled:
        assert vl_convert.vegalite_to_svg(spec).startswith("<svg")
    return spec, tables


def title(chart):
    return " ".join(chart.to_dict()["title"]["text"])


def notes(chart):
    return " ".join(chart.to_dict()["title"]["subtitle"])


def test_a_row_a_seed_and_one_of_the_mean(attention, make):
    _, tables = drawn(token_attributions(attention), make, compiled=True)
    rows = [row["label"] for row in tables["rows"]]
    assert rows == ["Mean", "Seed 0", "Seed 1", "Seed 2", "Seed 3"]
    assert [row["number"] for row in tables["rows"]] == ["0.80", "0.90", "0.70", "0.80", "0.80"]
    for word in tables["words"]:
        place = TEXT[0].index(word["word"])
        values = VALUES[:, 0, place]
        own = values[:3].mean() if word["seed"] == "mean" else values[int(word["seed"])]
        assert float(word["attribution"]) == pytest.approx(own, rel=1e-4)


def test_deviations_are_those_of_the_seeds_that_answer_alike(attention, make):
    _, tables = drawn(token_attributions(attention), make)
    wanted = VALUES[:3, 0].std(axis=0, ddof=1)
    assert [bar["sd"] for bar in tables["spread"]] == pytest.approx(wanted, rel=1e-4)
    lengths = np.array([bar["y2"] - bar["y1"] for bar in tables["spread"]])
    assert lengths / lengths.max() == pytest.approx(wanted / wanted.max(), abs=1e-3)
    assert f"the longest {wanted.max():.2g}" in notes(token_attributions(attention))


def test_every_row_has_the_same_layout(attention, make):
    _, tables = drawn(token_attributions(attention, width=200), make)
    places = {}
    for word in tables["words"]:
        places.setdefault(word["seed"], []).append((word["x1"], word["x2"]))
    assert len({tuple(one) for one in places.values()}) == 1
    assert max(word["x2"] for word in tables["words"]) <= 200


def test_seeds_that_answer_otherwise_stand_under_their_own_heading(attention, make):
    spec, tables = drawn(token_attributions(attention), make)
    assert [row["text"] for row in tables["answers"]] == [
        "Answer “positive”: 3 of 4 seeds",
        "Answer “negative”: 1 of 4 seeds",
    ]
    below = tables["answers"][1]
    assert below["y1"] < tables["rows"][-1]["y"] < below["y2"]
    assert "the 3 seeds that give the answer of most" in " ".join(spec["title"]["subtitle"])


@pytest.mark.parametrize("normalise", ["seed", "common"])
def test_colours_are_shares_of_the_largest(attention, make, normalise):
    _, tables = drawn(token_attributions(attention, normalise=normalise), make)
    for word in tables["words"]:
        if word["seed"] == "mean":
            continue
        values = VALUES[int(word["seed"]), 0]
        reach = values.max() if normalise == "seed" else VALUES.max()
        share = values[TEXT[0].index(word["word"])] / reach
        assert word["step"] == min(int(share * STEPS), STEPS - 1)
    said = "of the largest in its row" if normalise == "seed" else "of the largest of all"
    assert said in notes(token_attributions(attention, normalise=normalise))


def test_signs_have_their_colours_and_sizes_their_strength(make):
    signed = token_result(TEXT, VALUES - 0.25, PROBABILITY)
    spec, tables = drawn(token_attributions(signed), make, compiled=True)
    for word in tables["words"]:
        assert word["above"] == (word["attribution"] >= 0)
    one = [word for word in tables["words"] if word["seed"] == "3"]
    sizes = np.abs(VALUES[3, 0] - 0.25)
    assert [word["strength"] for word in one] == pytest.approx(
        STRONGEST * sizes / sizes.max(), rel=1e-3
    )
    written = json.dumps(spec)
    assert POSITIVE in written
    assert NEGATIVE in written
    assert "Orange speaks for the answer “positive”, blue against it" in notes(
        token_attributions(signed)
    )
    gradient = token_result(TEXT, VALUES, PROBABILITY, parameters={"absolute": False})
    assert "Orange: above zero for the answer “positive”" in notes(token_attributions(gradient))


def luminance(colour):
    code = {"white": "#ffffff"}.get(colour, colour)
    parts = [int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(colour, paper, share):
    code = {"white": "#ffffff"}.get(paper, paper)
    both = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in (colour, code)]
    parts = [round(share * a + (1 - share) * b) for a, b in zip(*both, strict=True)]
    return "#" + "".join(f"{part:02x}" for part in parts)


@pytest.mark.parametrize("dark", [False, True])
def test_words_are_readable_on_every_colour(dark):
    def looks(colour):
        return DARK[colour] if dark else colour

    for step, colour in enumerate(STEP_COLOURS):
        letters = "white" if step >= DEEP else INK
        assert contrast(looks(letters), looks(colour)) >= 4.5
    for colour in (POSITIVE, NEGATIVE):
        paper = DARK_PAPER if dark else "white"
        strongest = mixed(looks(colour), paper, STRONGEST)
        assert contrast(looks(INK), strongest) >= 4.5


def test_dark_paper_changes_every_colour(attention):
    spec = darkened(token_attributions(attention).to_dict())
    written = json.dumps({k: v for k, v in spec.items() if k != "datasets"})
    assert [colour for colour in DARK if f'"{colour}"' in written] == []


def test_finding_counts_the_leading_words(attention):
    assert title(token_attributions(attention)) == (
        "3 of 4 seeds answer “positive”, but 2 different words lead: “good” in 2"
    )
    assert title(token_attributions(attention, seeds=[0, 1])) == (
        "Both seeds answer “positive”, but another word leads in each"
    )
    alike = attention.sel(seed=[0, 2])
    assert title(token_attributions(alike)) == (
        "Both seeds answer “positive”, and “good” leads in both seeds"
    )
    assert title(token_attributions(attention, seeds=[3])) == (
        "Seed 3 answers “negative”: “very” counts most"
    )
    assert title(token_attributions(attention, seeds=[0, 3])).startswith(
        "No two seeds answer alike; seed "
    )
    nothing = attention_result(TEXT, 0 * VALUES, PROBABILITY)
    assert title(token_attributions(nothing)).endswith("answer “positive”, and no word counts")


def test_headings_tell_which_answer_colours_speak_for(make):
    three = token_result(TEXT, -VALUES[:3], [[0.9], [0.2], [0.25]], classes=["A", "B", "C"])
    prediction = three.array("prediction").copy()
    prediction[:, 0] = [[0.1, 0.1, 0.8], [0.2, 0.6, 0.2], [0.7, 0.1, 0.2]]
    prediction = (three.data["prediction"].dims, prediction)
    three = replace(three, data=three.data.assign(prediction=prediction))
    chart = token_attributions(three, output="C")
    _, tables = drawn(chart, make)
    assert sorted(row["text"] for row in tables["answers"]) == [
        "Answer “A”: 1 of 3 seeds, coloured for “C”",
        "Answer “B”: 1 of 3 seeds, coloured for “C”",
        "Answer “C”: 1 of 3 seeds",
    ]
    assert title(chart).endswith("counts most, against “C”")
    gradient = token_result(TEXT, -VALUES[:1], [[0.9]], parameters={"absolute": False})
    assert title(token_attributions(gradient)).endswith("counts most, below zero for “positive”")


def test_words_that_stand_twice_are_one_word():
    values = [[[0.9, 0.1, 0.0]], [[0.0, 0.1, 0.9]]]
    twice = attention_result([["good", "and", "good"]], values, [[0.9], [0.8]])
    assert title(token_attributions(twice)).endswith("and “good” leads in both seeds")


def test_seeds_that_do_not_differ_have_no_bars(make):
    same = attention_result(TEXT, np.repeat(VALUES[:1], 3, axis=0), [[0.9]] * 3)
    _, tables = drawn(token_attributions(same), make)
    assert "spread" not in tables
    assert "which do not differ" in notes(token_attributions(same))


def test_a_regression_has_no_answers(make):
    result = token_result(TEXT, VALUES, [[1.5], [2.5], [3.0], [3.25]], regression=True)
    chart = token_attributions(result)
    _, tables = drawn(chart, make)
    assert "answers" not in tables
    assert [row["number"] for row in tables["rows"]] == ["2.56", "1.5", "2.5", "3", "3.25"]
    assert title(chart).startswith("4 seeds predict 1.5 to 3.25, but ")
    assert "the prediction of “score”" in notes(chart)


def test_eight_classes_and_one_seed(make):
    classes = [f"class {n}" for n in range(8)]
    result = token_result(TEXT, VALUES[:1], [[0.6]], classes=classes)
    _, tables = drawn(token_attributions(result), make)
    assert [row["text"] for row in tables["answers"]] == ["Answer “class 7”"]
    assert [row["label"] for row in tables["rows"]] == ["Seed 0"]


def test_unknown_and_unexplained_words_are_told(make):
    result = attention_result(
        [["[CLS]", "a", "florid", "film"]],
        VALUES,
        PROBABILITY,
        unknown=("florid",),
        special=("[CLS]",),
    )
    chart = token_attributions(result)
    spec, tables = drawn(chart, make)
    own = {word["word"]: word for word in tables["words"] if word["seed"] == "0"}
    assert not own["florid"]["known"]
    assert own["film"]["known"]
    assert not own["[CLS]"]["explained"]
    said = "Italic over dots: a word that the tokenizer does not know. Grey: not explained."
    assert said in notes(chart)
    assert '"italic"' in json.dumps(spec)
    assert _dots(spec)
    assert not _dots(token_attributions(attention_result(TEXT, VALUES, PROBABILITY)).to_dict())


def _dots(spec):
    return [
        layer
        for layer in spec["layer"]
        if layer["mark"]["type"] == "rule" and "strokeDash" in layer["mark"]
    ]


@pytest.mark.parametrize(("n", "said"), [(1, "The last token was"), (3, "The last 3 tokens were")])
def test_of_a_text_that_was_cut_it_is_told_how_much_was_not_read(make, n, said):
    result = attention_result(TEXT, VALUES, PROBABILITY)
    cut = result.data.assign_coords(
        text=("instance", np.array([" ".join([*TEXT[0], *["good"] * n])], dtype=object))
    )
    chart = token_attributions(replace(result, data=cut))
    _, tables = drawn(chart, make, compiled=True)
    assert notes(chart).endswith(f"{said} not read: the models take 4 of a text.")
    assert [end["text"] for end in tables["ends"]] == [f"… {n} not read"] * 5
    right = max(word["x2"] for word in tables["words"])
    assert all(end["x"] > right for end in tables["ends"])
    last = {word["seed"]: word["y"] for word in tables["words"]}
    assert {end["seed"]: end["y"] for end in tables["ends"]} == last
    whole = token_attributions(result)
    assert "not read" not in notes(whole)
    assert not drawn(whole, make)[1].get("ends")


def test_of_a_long_text_the_stretch_that_counts_most_is_drawn(make):
    text = [f"w{n}" for n in range(40)]
    values = np.zeros((2, 1, 40))
    values[:, :, 30] = 1.0
    result = attention_result([text], values, [[0.9], [0.9]])
    chart = token_attributions(result, max_words=10)
    _, tables = drawn(chart, make)
    own = [word["word"] for word in tables["words"] if word["seed"] == "0"]
    assert len(own) == 10
    assert "w30" in own
    first = int(own[0][1:])
    assert f"Words {first + 1} to {first + 10} of 40, where most counts." in notes(chart)


def test_twenty_seeds_of_a_long_text_at_the_narrowest(make):
    rng = np.random.default_rng(0)
    text = ["extraordinarily" if n % 7 == 0 else "so" for n in range(40)]
    result = attention_result([text], rng.uniform(size=(20, 1, 40)), rng.uniform(size=(20, 1)))
    for width in (120, 400):
        _, tables = drawn(token_attributions(result, width=width), make)
        assert max(float(word["x2"]) for word in tables["words"]) <= width
        assert len(tables["words"]) == 21 * 40


@pytest.fixture
def rules():
    chosen = VALUES > 0.25
    arrays = {
        "chosen": chosen,
        "precision": np.full((4, 1), 0.97),
        "met": np.array([[True], [False], [True], [True]]),
    }
    return token_result(TEXT, chosen.astype(float), PROBABILITY, method="anchors", arrays=arrays)


def test_words_of_rules_are_outlined(rules, make):
    chart = token_attributions(rules)
    _, tables = drawn(chart, make, compiled=True)
    chosen = [(w["seed"], w["word"]) for w in tables["words"] if w["chosen"]]
    assert chosen == [("0", "good"), ("1", "a"), ("1", "good"), ("2", "good"), ("3", "very")]
    assert title(chart) == (
        "3 of 4 seeds answer “positive”, with 2 different rules: 3 of 3 choose “good”"
    )
    assert "Dashed outline: not shown to reach the precision that is asked." in notes(chart)
    svg = vl_convert.vegalite_to_svg(chart.to_dict())
    assert svg.count('stroke-dasharray="3,2"') == 2  # both words of seed 1
    mean = {w["word"]: w["attribution"] for w in tables["words"] if w["seed"] == "mean"}
    assert mean["a"] == pytest.approx(1 / 3, rel=1e-4)
    assert "precision 0.97, not shown to be enough" in {row["said"] for row in tables["rows"]}
    alike = title(token_attributions(rules, seeds=[0, 2]))
    assert alike == "Both seeds answer “positive”, and “good” is enough for both seeds"
    assert title(token_attributions(rules, seeds=[3])) == (
        "Seed 3 answers “negative”, and “very” is enough"
    )
    assert title(token_attributions(rules, seeds=[1])) == (
        "Seed 1 answers “positive”, and it chooses “a”, “good”, not shown to be enough"
    )
    met = np.array([[True], [False], [False], [True]])
    chosen = np.repeat(rules.array("chosen")[:1], 4, axis=0)
    data = rules.data.assign(
        met=(("seed", "instance"), met),
        chosen=(rules.data["chosen"].dims, chosen),
        attribution=rules.data["attribution"].isel(seed=[0] * 4).assign_coords(seed=range(4)),
    )
    assert title(token_attributions(replace(rules, data=data))).endswith(
        "and all choose “good”, shown to be enough in 1 of 3"
    )


def test_rules_without_a_word_are_told(rules):
    data = rules.data.assign(
        chosen=rules.data["chosen"] & False, attribution=0.0 * rules.data["attribution"]
    )
    unmet = title(token_attributions(replace(rules, data=data)))
    assert unmet.endswith("and all choose no word, shown to be enough in 2 of 3")
    empty = replace(rules, data=data.assign(met=rules.data["met"] | True))
    assert title(token_attributions(empty)).endswith("and no word is needed for all 3 seeds")
    assert "Where none is outlined, the answer holds without any." in notes(
        token_attributions(empty)
    )


@pytest.fixture
def changes():
    chosen = VALUES > 0.25
    replacement = np.full(VALUES.shape, -1.0)
    replacement[0, 0, 2] = 2.0  # the word "film"
    after = np.array([[[0.7, 0.3]], [[0.6, 0.4]], [[0.4, 0.6]], [[0.1, 0.9]]])
    arrays = {
        "chosen": chosen,
        "replacement": replacement,
        "valid": np.array([[True], [True], [False], [True]]),
        "n_changed": chosen.sum(axis=-1),
        "target": np.array([[0], [0], [0], [1]]),
        "changed_prediction": after,
    }
    values = chosen.astype(float)
    return token_result(TEXT, values, PROBABILITY, method="counterfactuals", arrays=arrays)


def test_changed_words_are_struck_over_what_takes_their_place(changes, make):
    chart = token_attributions(changes)
    _, tables = drawn(chart, make, compiled=True)
    told = {(w["seed"], w["word"]): w["replacement"] for w in tables["words"] if w["chosen"]}
    word = changes.schema.tokenizer.shown(2)
    assert told == {
        ("0", "good"): word,
        ("1", "a"): "removed",
        ("1", "good"): "removed",
        ("2", "good"): "removed (tried)",
        ("3", "very"): "removed",
    }
    steps = {w["seed"]: w["step"] for w in tables["words"] if w["chosen"]}
    assert steps == {"0": CHOSEN, "1": CHOSEN, "2": 0, "3": CHOSEN}
    share = {w["word"]: w["attribution"] for w in tables["words"] if w["seed"] == "mean"}
    assert share["good"] == pytest.approx(2 / 3, rel=1e-4)  # seed 2 found none
    assert "Dashed outline: no change was found; of those tried this came nearest." in notes(chart)
    assert {end["seed"]: end["text"] for end in tables["ends"]} == {
        "0": "→ negative 0.70",
        "1": "→ negative 0.60",
        "3": "→ positive 0.90",
    }
    assert "It then says what follows the arrow." in notes(chart)
    assert [row["said"] for row in tables["rows"]] == [
        "",
        "then “negative” 0.70",
        "then “negative” 0.60",
        "no change found",
        "then “positive” 0.90",
    ]
    assert title(chart) == (
        "3 of 4 seeds answer “positive”, with 2 different changes: 2 of 2 change “good”; "
        "1 seed found none"
    )


def test_no_change_or_one(changes):
    none = token_attributions(changes, seeds=[2])
    assert title(none) == "Seed 2 answers “positive”, and no change of words was found"
    assert "answers otherwise" not in notes(none)
    assert "Dashed outline: no change was found" in notes(none)
    written = json.dumps(none.to_dict()["layer"])
    assert "datum.chosen && datum.met === false" in written
    assert '"strokeWidth": 1.4' not in written  # nothing is struck through
    whole = token_attributions(changes, seeds=[0, 1])
    assert "Dashed" not in notes(whole)
    assert "datum.chosen && datum.met === false" not in json.dumps(whole.to_dict()["layer"])
    one = token_attributions(changes, seeds=[0, 2])
    assert title(one).endswith("and 1 that finds a way changes “good”; 1 seed found none")


@pytest.mark.parametrize("method", ["attention", "kernel_shap", "saliency"])
def test_what_methods_give(method, make):
    ensemble = linear_text_ensemble(n_seeds=3, pooled=True, marked=True, max_tokens=12)
    result = explain(ensemble, TEXTS, method=method)
    for label in result.instances[:2]:
        _, tables = drawn(token_attributions(result, label), make)
        assert len(tables["words"]) % len(result.tokens[0]) == 0 or label != result.instances[0]


def test_errors(attention, study):
    with pytest.raises(InputError, match="TokenAttributions for the words of a text, got Attrib"):
        token_attributions(study.by_method["kernel_shap"])
    with pytest.raises(InputError, match="normalise to be one of 'seed', 'common', got 'row'"):
        token_attributions(attention, normalise="row")
    with pytest.raises(InputError, match=r"an instance of the explanation \(t0\), got 'x'"):
        token_attributions(attention, "x")
    with pytest.raises(InputError, match=r"a seed of the explanation .*, got 9\."):
        token_attributions(attention, seeds=[9])
    with pytest.raises(InputError, match=r"an output of the explanation .* got 'neutral'"):
        token_attributions(attention, output="neutral")
    with pytest.raises(InputError, match="max_words to be a whole number of at least 1"):
        token_attributions(attention, max_words=0)
    with pytest.raises(InputError, match="width to be a whole number of at least 120"):
        token_attributions(attention, width=50)


def test_charts_join(attention):
    chart = token_attributions(attention)
    assert "config" in (chart & chart).to_dict()
    assert token_rows(attention).width == 620
