import numpy as np
import pytest

from tests.viz.text_results import token_result
from xaigeo.errors import InputError
from xaigeo.geometry.token_spread import token_spread

TEXTS = [["a", "good", "film"], ["[start]", "bad"]]
VALUES = [
    [[0.1, 0.6, 0.2], [0.0, 0.5, 0.0]],
    [[0.2, -0.4, 0.3], [0.0, 0.1, 0.0]],
    [[0.9, 0.1, 0.3], [0.0, 0.0, 0.0]],
]
PROBABILITY = [[0.9, 0.2], [0.8, 0.1], [0.3, 0.6]]


@pytest.fixture
def explained():
    return token_result(TEXTS, VALUES, PROBABILITY, special=("[start]",))


def test_mean_and_deviation_of_the_seeds_that_answer_alike_against_a_loop(explained):
    spread = token_spread(explained, 0)
    assert spread.answer == spread.output == 1
    assert spread.alike.tolist() == [True, True, False]
    for word in range(3):
        own = [VALUES[seed][0][word] for seed in (0, 1)]
        mean = sum(own) / 2
        assert spread.mean[word] == pytest.approx(mean)
        sd = (sum((value - mean) ** 2 for value in own) / (2 - 1)) ** 0.5
        assert spread.sd[word] == pytest.approx(sd)
    assert spread.leading.tolist() == [1, 1, 0]


def test_only_explained_words_count_and_a_seed_may_have_no_leading_one(explained):
    spread = token_spread(explained, 1)
    assert spread.places.tolist() == [1]
    assert spread.values.shape == (3, 1)
    assert spread.leading.tolist() == [0, 0, -1]
    # Most seeds answer "negative", whose attributions mirror those of "positive".
    assert spread.values[:, 0].tolist() == [-0.5, -0.1, 0.0]
    assert token_spread(explained, 1, "positive").values[:, 0].tolist() == [0.5, 0.1, 0.0]


def test_one_seed_has_no_deviation(explained):
    spread = token_spread(explained.sel(seed=[2]), 0)
    assert np.isnan(spread.sd).all()
    assert spread.mean.tolist() == [-0.9, -0.1, -0.3]


def test_all_seeds_of_a_regression_are_averaged():
    spread = token_spread(token_result(TEXTS, VALUES, PROBABILITY, regression=True), 0)
    assert spread.alike.all()
    assert spread.mean == pytest.approx(np.mean([seed[0] for seed in VALUES], axis=0))


def test_chosen_words_are_ones():
    chosen = np.array(VALUES) > 0.25
    arrays = {"chosen": chosen, "precision": np.full((3, 2), 0.9)}
    spread = token_spread(token_result(TEXTS, VALUES, PROBABILITY, arrays=arrays), 0)
    assert spread.values.tolist() == chosen[:, 0].astype(float).tolist()
    assert spread.mean.tolist() == [0.0, 0.5, 0.5]


def test_errors(explained):
    with pytest.raises(InputError, match="TokenAttributions for the words of a text, got str"):
        token_spread("text")
    with pytest.raises(InputError, match=r"the place of one of 2 texts, got 2\. Places start at 0"):
        token_spread(explained, 2)
    with pytest.raises(InputError, match=r"an output of the explanation .* 'positiv'.*'positive'"):
        token_spread(explained, 0, "positiv")
