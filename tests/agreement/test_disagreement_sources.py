import numpy as np
import pytest

from xaigeo.agreement.crossed import CrossedAttributions
from xaigeo.agreement.crossed_pairs import crossed_feature_agreement
from xaigeo.agreement.disagreement_sources import SourcesOfDisagreement, disagreement_sources
from xaigeo.agreement.noise import noise_components
from xaigeo.agreement.variance_components import variance_components
from xaigeo.errors import InputError

FACTORS = ("init", "order", "explainer", "method")


@pytest.fixture
def values(rng):
    signal = rng.normal(size=(1, 1, 1, 1, 6, 5))
    init = 0.5 * rng.normal(size=(4, 1, 1, 1, 6, 5))
    method = 0.3 * rng.normal(size=(1, 1, 1, 2, 6, 5))
    return signal + init + method + 0.2 * rng.normal(size=(4, 3, 3, 2, 6, 5))


@pytest.fixture
def crossed(values):
    return CrossedAttributions(
        values=values, factors=FACTORS, levels={"method": ("lime", "kernel_shap")}
    )


@pytest.fixture
def found(crossed):
    return disagreement_sources(crossed, n_bootstrap=50)


def rows(found, method):
    return found.table[found.table["method"] == method].set_index("source")


def test_the_sources_of_one_method_add_up_to_one(found):
    assert isinstance(found, SourcesOfDisagreement)
    assert found.to_frame() is found.table
    assert found.methods == ["lime", "kernel_shap"]
    assert list(dict.fromkeys(found.table["method"])) == ["lime", "kernel_shap", "all methods"]
    for method in ("lime", "kernel_shap", "all methods"):
        table = rows(found, method)
        assert table["share"].drop("everything").sum() == pytest.approx(1)
        assert table.loc["everything", "share"] == 1
        assert table["share"].idxmax() == "everything"
        assert table["share"].drop("everything").idxmax() == "init"
        terms = found.components[found.components["method"] == method]
        assert terms["raw_share"].sum() == pytest.approx(1)
        assert terms["share"].sum() == pytest.approx(1)
    assert list(rows(found, "lime").index) == [
        "init", "order", "init × order", "explainer", "other interactions", "everything",
    ]  # fmt: skip


def test_components_are_means_over_cells(crossed, found):
    scaled = crossed.of_method(0).scaled("unit_norm")
    np.testing.assert_allclose(
        scaled, crossed.values[:, :, :, 0]
        / np.linalg.norm(crossed.values[:, :, :, 0], axis=-1, keepdims=True),
    )  # fmt: skip
    parts = {t: float(c.mean()) for t, c in variance_components(scaled, 3).items()}
    table = rows(found, "lime")
    assert table.loc["order", "variance"] == pytest.approx(parts[(1,)])
    assert table.loc["init × order", "variance"] == pytest.approx(parts[(0, 1)])
    rest = parts[(0, 2)] + parts[(1, 2)] + parts[(0, 1, 2)]
    assert table.loc["other interactions", "variance"] == pytest.approx(rest)
    # Runs that differ in one source only: the variance within every slice, in a plain loop.
    naive = np.mean(
        [
            scaled[:, order, explainer].var(axis=0, ddof=1).mean()
            for order in range(3)
            for explainer in range(3)
        ]
    )
    assert table.loc["init", "only_variance"] == pytest.approx(naive)
    assert table.loc["init", "only_share"] == pytest.approx(naive / sum(parts.values()))
    assert found.totals["disagreement"][0] == pytest.approx(sum(parts.values()))


def test_all_methods_hold_the_mean_within_a_method_and_the_method(found):
    table, terms = rows(found, "all methods"), found.components
    both = [rows(found, name)["variance"] for name in found.methods]
    for source in ("init", "order", "init × order", "explainer"):
        mean = (both[0][source] + both[1][source]) / 2
        assert table.loc[source, "variance"] == pytest.approx(mean)
    terms = terms[terms["method"] == "all methods"].set_index("term")["variance"]
    assert table.loc["method", "variance"] == pytest.approx(terms["method"])
    assert table.loc["init", "variance"] == pytest.approx(terms["init"] + terms["init × method"])


def test_agreement_when_one_source_changes(crossed, found):
    table = rows(found, "all methods")
    assert found.k == 3
    for source, differing in {
        "explainer": [2], "method": [3], "init × order": [0, 1], "everything": [0, 1, 2, 3],
    }.items():  # fmt: skip
        each = crossed_feature_agreement(crossed.values, 4, differing, 3)
        assert table.loc[source, "feature_agreement"] == pytest.approx(each.mean())
        assert table.loc[source, "agreement_low"] <= each.mean()
        assert table.loc[source, "null"] == pytest.approx(3 / 5)
    assert np.isnan(table.loc["other interactions", "feature_agreement"])


def test_at_unit_length_disagreement_is_what_the_cosine_lacks(crossed, found):
    scaled = crossed.scaled("unit_norm").reshape(-1, 6, 5)
    levels = np.array([*np.ndindex(4, 3, 3, 2)])
    cosines = [
        (scaled[a] * scaled[b]).sum(axis=-1).mean()
        for a in range(len(levels))
        for b in range(a)
        if (levels[a] != levels[b]).all()
    ]
    assert 5 * found.totals["disagreement"][2] == pytest.approx(1 - np.mean(cosines))


def test_two_factors_hold_the_numbers_of_explainer_noise(rng):
    """Model, explainer and rest are those of the two-way table of `explainer_noise`."""
    values = rng.normal(size=(3, 4, 6, 5))
    explainer, model, rest = noise_components(values)
    crossed = CrossedAttributions(values=values, factors=("explainer", "model"))
    table = rows(disagreement_sources(crossed, scale="none", n_bootstrap=0), "method")
    assert table.loc["model", "variance"] == pytest.approx(model.mean())
    assert table.loc["explainer", "only_variance"] == pytest.approx(explainer.mean())
    assert table.loc["other interactions", "variance"] == pytest.approx(rest.mean())


def test_a_source_with_which_nothing_changes(crossed, values):
    still = values.copy()
    still[:, :, 1:, 0] = still[:, :, :1, 0]
    moved = CrossedAttributions(
        values=still,
        factors=FACTORS,
        levels=crossed.levels,
        reasons={("lime", "explainer"): "none: the method does not draw"},
    )
    found = disagreement_sources(moved, n_bootstrap=20)
    row = rows(found, "lime").loc["explainer"]
    assert (row["n_levels"], row["share"], row["variance"], row["feature_agreement"]) == (
        1,
        0,
        0,
        1,
    )
    assert row["note"] == "none: the method does not draw"
    assert rows(found, "lime")["share"].drop("everything").sum() == pytest.approx(1)
    assert rows(found, "kernel_shap").loc["explainer", "note"] == ""
    unexplained = CrossedAttributions(values=still[:, :, :, 0], factors=FACTORS[:3])
    row = rows(disagreement_sources(unexplained, n_bootstrap=0), "method").loc["explainer"]
    assert (row["note"], row["n_levels"]) == ("none: nothing changes with it", 3)


def test_a_source_of_one_level_is_told_too(rng):
    crossed = CrossedAttributions(
        values=rng.normal(size=(3, 3, 4, 5)),
        factors=("init", "order"),
        reasons={("saliency", "explainer"): "none: the method does not draw"},
        provenance={"method": "saliency"},
    )
    table = rows(disagreement_sources(crossed, n_bootstrap=10), "saliency")
    assert list(table.index) == ["init", "order", "init × order", "explainer", "everything"]
    assert table.loc["explainer", "n_levels"] == 1


def test_nothing_at_all_varies(rng):
    values = np.repeat(rng.normal(size=(1, 4, 5)), 3, axis=0)
    found = disagreement_sources(CrossedAttributions(values=values, factors=("model",)))
    table = rows(found, "method")
    assert table["share"].isna().all()
    assert (table["feature_agreement"] == 1).all()
    assert found.totals["signal_share"][0] == 1
    assert len(found.components) == 0


def test_sizes_are_said_to_be_compared(values, crossed):
    mirrored = values.copy()
    mirrored[..., 1, :, :] *= -1
    by_size = CrossedAttributions(values=mirrored, factors=FACTORS, sizes=True)
    table = rows(disagreement_sources(by_size, n_bootstrap=5), "all methods")
    assert table.loc["method", "note"].startswith("sizes are compared")
    signed = CrossedAttributions(values=mirrored, factors=FACTORS)
    other = rows(disagreement_sources(signed, n_bootstrap=5), "all methods")
    assert table.loc["method", "share"] < other.loc["method", "share"]


def test_the_order_of_levels_and_features_changes_nothing(crossed, values, found):
    turned = CrossedAttributions(
        values=values[::-1, :, ::-1, :, :, ::-1], factors=FACTORS, levels=crossed.levels
    )
    again = disagreement_sources(turned, n_bootstrap=50)
    numbers = ["share", "low", "high", "level_low", "level_high", "feature_agreement"]
    np.testing.assert_allclose(again.table[numbers], found.table[numbers], atol=1e-10)


def test_a_scale_of_units(crossed, values):
    share = disagreement_sources(crossed, scale="share", n_bootstrap=0)
    doubled = CrossedAttributions(
        values=values * np.array([1.0, 50.0])[:, None, None], factors=FACTORS, levels=crossed.levels
    )
    again = disagreement_sources(doubled, scale="share", n_bootstrap=0)
    np.testing.assert_allclose(again.table["share"], share.table["share"])
    raw = rows(disagreement_sources(doubled, scale="none", n_bootstrap=0), "all methods")
    assert raw.loc["method", "only_share"] > 0.9


def test_what_changes_next_to_nothing_has_no_share(values):
    tiny = values[:, :, :, 0].copy()
    tiny[:] = tiny[:, :, :1]
    tiny[:, :, 1] *= 1 + 1e-15
    found = disagreement_sources(
        CrossedAttributions(values=tiny, factors=FACTORS[:3]), n_bootstrap=50
    )
    terms = found.components.set_index("term")
    ends = ["share", "low", "high", "level_low"]
    assert terms.loc["explainer", ends].tolist() == [0.0] * 4


def test_of_both_the_only_share_holds_the_main_effects(found):
    table = rows(found, "lime")
    assert table.loc["init × order", "only_share"] >= table.loc["init", "only_share"]
    assert table.loc["init × order", "share"] < table.loc["init", "share"]


def test_a_line_and_a_table_for_notebooks(found):
    told = repr(found)
    assert told.startswith("SourcesOfDisagreement(lime, kernel_shap: ")
    assert len(told) < 150
    assert "feature_agreement" in found._repr_html_()


def test_messages(crossed):
    with pytest.raises(InputError, match=r"k below the number of features \(5\), .* got k=5"):
        disagreement_sources(crossed, k=5)
    for wrong in ("a", None):
        with pytest.raises(InputError, match="random_state to be a whole number of at least 0"):
            disagreement_sources(crossed, random_state=wrong)
    with pytest.raises(InputError, match="scale to be one of"):
        disagreement_sources(crossed, scale="norm")
    with pytest.raises(InputError, match="k to be a whole number from 1 to 5"):
        disagreement_sources(crossed, k=6)
    with pytest.raises(InputError, match="n_bootstrap to be a whole number"):
        disagreement_sources(crossed, n_bootstrap=-1)
    with pytest.raises(InputError, match="Attributions, one for every explainer seed"):
        disagreement_sources([1])
