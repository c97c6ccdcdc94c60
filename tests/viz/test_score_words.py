import re

import pytest

from xaigeo.agreement.score import SCORES
from xaigeo.viz.score_words import LEGENDS, SENTENCES, ScoreWords


@pytest.mark.parametrize("name", SENTENCES)
def test_every_sentence_has_its_number(name):
    words = ScoreWords(SCORES.get(name), 3)
    said = words.of_two(0.42)
    assert words.text(0.42) in said
    assert not re.search(r"[{}]", said)
    assert said[0].isupper() or said[0].isdigit()
    assert not said.endswith(".")
    assert words.legend == LEGENDS[name]


def test_shares_are_per_cent_and_coefficients_numbers():
    assert ScoreWords(SCORES.get("feature_agreement"), 3).text(0.5) == "50%"
    assert ScoreWords(SCORES.get("spearman"), 3).text(0.5) == "0.50"
    assert ScoreWords(SCORES.get("dispersion"), None).text(2.5) == "2.50"
    assert ScoreWords(SCORES.get("stability"), 3).number == ".2f"


def test_other_scores_are_told_by_their_label():
    words = ScoreWords(SCORES.get("kendall_w"), 3)
    assert words.of_two(0.5) == "Concordance of all seeds: 0.50 on average"


def test_what_is_undefined_is_said():
    words = ScoreWords(SCORES.get("spearman"), 3)
    assert words.of_two(float("nan")).startswith("Two seeds cannot be compared here")
    assert words.chance(float("nan")) == ""
    assert words.text(float("nan")) == "undefined"
