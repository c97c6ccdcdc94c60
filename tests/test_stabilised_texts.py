"""The experiments on text networks: their intervals in closed form, and both in small."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t as student

FOLDER = Path(__file__).parent.parent / "examples" / "stabilised_training"


@pytest.fixture(scope="module")
def modules():
    """The example's modules, which import each other by their bare names."""
    import importlib

    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    names = (
        "texts",
        "text_cases",
        "text_intervals",
        "text_measuring",
        "text_training",
        "text_words",
        "permutation",
        "permutation_log_odds",
        "permutation_pictures",
        "permutation_summary",
        "permutation_verdicts",
        "permutation_weighting",
        "intervals",
        "published",
        "retitling",
        "text_page",
        "text_pictures",
    )
    yield {name: importlib.import_module(name) for name in names}
    sys.path.remove(str(FOLDER))
    for name in set(sys.modules) - before:
        if str(FOLDER) in str(getattr(sys.modules[name], "__file__", None)):
            del sys.modules[name]


def test_pairs_without_a_seed_are_those_of_the_others(modules):
    matrices = np.random.default_rng(0).uniform(size=(7, 4, 4))
    found = modules["text_intervals"].of_pairs(matrices)
    for text, own in enumerate(matrices):
        pairs = [own[i, j] for i in range(4) for j in range(4) if i != j]
        assert found.values[text] == pytest.approx(np.mean(pairs))
        for seed in range(4):
            left = [own[i, j] for i in range(4) for j in range(4) if i != j and seed not in (i, j)]
            assert found.without[seed, text] == pytest.approx(np.mean(left))


def test_a_ratio_has_the_variance_of_texts_and_of_seeds(modules):
    own = modules["text_intervals"]
    rng = np.random.default_rng(1)
    a, b = rng.uniform(1, 2, size=(5, 400)), rng.uniform(2, 3, size=(5, 400))
    found = own.ratio(own.of_seeds(a), [(own.of_seeds(b), 1.0)], n_bootstrap=4000)
    assert found.value == pytest.approx(a.mean() / b.mean())
    texts = np.var(a.mean(axis=0) / a.mean() - b.mean(axis=0) / b.mean()) / 400
    # The jackknife of a difference of logarithms is near that of its linear terms.
    of_seed = a.mean(axis=1) / a.mean() - b.mean(axis=1) / b.mean()
    seeds = of_seed.var(ddof=1) / 5
    half = student.ppf(0.975, 4) * np.sqrt(texts + seeds)
    assert np.log(found.high / found.value) == pytest.approx(half, rel=0.05)
    assert np.log(found.value / found.low) == pytest.approx(half, rel=0.05)


def test_a_difference_from_itself_is_nothing(modules):
    own = modules["text_intervals"]
    same = own.of_spread(np.random.default_rng(2).uniform(size=(4, 30)))
    found = own.difference(same, [(same, 0.3), (same, 0.7)])
    assert (found.value, found.low, found.high) == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)
    nothing = own.of_seeds(np.zeros((4, 30)))
    assert np.isnan(own.ratio(nothing, [(same, 1.0)]).value)


def test_a_reference_between_two_is_drawn_straight_and_between_logarithms(modules):
    own = modules["text_intervals"]
    low, high = own.of_seeds(np.full((3, 8), 0.2)), own.of_seeds(np.full((3, 8), 0.8))
    found = own.ratio(low, [(low, 0.5), (high, 0.5)])
    assert (found.low, found.high) == pytest.approx((0.2 / 0.5, 0.2 / 0.4))
    assert found.value == pytest.approx(0.2 / np.sqrt(0.5 * 0.4))
    assert own.difference(low, [(low, 0.5), (high, 0.5)]).value == pytest.approx(0.2 - 0.5)


def test_the_epochs_that_enclose_a_loss_are_found_with_few_trainings(modules):
    asked = []

    def loss_at(epochs):
        asked.append(epochs)
        return 1.0 / epochs

    enclosing = modules["text_training"].enclosing
    found = enclosing(0.4, loss_at, (1, 2, 3, 4, 5, 6, 8, 10))
    assert found == pytest.approx({2: 0.4, 3: 0.6})
    assert len(set(asked)) <= 5
    assert enclosing(9.0, loss_at, (1, 2, 3)) == {1: 1.0}
    assert enclosing(0.01, loss_at, (1, 2, 3)) == {2: 0.0, 3: 1.0}


def test_groups_of_answers_are_compared_over_all_their_answers(modules):
    summary = modules["permutation_summary"]
    rng = np.random.default_rng(3)
    values, inside = rng.uniform(size=(4, 50)), rng.uniform(size=(4, 50)) < 0.6

    class Owner:
        n_bootstrap = 200

    found = summary.of_answers([(values, inside)], Owner())
    assert found.value == pytest.approx(values[inside].mean())
    assert found.low < found.value < found.high
    double = summary.of_answers([(2 * values, inside), (values, inside)], Owner())
    assert (double.value, double.low, double.high) == pytest.approx((2.0, 2.0, 2.0))


def test_a_claim_is_judged_by_clear_cases(modules):
    words, made = modules["permutation_verdicts"], modules["intervals"].Interval
    above, below, unclear = (made(value=v, low=v - 0.1, high=v + 0.1) for v in (1.3, 0.7, 1.05))

    def judged(found, wanted=1):
        return words.judged_signs(found, wanted=wanted, middle=1.0)

    assert judged([above, above]) == "**as claimed**, clearly so in 2 of 2 cases"
    assert judged([below, below]) == "**contrary** to the claim, clearly so in 2 of 2 cases"
    assert judged([below, below], wanted=-1) == "**as claimed**, clearly so in 2 of 2 cases"
    for found, agree, against in (
        ([above, unclear], 1, 0),
        ([below, unclear], 0, 1),
        ([above, below], 1, 1),
        ([unclear, unclear], 0, 0),
    ):
        told = f"({agree} of 2 cases clearly as claimed, {against} clearly contrary)"
        assert judged(found) == f"**cannot be told** {told}"
    again = words.judged_again
    assert again(below, [below, below]) == (
        "clearly below 1 if stopped, **so at equal training too** (clearly so after 2 of 2, "
        "clearly the other way after 0)"
    )
    assert again(above, [unclear, above, below]) == (
        "clearly above 1 if stopped, **at equal training so after some numbers of epochs alone** "
        "(clearly so after 1 of 3, clearly the other way after 1)"
    )
    assert again(below, [unclear, above]) == (
        "clearly below 1 if stopped, **not so at equal training** (clearly so after 0 of 2, "
        "clearly the other way after 1)"
    )


class Ensemble:
    """Two networks whose logit is the mean of their words' scores, weighed by attention."""

    scores = np.array([0.0, 2.0, -1.0, 0.5])
    own = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])

    @property
    def schema(self):
        return self

    members = schema

    def encode(self, texts):
        return np.array([[1, 2, 3], [2, 1, -1], [3, -1, -1]])

    def attention(self, rows):
        there = self.own[:, None] * (rows != -1)
        maps = there / there.sum(axis=-1, keepdims=True)
        return type("Maps", (), {"weights": maps[:, :, None, None, None]})

    def outputs_with_attention(self, rows, weights, scale):
        assert scale == "logit"
        z = (weights * np.where(rows == -1, 0.0, self.scores[rows])[None, :, None]).sum(axis=-1)
        return np.stack([-z, z], axis=-1)


def test_log_odds_are_those_of_the_predicted_class(modules):
    found = modules["permutation_log_odds"].log_odds(Ensemble(), ["a", "b", "c"], 40)
    # The text of one word is left out. The first network answers "no" to the second text.
    no = (0.7 * -1 + 0.2 * 2) / 0.9
    want = [[0.7 * 2 - 0.2 + 0.1 * 0.5, -no], [0.1 * 2 - 0.1 + 0.8 * 0.5, 0.5 * 2 - 0.5]]
    assert found["own"] == pytest.approx(np.array(want))
    assert found["even"][:, 0] == pytest.approx(0.5)
    for seed, sign in ((0, -1), (1, 1)):
        a, b = np.array([0.7, 0.2]) / 0.9 if seed == 0 else np.array([0.5, 0.5])
        seen = {round(float(v), 4) for v in found["shuffled"][seed, 1]}
        assert seen == {round(sign * (2 * y - x), 4) for x, y in ((a, b), (b, a))}
    assert found["shuffled"].shape == (2, 2, 40)


def _compared(modules, own, shuffled, **given):
    """Return two equal runs whose networks have these log-odds."""
    summary = modules["permutation_summary"]
    own = np.asarray(own, dtype=float)
    sure = 1 / (1 + np.exp(-own))
    arrays = {
        "confidence": sure,
        "predicted": np.ones(own.shape, dtype=int),
        "label": np.ones(own.shape[1], dtype=int),
        "mean_change": np.abs(1 / (1 + np.exp(-shuffled)) - sure[..., None]).mean(axis=-1),
    } | given

    class Given:
        def array(self, name):
            return arrays[name]

    run = type("Run", (), {})()
    run.check, run.classes = Given(), ("negative", "positive")
    run.log_odds = {"own": own, "even": own, "shuffled": shuffled}
    return summary.Compared(None, {summary.PLAIN: run, summary.WEIGHTED: run}, 0.0, n_bootstrap=100)


def test_changes_that_know_nothing_of_confidence_fall_by_the_curve_alone(modules):
    rng = np.random.default_rng(4)
    own = rng.uniform(0.0, 5.0, size=(6, 300))
    shuffled = own[..., None] + rng.normal(0, 0.3, size=(6, 300, 9))
    found = _compared(modules, own, shuffled)
    plain = modules["permutation_summary"].PLAIN
    assert found.log_odds_change(plain)[2, 5] == pytest.approx(
        np.median(np.abs(shuffled[2, 5] - own[2, 5]))
    )
    assert abs(found.trend(plain, name="log_odds").value) < 0.1
    assert found.dealt_trend(plain).high < -0.5
    assert found.trend(plain, name="mean_change").value == pytest.approx(
        found.dealt_trend(plain).value, abs=0.1
    )
    gain = found.log_odds_gain()
    assert (gain.value, gain.low, gain.high) == pytest.approx((1.0, 1.0, 1.0))


def _weighed(modules, plain, weighted, equal=None):
    """Return two runs whose log-odds move by `plain` and `weighted` with every shuffle."""
    own = np.full((3, 40), 0.5)
    losses = {
        loss: _compared(
            modules,
            own,
            own[..., None] + np.full(5, moved),
            median_change=np.full(own.shape, moved / 10),
            label=np.arange(40) % 2,
            predicted=np.zeros(own.shape, dtype=int),
        ).runs[loss]
        for loss, moved in zip(
            modules["permutation_summary"].WEIGHTS, (plain, weighted), strict=True
        )
    }
    for run in losses.values():
        run.epochs = [1, 2, 3]
    network = modules["permutation"].CHOSEN[0]
    compared = modules["permutation_summary"].Compared
    return compared(network, losses, 0.0, n_bootstrap=50, equal=equal or {})


def test_weighting_is_judged_at_equal_training_and_stopping_beside_it(modules):
    words = modules["permutation_weighting"]
    equal = {2: _weighed(modules, 0.1, 0.2), 4: _weighed(modules, 0.5, 1.5)}
    found = [_weighed(modules, 0.4, 0.2, equal)]  # clearly less, where each loss is stopped
    claim = words.more_when_weighted(found)
    assert "after 2 and 4 epochs of both losses" in claim
    assert (
        "Change of the log-odds: **as claimed**, clearly so in 2 of 2 cases; "
        "CNN 2.00 [2.00, 2.00], 3.00 [3.00, 3.00]."
    ) in claim
    assert "0.50" not in claim
    told = words.stopping(found)
    assert "CNN plain loss epoch 2.0 (mean confidence 0.62), class weighting epoch 2.0" in told
    assert (
        "after 4 epochs as a ratio to that after 2 is CNN, plain loss 5.0 [5.0, 5.0]; CNN, class "
        "weighting 7.5 [7.5, 7.5]."
    ) in told
    assert "Change of the log-odds: CNN 0.50 [0.50, 0.50]." in told
    assert (
        "Change of the log-odds, CNN: clearly below 1 if stopped, **not so at equal training** "
        "(clearly so after 0 of 2, clearly the other way after 2)."
    ) in told
    same = [_weighed(modules, 0.2, 0.2, equal)]
    assert words.stopping(same).endswith("None of them is clear.")


def test_the_picture_of_ratios_tells_stopped_networks_from_equal_training(modules):
    pictures = modules["permutation_pictures"]
    equal = {2: _weighed(modules, 0.1, 0.2), 4: _weighed(modules, 0.5, 0.5)}
    found = [_weighed(modules, 0.4, 0.2, equal)]
    table = pictures.ratio_table(found)
    shown = table[table["measure"] == "change of the log-odds"]
    assert shown["cell"].tolist() == ["CNN, stopped", "CNN, 2 epochs", "CNN, 4 epochs"]
    assert shown["value"].tolist() == pytest.approx([0.5, 2.0, 1.0])
    assert shown["training"].tolist() == [pictures.TRAINED[same] for same in (False, True, True)]
    assert pictures.told_ratios(table).endswith(
        "at equal training clearly above 1 in 1 and below in 0 of 2 cases, stopped clearly above "
        "1 in 0 and below in 1 of 1 cases"
    )
    assert pictures.nearest(found[0]) == 2


def test_bands_see_a_valley_that_a_rank_correlation_does_not(modules):
    rng = np.random.default_rng(5)
    sure = np.stack([rng.permutation(np.linspace(0.51, 0.99, 97)) for _ in range(5)])
    own = np.log(sure / (1 - sure))
    change = (sure - 0.75) ** 2 + rng.normal(0, 0.001, size=sure.shape)
    found = _compared(modules, own, own[..., None] + np.zeros(3), mean_change=change)
    plain = modules["permutation_summary"].PLAIN
    want = [
        np.mean([c for c, s in zip(change.flat, sure.flat, strict=True) if low < s <= high])
        for low, high in ((0.5, 0.6), (0.7, 0.8), (0.9, 1.0))
    ]
    assert [band.value for band in found.by_confidence(plain)] == pytest.approx(want)
    assert [end.value for end in found.dip(plain)] == pytest.approx(
        [want[0] - want[1], want[2] - want[1]]
    )
    assert [end.sign for end in found.dip(plain)] == [1, 1]
    assert found.trend(plain, name="mean_change").sign == 0


def test_published_ratios_are_those_of_both_tables(modules):
    published = modules["published"]
    pairs = [
        (averaged, plain)
        for tables in (published.CNN, published.LSTM)
        for plain, *both in tables.values()
        for averaged in both
    ]
    assert len(pairs) == 24
    logs = [np.log(averaged) - np.log(plain) for averaged, plain in pairs]
    assert pytest.approx(np.exp(np.mean(logs))) == published.SD_RATIO
    assert "a ratio of 0.31 (geometric mean" in published.told()
    assert "CNN 0.26, LSTM 0.37; the source's fall by 72%" in published.told()


def test_the_cap_on_epochs_is_told_where_all_seeds_reach_it(modules):
    words, cases = modules["text_words"], modules["text_cases"]
    kept = {t.key: np.array([20.0, 20.0]) for t in (cases.PLAIN, *cases.AVERAGED, cases.FAST)}
    kept["plain"], kept["naswa"] = np.array([3.0, 4.0]), np.array([19.0, 20.0])
    cell = type("Cell", (), {"seeds": lambda self, key, name: kept[key]})()
    assert words.capped([cell, cell], 20) == (
        "All seeds keep the last epoch allowed, the 20th: plain in 0, ASWA in 2, NASWA in 0, ASWA, "
        "four times the step in 2 of 2 cells. There the cap, not the rule, ended training, and "
        "part of what accuracy lacks may be the cap's."
    )
    assert words.capped([cell], 30).endswith("in 0 of 1 cells.")


def test_steps_of_one_size_lead_as_far_as_the_page_says(modules):
    import torch

    from xaigeo.ensemble.weight_averages import PlainMean

    n = 200  # steps of an epoch
    mean = PlainMean(torch.zeros(1, 1, dtype=torch.float64))
    weights, reached = torch.zeros(1, 1, dtype=torch.float64), []
    for _ in range(20):
        for _ in range(n):
            weights = weights + 1 / n
            mean.add(weights)
        weights = mean.values.clone()
        reached.append(float(weights))
    want = [modules["text_page"].reach(epochs) * (n + 1) / n for epochs in range(1, 21)]
    assert reached == pytest.approx(want)


def test_no_ratio_is_cut_off(modules):
    pictures = modules["text_pictures"]
    rows = [
        {"method": name, "cell": "a", "training": own.label, "reference": reference}
        | {"value": 0.02, "low": 0.004, "high": 3.0}
        for name in modules["text_words"].NAMES.values()
        for own in modules["text_cases"].AVERAGED
        for reference in pictures.REFERENCES.values()
    ]
    spec = pictures.drawn_ratios(pictures.pd.DataFrame(rows)).to_dict()
    for panel in spec["hconcat"]:
        low, high = panel["layer"][1]["encoding"]["x"]["scale"]["domain"]
        assert low < 0.004 < 3.0 < high


def test_a_title_of_the_page_takes_the_place_of_the_library_one(modules):
    import altair as alt

    chart = alt.Chart().mark_point().properties(title="Old")
    notes = ["Point: a mean.", "No clear change: holds 0.", "In the title texts count alike."]
    told = modules["retitling"].retitled(chart, "New [0.1, 0.2]", notes).to_dict()
    assert told["title"]["text"] == ["New [0.1, 0.2]"]
    assert " ".join(told["title"]["subtitle"]) == (
        "Point: a mean. In the title: 95% interval over texts and seeds."
    )


def test_falls_are_looked_at_again_at_the_same_loss(modules):
    def made(low, high):
        return modules["intervals"].Interval(value=(low + high) / 2, low=low, high=high)

    verdict = modules["text_words"].verdict
    assert verdict([made(0.9, 1.1)], [made(0.5, 0.6)]) == (
        "Nowhere does averaging lower it clearly."
    )
    plain = [made(0.4, 0.6), made(0.4, 0.6), made(0.4, 0.6), made(0.9, 1.1)]
    same = [made(0.5, 0.9), made(1.1, 1.3), made(0.9, 1.1), made(0.1, 0.2)]
    assert verdict(plain, same) == (
        "Of the 3 clear falls against plain training, 1 are clear falls at the same loss too, 1 "
        "are clear rises there, and 1 neither."
    )


def _run(module, arguments, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["x", *map(str, arguments)])
    module.main()


def test_the_experiment_on_averaged_weights_writes_its_page(modules, tmp_path, monkeypatch, capsys):
    arguments = ["--quick", "--jobs", 1, "--data", "sentences", "--networks", "cnn-additive"]
    arguments += ["--out", tmp_path]
    _run(modules["texts"], arguments, monkeypatch)
    page = (tmp_path / "stabilised_texts.md").read_text()
    assert page.startswith("# Stabilised training of text networks")
    assert "| sentences, CNN, additive | ASWA |" in page
    assert "nan" not in page
    pictures = {path.name for path in (tmp_path / "stabilised_texts").glob("*.png")}
    assert pictures == {"ratios.png", "bins_cnn.png", "deviation.png"}
    assert "processor time" in capsys.readouterr().out
    _run(modules["texts"], arguments, monkeypatch)  # all is kept
    assert "processor time" not in capsys.readouterr().out
    assert (tmp_path / "stabilised_texts.md").read_text() == page


def test_the_experiment_on_shuffled_attention_writes_its_page(modules, tmp_path, monkeypatch):
    monkeypatch.setattr(modules["permutation"], "CHOSEN", modules["permutation"].CHOSEN[:1])
    _run(modules["permutation"], ["--quick", "--out", tmp_path], monkeypatch)
    page = (tmp_path / "attention_permutation.md").read_text()
    assert page.startswith("# Shuffled attention")
    assert "| CNN, additive | false negatives | class weighting |" in page
    run = modules["permutation"].measured(
        modules["permutation"].CHOSEN[0], modules["text_cases"].QUICK, tmp_path
    )[0]["plain loss"]
    # Both are of the class that is predicted, under the network's own weights.
    assert 1 / (1 + np.exp(-run.log_odds["own"])) == pytest.approx(run.check.array("confidence"))
    for epochs in modules["permutation"].QUICK_EPOCHS:
        assert f"| CNN, additive | {epochs} |" in page
        after = modules["permutation"].measured(
            modules["permutation"].CHOSEN[0], modules["text_cases"].QUICK, tmp_path, epochs=epochs
        )[0]["plain loss"]
        assert after.epochs == [epochs] * 3
        # Equal training is the way that stopped networks go, to another end.
        there = np.array(run.epochs) == epochs
        assert after.log_odds["own"][there] == pytest.approx(run.log_odds["own"][there])
    assert set(run.epochs) <= set(modules["permutation"].QUICK_EPOCHS)
    pictures = {path.name for path in (tmp_path / "attention_permutation").glob("*.png")}
    assert pictures == {"controls.png", "missed.png", "ratios.png", "reliability.png"}
