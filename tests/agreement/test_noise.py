import numpy as np
import pytest

from xaigeo.agreement import explainer_noise
from xaigeo.agreement.noise import noise_components
from xaigeo.errors import InputError


def repeats(build, values, **changes):
    return [
        build.make_attributions(one, random_state=state, **changes)
        for state, one in enumerate(values)
    ]


def test_components_are_recovered(rng):
    # 4 repeats, 10 models, 20000 cells: model SD 2, common explainer SD .5, own explainer SD .3.
    cells = 20000
    models = 2 * rng.normal(size=(1, 10, cells))
    common = 0.5 * rng.normal(size=(4, 1, cells))
    own = 0.3 * rng.normal(size=(4, 10, cells))
    explainer, between, difference = noise_components(models + common + own)
    assert difference.mean() == pytest.approx(0.3**2, rel=0.02)
    assert explainer.mean() == pytest.approx(0.5**2 + 0.3**2, rel=0.02)
    assert between.mean() == pytest.approx(4.0, rel=0.02)


def test_components_equal_the_two_way_table(rng):
    values = rng.normal(size=(3, 4))
    explainer, between, difference = noise_components(values)
    assert difference == pytest.approx(_mean_square_rest(values))
    assert explainer == pytest.approx(np.mean([values[:, s].var(ddof=1) for s in range(4)]))
    grand = values.mean()
    ms_models = 3 * sum((values[:, s].mean() - grand) ** 2 for s in range(4)) / 3
    assert between == pytest.approx((ms_models - _mean_square_rest(values)) / 3)


def _mean_square_rest(values):
    grand = values.mean()
    rest = [
        values[e, s] - values[e].mean() - values[:, s].mean() + grand
        for e in range(3)
        for s in range(4)
    ]
    return np.square(rest).sum() / 6


def test_noise_common_to_all_seeds_cancels_in_their_differences(build, distinct, rng):
    shift = rng.normal(size=(4, 1, *distinct.shape[1:]))  # equal for all models of a run
    found = explainer_noise(repeats(build, distinct + shift), n_bootstrap=20)
    assert found.ratio > 0.1
    assert found.difference_ratio < 1e-6
    # Half the variance of what repeats say about a difference is the variance named.
    values = distinct + shift + 0.1 * rng.normal(size=(4, *distinct.shape))
    pairs = [(a, b) for a in range(5) for b in range(a)]
    naive = np.mean([(values[:, a] - values[:, b]).var(axis=0, ddof=1) for a, b in pairs]) / 2
    assert noise_components(values)[2].mean() == pytest.approx(naive)


def test_ratio_and_table(build, distinct, rng):
    values = distinct + 0.1 * rng.normal(size=(3, *distinct.shape))
    found = explainer_noise(repeats(build, values), n_bootstrap=200)
    explainer, between, difference = noise_components(values)
    assert found.difference_ratio == pytest.approx(np.sqrt(difference.sum() / between.sum()))
    np.testing.assert_allclose(found.table["difference_se"], np.sqrt(difference).reshape(-1))
    assert found.ratio == pytest.approx(np.sqrt(explainer.sum() / between.sum()))
    assert found.low <= found.ratio <= found.high
    assert (found.n_repeats, found.n_seeds) == (3, 5)
    table = found.to_frame()
    assert len(table) == 7 * 6
    np.testing.assert_allclose(table["explainer_se"], np.sqrt(explainer).reshape(-1))
    np.testing.assert_allclose(table["mean"], values.mean(axis=(0, 1)).reshape(-1))


def test_a_deterministic_method_has_no_noise(build, distinct):
    found = explainer_noise(repeats(build, [distinct, distinct]), n_bootstrap=20)
    assert found.ratio == found.difference_ratio == 0.0
    assert (found.table["ratio"] == 0).all()


def test_models_without_differences_are_all_noise(build, distinct, rng):
    same = np.repeat(distinct[:1], 4, axis=0)
    shift = rng.normal(size=(2, 1, *distinct.shape[1:]))  # equal for all models of a run
    found = explainer_noise(repeats(build, same + shift), n_bootstrap=20)
    assert found.ratio > 1e6  # infinite, up to rounding of the differences


def test_one_result_raises(build, distinct):
    with pytest.raises(InputError, match=r"at least two Attributions .*, got 1 \(Attributions\)"):
        explainer_noise(repeats(build, [distinct]))
    with pytest.raises(InputError, match=r"got 0 \(nothing\)"):
        explainer_noise([])


def test_one_explanation_alone_is_told_to_be_one_of_two(build, texts, distinct, rng):
    mask = texts.ragged_mask([3, 4], 4)
    tokens = texts.make_tokens(build, texts.some_values(rng, 3, mask), mask)
    for alone in (build.make_attributions(distinct), tokens):
        with pytest.raises(InputError) as raised:
            explainer_noise(alone)
        said = f"different random states, got {type(alone).__name__} alone. Explain again with"
        assert said in str(raised.value)
        assert "pass both: [first, second]" in str(raised.value)
    with pytest.raises(InputError, match="got int alone"):
        explainer_noise(3)
    made = repeats(build, [distinct, distinct + 0.1])
    assert explainer_noise(iter(made)).ratio == explainer_noise(made).ratio


def test_other_methods_raise(build, distinct):
    mixed = [build.make_attributions(distinct), build.make_attributions(distinct, method="lime")]
    with pytest.raises(InputError, match=r"differ in more than random_state \(kernel_shap, lime\)"):
        explainer_noise(mixed)


def test_one_random_state_twice_raises(build, distinct):
    with pytest.raises(
        InputError, match=r"a different random_state for every result, got \[0, 0\]"
    ):
        explainer_noise([build.make_attributions(distinct) for _ in range(2)])


def test_one_model_raises(build, distinct):
    with pytest.raises(InputError, match=r"at least two seeds, to set the noise .* one seed \(0\)"):
        explainer_noise(repeats(build, [distinct[:1], distinct[:1]]))
