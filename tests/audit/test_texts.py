"""The audit of texts: attributions are judged, words carry over, padding is no attribution."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from xaigeo.agreement import same_answer_different_reason, summary
from xaigeo.agreement.intraclass_of_texts import text_icc_terms
from xaigeo.audit import audit
from xaigeo.audit.finding import Finding
from xaigeo.audit.item import ITEMS, Missing

LENGTHS = [4, 5, 6, 7, 8, 9] * 5
N_SEEDS = 6


@pytest.fixture
def mask(texts):
    return texts.ragged_mask(LENGTHS, 10)


@pytest.fixture
def make(build, texts, mask, rng, record):
    """Return a maker of attributions of six seeds that agree closely."""
    tokens = rng.integers(1, 30, mask.shape).astype(float)
    ranked = np.where(mask, 2.0 ** np.argsort(rng.random(mask.shape), axis=1), 0.0)
    base = ranked * rng.choice([-1.0, 1.0], mask.shape)

    def make(method="lime", *, noise=0.02, values=None, arrays=(), where=mask, **info):
        if values is None:
            values = base + noise * texts.some_values(rng, N_SEEDS, where)
        given = np.where(where, values, 0.0)
        return texts.make_tokens(
            build,
            given,
            where,
            tokens=tokens,
            method=method,
            arrays=arrays,
            **({"record": record} | info),
        )

    return make


@pytest.fixture
def anchors(make, mask):
    cross = np.full((N_SEEDS, N_SEEDS, len(LENGTHS)), 0.93)
    ones = np.ones((N_SEEDS, len(LENGTHS)))
    chosen = np.broadcast_to(mask & (np.arange(10) < 2), (N_SEEDS, *mask.shape))
    arrays = {
        "chosen": chosen,
        "precision": 0.97 * ones,
        "met": ones.astype(bool),
        "cross_precision": cross,
    }
    return make("anchors", values=chosen.astype(float), arrays=arrays)


@pytest.fixture
def counterfactuals(make, mask):
    ones = np.ones((N_SEEDS, len(LENGTHS)))
    chosen = np.broadcast_to(mask & (np.arange(10) < 1), (N_SEEDS, *mask.shape))
    arrays = {
        "chosen": chosen,
        "valid": ones.astype(bool),
        "target": np.zeros(ones.shape, dtype=int),
        "changed_prediction": np.stack([0.8 * ones, 0.2 * ones], axis=-1),
        "cross_validity": np.ones((N_SEEDS, N_SEEDS, len(LENGTHS)), dtype=bool),
    }
    return make("counterfactuals", values=chosen.astype(float), arrays=arrays)


def test_every_item_that_has_sense_is_answered(make, anchors, counterfactuals):
    attention = make("attention", additive=True)
    answer = audit(
        [
            anchors,
            counterfactuals,
            attention,
            make("attention", additive=True, created_at="2020-01-02T00:00:00+00:00"),
            make("attention", random_state=1),
            make("saliency"),
        ],
        groups={"source": ["a", "b"] * 15},
        thresholds={"R2": {"min_rows": 5}},
    )
    found = {finding.id: finding for finding in answer.findings}
    told = {name for name, finding in found.items() if finding.value is not None}
    assert told >= {
        *("P1", "P2", "P3", "M2", "M3", "F1", "F2"),
        *("A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "R2", "C1", "C2", "C4"),
    }
    assert found["A1"].evidence["method"] == "attention"
    assert {"anchors", "counterfactuals"}.isdisjoint(found["A1"].evidence["by_method"])
    for name in ("A1", "A2", "A3", "A4", "A6", "A7", "C1"):
        assert "feature" not in found[name].reason, name
        assert "token" in found[name].reason, name
    for name in told:
        assert re.search(r"\brows?\b", found[name].reason) is None, found[name].reason
    assert "on 30 of 30 texts the seeds agree on the order" in found["A4"].reason
    assert "(text × token × output)" in found["C1"].reason
    assert found["A4"].status == found["A2"].status == "pass"
    assert found["A8"].value == pytest.approx(0.93)
    assert "of the texts with their words" in found["A8"].reason
    assert found["A8"].null == pytest.approx(1.0)  # every background text has the answer
    assert found["A9"].value == 1.0
    assert found["A9"].null == 0.0
    assert "of 29 different words" in found["C2"].reason
    nouns = re.compile(r"\b(?:rows?|features?|instances?)\b")
    for finding in answer.findings:
        assert nouns.search(f"{finding.question} {finding.metric}") is None, finding.id
    assert found["A2"].question == "Do the seeds name the same top tokens?"
    assert answer.of_texts
    assert ", texts of up to 10 tokens\n" in answer.to_markdown()
    assert nouns.search(answer.to_markdown()) is None
    assert json.loads(json.dumps(answer.to_dict()))
    assert "feature" not in found["C2"].reason


def test_numbers_are_those_of_explained_tokens(make, evidence, mask, rng, texts):
    loose = make(values=rng.normal(size=(N_SEEDS, *mask.shape)))
    found = evidence(loose)
    table = summary(loose, n_bootstrap=0).set_index("score")["value"]
    a1 = found.outcome("A1")
    assert a1.value == pytest.approx(table["icc_agreement"])
    assert "1 where all variation in the attributions within a text comes from its tokens" in (
        a1.reason
    )
    assert a1.evidence["form"] == "ICC(2,1) within texts"
    assert "f_interval" not in a1.evidence
    assert found.outcome("A2").value == pytest.approx(table["stability"])
    assert found.outcome("A3").value == pytest.approx(table["sign_consensus"])
    listed = same_answer_different_reason(loose)
    assert found.outcome("A6").value == pytest.approx(listed["flagged"].mean())
    assert found.outcome("A4").value < 0.3
    assert found.outcome("C1").value == 1
    assert f" {2 * mask.sum()} attributions" in found.outcome("C1").reason


def test_lengths_of_texts_do_not_pass_as_agreement(make, evidence, mask, rng):
    shares = np.where(mask, rng.uniform(0.5, 1.5, (N_SEEDS, *mask.shape)), 0.0)
    lengths = mask.sum(axis=1)
    unrelated = evidence(make(values=shares / lengths[:, None] ** 3)).outcome("A1")
    assert abs(unrelated.value) < 0.2
    assert abs(unrelated.null) < 0.1
    assert unrelated.low < 0.2


def test_a1_is_of_texts_with_two_tokens(make, evidence, mask):
    single = mask & (np.arange(10) < 1)
    assert evidence(make(where=single)).outcome("A1") == Missing(
        "Every text has a single token, so no correlation within a text is defined."
    )
    single[0] = mask[0]
    assert evidence(make(where=single)).outcome("A1") == Missing(
        "One explained text of two tokens or more gives no interval; explain at least two such "
        "texts."
    )
    single[1:6] = mask[1:6]
    told = evidence(make(where=single)).outcome("A1")
    assert told.n_rows == 6
    assert told.reason.endswith("24 texts of a single token are left out.")


def test_texts_of_a_single_token_are_left_out_and_said(make, evidence, mask):
    short = mask.copy()
    short[:3, 1:] = False
    found = evidence(make(where=short))
    for name in ("A2", "A3", "A6"):
        outcome = found.outcome(name)
        assert outcome.n_rows == len(LENGTHS) - 3, name
        assert outcome.at_best == "pass", name
        assert outcome.reason.endswith(" 3 texts of a single token are left out."), name
    short[:, 1:] = False
    short[:, 0] = True
    found = evidence(make(where=short))
    wanted = "Every text has a single token, of which nothing could be chosen."
    for name in ("A2", "A3", "A4", "A6", "C2"):
        assert found.outcome(name) == Missing(wanted), name


def test_texts_too_short_to_be_beyond_luck_do_not_count_against_the_seeds(make, evidence, mask):
    short = mask.copy()
    short[:4, 2:] = False
    outcome = evidence(make(where=short).sel(seed=[0, 1, 2, 3])).outcome("A4")
    assert outcome.value == 1
    assert outcome.n_rows == len(LENGTHS) - 4
    assert outcome.evidence["n_rows_too_short"] == 4
    assert "4 texts of too few tokens for full agreement to be beyond luck are left out" in (
        outcome.reason
    )
    short[:, 2:] = False
    told = evidence(make(where=short).sel(seed=[0, 1, 2, 3])).outcome("A4")
    assert told == Missing(
        "With 4 seeds and texts of up to 2 tokens, even full agreement would not be beyond luck."
    )


def test_texts_that_all_tie_are_undefined(make, evidence, mask):
    values = np.ones((N_SEEDS, *mask.shape))
    outcome = evidence(make(values=values)).outcome("A2")
    assert isinstance(outcome, Missing)
    assert "On 30 of 30 texts the attributions by lime tie across place 3" in outcome.reason


def test_methods_are_judged_on_the_tokens_of_both(make, evidence, mask):
    inner = mask & (np.arange(10) > 0)
    found = evidence(make("attention", noise=0.0), make("saliency", noise=0.0, where=inner))
    assert found.outcome("A7").value == 1
    assert found.outcome("A7").n_rows == len(LENGTHS)


def test_methods_of_other_texts_are_not_compared(make, evidence):
    one, other = make("attention"), make("saliency")
    told = [*other.texts[:-1], other.texts[-1] + " more"]
    other = replace(other, data=other.data.assign_coords(text=("instance", told)))
    assert evidence(one, other).outcome("A7") == Missing(
        "Only one attribution method explained these texts; pass another one."
    )


def test_backgrounds_are_compared_on_explained_tokens(make, evidence, mask, rng):
    one = make(noise=0.5)
    other = make(noise=0.5)
    rows = other.array("background").copy()
    rows[0, 0] += 1
    other.data["background"] = other.data["background"].copy(data=rows)
    other.provenance["background_sha256"] = "other"
    outcome = evidence(one, other).outcome("F5")
    values = np.stack([e.array("attribution")[..., 1] for e in (one, other)])
    terms = sum(
        text_icc_terms(values[:, :, text][:, :, mask[text]].reshape(2, 1, -1))[0]
        for text in range(len(mask))
    )
    assert outcome.value == pytest.approx(terms[0] / terms[1])
    assert outcome.evidence["n_backgrounds"] == 2


def test_attributions_of_one_number_say_nothing_whatever_is_beyond_the_text(make, evidence, mask):
    outcome = evidence(make(values=np.full((N_SEEDS, *mask.shape), 0.25))).outcome("C1")
    assert outcome == Missing(
        "The attributions are one number everywhere, so no interval says anything."
    )


def test_words_alone_leave_attributions_missing(anchors, counterfactuals, evidence):
    found = evidence(anchors, counterfactuals)
    assert "No attributions were passed" in found.outcome("A1").reason
    assert found.attributions == []
    again = evidence(anchors, anchors.sel(seed=anchors.seeds.tolist()))
    assert "was passed twice" in again.outcome("P3").reason


def test_a_rerun_of_words_is_compared(make, anchors, evidence):
    data = anchors.data.assign(precision=anchors.data["precision"] + 0.01)
    outcome = evidence(anchors, replace(anchors, data=data)).outcome("P3")
    assert outcome.value == pytest.approx(0.01 / 0.97)


def test_groups_of_texts_have_to_be_named(make, evidence):
    assert evidence(make()).outcome("R2") == Missing(
        "Texts have no columns by which they fall into groups. Name some: "
        "groups={'source': values}."
    )


def test_copies_of_a_text_are_called_texts(make, evidence, mask):
    doubled = make().at(np.arange(5).repeat(2))
    finding = Finding.of(
        ITEMS.get("A2"),
        evidence(doubled).outcome("A2"),
        evidence(doubled).thresholds["A2"],
        row=evidence(doubled).row,
    )
    assert "Copies of a text count once, which leaves 5 of 10 texts." in finding.reason
    assert "5 texts are too few to pass." in finding.reason
