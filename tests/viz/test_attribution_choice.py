import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.viz.attribution_choice import (
    heading_of,
    named_output,
    of_seed,
    one_output,
    output_note,
    row_output,
    seeds_note,
    shown_note,
    sign_of_most,
    size_axis,
)
from xaigeo.viz.attribution_words import attribution_words


@pytest.fixture(scope="module")
def shap(study):
    return study.by_method["kernel_shap"]


def test_outputs(shap):
    assert named_output(shap, "Chinstrap") == one_output(shap, "Chinstrap") == 1
    for place in range(len(shap.instances)):
        votes = np.bincount(shap.predicted[:, place], minlength=3)
        assert votes[row_output(shap, place, None)] == votes.max()


def test_unknown_output(shap):
    with pytest.raises(InputError, match=r"an output .*'Adele'.*Did you mean 'Adelie'"):
        named_output(shap, "Adele")


def test_notes(shap, study, make):
    assert seeds_note(shap) == "Median of 5 seeds"
    assert seeds_note(of_seed(shap, 3)) == "Seed 3 alone"
    assert shown_note(3, 3) == []
    assert shown_note(3, 4) == ["Largest 3 of 4 features; 1 is not shown."]
    assert output_note(shap, "Adelie", 0) == []
    assert "“Chinstrap” is the commonest answer" in output_note(shap, None, 1)[0]
    model = make.regression_seeds(study.data.X)
    one = make.attributions(model, study.X, study.background, "kernel_shap")
    assert output_note(one, None, 0) == []


def test_headings_of_the_answer_at_each_row(study, shap):
    words = attribution_words(shap)
    assert heading_of(words, "Adelie") == words.heading("Adelie")
    assert heading_of(words, None) == "What each feature adds to the answer given"
    lime = attribution_words(study.by_method["lime"])
    said = "How the probability of the answer given changes with each feature in the local model"
    assert heading_of(lime, None) == said
    assert size_axis(words) == ["Mean |contribution|", "(probability)"]


def test_signs():
    values = np.array([[1.0, 1.0, 0.0], [2.0, -1.0, 0.0]])
    assert sign_of_most(values).tolist() == [True, False, False]
