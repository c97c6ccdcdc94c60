import numpy as np
import pytest

from xaigeo.agreement import explainer_noise
from xaigeo.agreement.variance_shares import SOURCES, variance_shares
from xaigeo.errors import InputError


def repeats(build, values):
    return [
        build.make_attributions(one, random_state=i, method="lime") for i, one in enumerate(values)
    ]


def test_against_the_table_of_noise(build, rng):
    truth = rng.normal(size=(4, 6, 3))
    values = truth + rng.normal(0, 0.3, (5, 4, 6, 3))
    noise = explainer_noise(repeats(build, values), n_bootstrap=5)
    table = variance_shares(noise)
    assert table["source"].tolist() == list(SOURCES) * 4
    for j, name in enumerate(("x0", "x1", "x2")):
        by = table[table["feature"] == name].set_index("source")
        rows = noise.table[noise.table["feature"] == name]
        assert by.loc["seed", "variance"] == pytest.approx((rows["seed_sd"] ** 2).mean())
        own = values[..., j] - values[..., j].mean(0) - values[..., j].mean(1, keepdims=True)
        own = own + values[..., j].mean((0, 1))
        assert by.loc["explainer_own", "variance"] == pytest.approx(
            (own**2).sum((0, 1)).mean() / 12
        )
        assert by["share"].sum() == pytest.approx(1.0)
    every = table[table["feature"].isna()].set_index("source")
    total = table[table["feature"].notna()].groupby("source")["variance"].sum()
    for source in SOURCES:
        assert every.loc[source, "variance"] == pytest.approx(total[source])
        assert every.loc[source, "share"] == pytest.approx(total[source] / total.sum())


def test_noise_that_all_models_share_is_common(build, rng):
    truth = np.tile(rng.normal(size=(4, 1, 3)), (1, 6, 1))
    shared = rng.normal(size=(5, 1, 6, 3))
    noise = explainer_noise(repeats(build, truth + shared), n_bootstrap=5)
    every = variance_shares(noise).head(3).set_index("source")["share"]
    assert every["explainer_own"] == pytest.approx(0.0, abs=1e-12)
    assert every["seed"] > 0.2
    assert every["explainer_common"] > 0.2


def test_an_exact_explainer_leaves_all_to_the_seed_and_nothing_to_nothing(build, rng):
    truth = rng.normal(size=(4, 6, 3))
    truth[..., 2] = 0.0
    table = variance_shares(explainer_noise(repeats(build, [truth, truth]), n_bootstrap=5))
    assert table.head(3)["share"].tolist() == [1.0, 0.0, 0.0]
    assert table[table["feature"] == "x2"]["share"].isna().all()


def test_an_explanation_is_no_noise(build, texts, rng):
    mask = texts.ragged_mask([3, 4], 4)
    tokens = texts.make_tokens(build, texts.some_values(rng, 3, mask), mask)
    for given in (build.make_attributions(rng.normal(size=(3, 2, 4))), tokens):
        with pytest.raises(InputError) as raised:
            variance_shares(given)
        said = f"the noise of an explainer (ExplainerNoise), got {type(given).__name__}. Pass"
        assert said in str(raised.value)
        assert "explainer_noise([first, second])" in str(raised.value)
