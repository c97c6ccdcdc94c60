"""What attributions say of texts without some tokens: linear models, loops, messages."""

import numpy as np
import pytest

import xaigeo as xg
from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers.blocks.streams import instance_seed
from xaigeo.faithfulness import infidelity, local_fidelity
from xaigeo.faithfulness.neighbours import drawn_coalitions
from xaigeo.faithfulness.subject import Subject
from xaigeo.faithfulness.token_neighbours import TOKEN_KINDS
from xaigeo.store import check_digest, load_check
from xaigeo.text import ABSENT

N = 12
SAMPLES = {"n_samples": 40}
ENCODERS = [
    pytest.param({"encoder": "cnn", "kernel_sizes": (1, 3)}, 2, id="cnn"),
    pytest.param({"encoder": "lstm"}, 3, id="lstm"),
    pytest.param({"encoder": "transformer", "n_heads": 2}, 2, id="transformer"),
]


@pytest.fixture
def adding():
    return linear_text_ensemble(n_outputs=3)


def neighbours_of(kind, explanation, ensemble, *, n=N, removal="delete", **given):
    subject = Subject.of(explanation, ensemble, **given)
    return TOKEN_KINDS[kind](subject, n, 50, 0.1, 0, 2**24, removal=removal)


def row_without(row, tokens, hidden):
    """Return a row in which tokens gave way, one at a time."""
    changed = row.copy()
    for token in tokens:
        changed[token] = hidden
    return changed


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("occlusion", {}),
        ("occlusion", {"removal": "unknown"}),
        ("kernel_shap", {}),
        ("exact_shap", {"removal": "unknown"}),
        ("permutation_shap", {}),
        ("input_x_gradient", {}),
        ("integrated_gradients", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "_".join(value.values()),
)
def test_sums_of_words_are_said_exactly(adding, method, options):
    found = xg.explain(adding, TEXTS, method=method, scale="logit", random_state=0, **options)
    np.testing.assert_allclose(infidelity(found, adding, **SAMPLES), 0.0, atol=1e-12)
    for neighbourhood in ("surrogate", "removal"):
        check = local_fidelity(found, adding, neighbourhood=neighbourhood, **SAMPLES)
        np.testing.assert_allclose(check.array("r2"), 1.0, atol=1e-9)
        np.testing.assert_allclose(check.array("rmse"), 0.0, atol=1e-6)


@pytest.mark.parametrize("bow", [False, True], ids=["place", "word"])
def test_lime_of_sums_of_words_is_all_but_exact(adding, bow):
    found = xg.explain(
        adding, TEXTS, method="lime", scale="logit", alpha=1e-9, bow=bow, random_state=0
    )
    check = local_fidelity(found, adding, **SAMPLES)
    assert check.provenance["parameters"]["neighbourhood"] == "surrogate"
    np.testing.assert_allclose(check.array("r2"), 1.0, atol=1e-6)
    if not bow:  # a word's coefficient is shared out evenly among its tokens
        np.testing.assert_allclose(infidelity(found, adding, **SAMPLES), 0.0, atol=1e-9)


def test_halved_amounts_leave_a_quarter_of_the_square(adding):
    """With ``φ / 2`` the error of a set is half of what it adds."""
    found = xg.explain(adding, TEXTS, method="occlusion", scale="logit")
    half = found.data.assign(attribution=found.data["attribution"] / 2)
    halved = type(found)(
        data=half, schema=found.schema, method=found.method, provenance=found.provenance
    )
    none = found.data.assign(attribution=0 * found.data["attribution"])
    nothing = type(found)(
        data=none, schema=found.schema, method=found.method, provenance=found.provenance
    )
    np.testing.assert_allclose(
        infidelity(halved, adding, **SAMPLES), infidelity(nothing, adding, **SAMPLES) / 4
    )


@pytest.mark.parametrize("removal", ["delete", "unknown"])
def test_removal_against_a_loop(removal):
    ensemble = linear_text_ensemble(n_outputs=3, pooled=True, marked=True)
    texts = [*TEXTS, "good unheard film"]
    found = xg.explain(ensemble, texts, method="kernel_shap", random_state=0)
    neighbours = neighbours_of("removal", found, ensemble, removal=removal, output="class1")
    schema = ensemble.schema
    hidden = ABSENT if removal == "delete" else schema.tokenizer.unknown
    rows, values = found.array("input"), found.array("attribution")
    r2 = local_fidelity(
        found, ensemble, output="class1", neighbourhood="removal", n_samples=N, removal=removal
    ).array("r2")
    wrong = infidelity(found, ensemble, output="class1", n_samples=N, removal=removal)
    for i, row in enumerate(rows):
        places = [t for t in range(len(row)) if row[t] not in (ABSENT, *schema.tokenizer.special)]
        kept = drawn_coalitions(neighbours.generator(i), N, len(places))
        answers = neighbours.answers(i)
        for k in range(3):
            said, given = [], []
            for mask in kept:
                gone = [t for t, stays in zip(places, mask, strict=True) if not stays]
                text = row_without(row, gone, hidden)
                given.append(ensemble.member_outputs_encoded(k, text[None])[0, 1])
                amount = sum(values[k, i, t, 1] for t in gone if row[t] != hidden)
                said.append(ensemble.member_outputs_encoded(k, row[None])[0, 1] - amount)
            np.testing.assert_allclose(answers.given[k], given)
            np.testing.assert_allclose(answers.said[k], said, atol=1e-12)
            error = np.mean([(g - s) ** 2 for g, s in zip(given, said, strict=True)])
            assert wrong[k, i] == pytest.approx(error)
            assert r2[k, i] == pytest.approx(1 - error / np.var(given))


@pytest.mark.parametrize("bow", [False, True], ids=["place", "word"])
def test_surrogates_against_a_loop(bow):
    ensemble = linear_text_ensemble(pooled=True)
    found = xg.explain(
        ensemble, TEXTS, method="lime", bow=bow, kernel_width=10.0, n_samples=60, random_state=0
    )
    neighbours = neighbours_of("surrogate", found, ensemble, output=1)
    check = local_fidelity(found, ensemble, output=1, n_samples=N)
    assert check.provenance["parameters"]["kernel_width"] == 10.0
    for i, row in enumerate(found.array("input")):
        own = instance_seed(0, row)
        seed = np.random.SeedSequence(own.entropy, spawn_key=(*own.spawn_key, 2**32 - 1))
        stream = np.random.RandomState(seed.generate_state(4))
        tokens = [t for t in range(len(row)) if row[t] != ABSENT]
        words = list(dict.fromkeys(row[t] if bow else t for t in tokens))
        drawn = []
        sizes = stream.randint(1, len(words) + 1, N)
        for size in sizes:
            hidden = {words[j] for j in stream.choice(len(words), size, replace=False)}
            drawn.append([t for t in tokens if (row[t] if bow else t) in hidden])
        for k in range(3):
            squares, spread, weights = [], [], []
            for gone in drawn:
                there = {row[t] if bow else t for t in tokens if t not in gone}
                away = 100 * (1 - np.sqrt(len(there) / len(words)))
                weights.append(np.exp(-(away**2) / (2 * 10.0**2)))
                text = row_without(row, gone, ABSENT)
                given = ensemble.member_outputs_encoded(k, text[None])[0, 1]
                said = found.array("intercept")[k, i, 1] + sum(
                    found.array("attribution")[k, i, t, 1] for t in tokens if t not in gone
                )
                squares.append((given - said) ** 2)
                spread.append(given)
            error = np.average(squares, weights=weights)
            mean = np.average(spread, weights=weights)
            variance = np.average((np.array(spread) - mean) ** 2, weights=weights)
            assert neighbours.answers(i).mean_square[k] == pytest.approx(error)
            assert check.array("rmse")[k, i] == pytest.approx(error**0.5)
            assert check.array("r2")[k, i] == pytest.approx(1 - error / variance)


def test_all_methods_are_measured_on_the_same_texts(adding):
    drawn = []
    for method in ("lime", "occlusion"):
        found = xg.explain(adding, TEXTS, method=method, random_state=0)
        drawn.append(neighbours_of("surrogate", found, adding).answers(2))
    np.testing.assert_array_equal(drawn[0].given, drawn[1].given)
    np.testing.assert_array_equal(drawn[0].weights, drawn[1].weights)


def test_log_odds_are_compared_under_their_link():
    ensemble = linear_text_ensemble()
    found = xg.explain(
        ensemble, TEXTS, method="exact_shap", scale="probability", link="logit", random_state=0
    )
    # Log-odds of two classes are differences of logits, which are sums of words.
    np.testing.assert_allclose(infidelity(found, ensemble, **SAMPLES), 0.0, atol=1e-9)


@pytest.mark.parametrize(("options", "n_classes"), ENCODERS)
def test_trained_networks(options, n_classes):
    texts = [f"{word} {text}" for word in ("good", "thin", "fine") for text in TEXTS]
    labels = [("a", "b", "c")[i % n_classes] for i in range(len(texts))]
    ensemble = xg.TextEnsemble.train(
        texts,
        labels,
        seeds=range(3),
        embedding_size=4,
        hidden_size=4,
        epochs=2,
        validation_share=0.0,
        **options,
    )
    found = xg.explain(ensemble, texts[:3], method="input_x_gradient")
    own = infidelity(found, ensemble, n_samples=N)
    neighbours = neighbours_of("removal", found, ensemble)
    for i in range(3):
        output = neighbours.subject.places[i]
        places = np.flatnonzero(found.mask[i])
        for k in range(3):
            full = ensemble.member_outputs_encoded(k, found.array("input")[[i]])[0, output]
            errors = []
            for mask in drawn_coalitions(neighbours.generator(i), N, len(places)):
                text = row_without(found.array("input")[i], places[~mask], ABSENT)
                given = ensemble.member_outputs_encoded(k, text[None])[0, output]
                gone = found.array("attribution")[k, i, places[~mask], output].sum()
                errors.append((full - gone - given) ** 2)
            assert own[k, i] == pytest.approx(np.mean(errors), rel=1e-3)


def test_models_of_hugging_face():
    pytest.importorskip("transformers")
    from tests import huggingface_models as models

    ensemble = xg.TextEnsemble.wrap(models.bert(), tokenizer=models.word_pieces(), max_tokens=20)
    found = xg.explain(ensemble, models.TEXTS[:2], method="occlusion")
    check = local_fidelity(found, ensemble, neighbourhood="removal", removal="unknown", n_samples=8)
    neighbours = neighbours_of("removal", found, ensemble, n=8, removal="unknown")
    answers = neighbours.answers(1)
    kept = drawn_coalitions(neighbours.generator(1), 8, int(found.word_mask[1].sum()))
    places = np.flatnonzero(found.word_mask[1])
    for n in range(8):
        text = row_without(
            found.array("input")[1], places[~kept[n]], ensemble.schema.tokenizer.unknown
        )
        given = ensemble.outputs_encoded(text[None])[:, 0, neighbours.subject.places[1]]
        np.testing.assert_allclose(answers.given[:, n], given, atol=1e-5)
    assert np.isfinite(check.array("r2")).all()


def test_memory_and_batches_change_nothing(adding):
    found = xg.explain(adding, TEXTS, method="occlusion")
    whole = infidelity(found, adding, **SAMPLES)
    np.testing.assert_allclose(
        infidelity(found, adding, max_memory=2**20, **SAMPLES), whole, atol=1e-12
    )
    alone = xg.explain(adding, TEXTS[2:3], method="occlusion")
    np.testing.assert_allclose(infidelity(alone, adding, **SAMPLES), whole[:, 2:3], atol=1e-12)


def test_of_a_single_token_the_whole_error_counts(adding):
    found = xg.explain(adding, ["film"], method="occlusion", scale="logit")
    data = found.data.assign(attribution=found.data["attribution"] / 2)
    half = type(found)(
        data=data, schema=found.schema, method=found.method, provenance=found.provenance
    )
    row = found.array("input")
    change = adding.outputs_encoded(row, scale="logit") - adding.outputs_encoded(
        np.full_like(row, ABSENT), scale="logit"
    )
    assert np.abs(change[..., 1]).min() > 1e-3
    wrong = infidelity(half, adding, output=1, perturbation="removal", **SAMPLES)
    np.testing.assert_allclose(wrong, (change[..., 1] / 2) ** 2)
    check = local_fidelity(half, adding, output=1, neighbourhood="removal", **SAMPLES)
    np.testing.assert_allclose(check.array("rmse"), np.abs(change[..., 1] / 2))
    # There is one text, by either way, and nothing varies.
    assert np.isnan(check.array("r2")).all()
    assert np.isnan(local_fidelity(half, adding).array("r2")).all()


def test_what_the_check_says_of_itself(adding, tmp_path):
    found = xg.explain(adding, TEXTS, method="occlusion", removal="unknown")
    check = local_fidelity(found, adding, **SAMPLES)
    told = check.provenance["parameters"]
    assert told["removal"] == "unknown"
    assert "radius" not in told
    assert check_digest(load_check(check.save(tmp_path / "a.npz"))) == check_digest(check)
    assert xg.audit([found], checks=[check])["F1"].status == "not_evaluated"


def test_messages(adding):
    attention = xg.explain(adding, TEXTS, method="attention")
    with pytest.raises(InputError, match="those of 'attention', sizes alone"):
        infidelity(attention, adding)
    gradient = xg.explain(adding, TEXTS, method="saliency", reduction="sum")
    with pytest.raises(InputError, match="gradients by word vectors, which are no amounts"):
        local_fidelity(gradient, adding)
    mean = xg.explain(adding, TEXTS, method="input_x_gradient", reduction="mean")
    with pytest.raises(InputError, match="gradients by word vectors, which are no amounts"):
        local_fidelity(mean, adding)
    found = xg.explain(adding, TEXTS, method="occlusion")
    with pytest.raises(InputError, match=r"speaks of \(surrogate, removal\)"):
        infidelity(found, adding, perturbation="slope")
    with pytest.raises(InputError, match="'removal' or 'slope', which change the row"):
        infidelity(found, adding, perturbation="surrogate")
    for given in ({"radius": 0.2}, {"n_background": 3}, {"background": TEXTS}):
        with pytest.raises(InputError, match=f"{next(iter(given))} given"):
            local_fidelity(found, adding, **given)
    with pytest.raises(InputError, match="Pass removal='unknown'"):
        infidelity(found, adding, removal="mask")
    unhidden = linear_text_ensemble(hides=False)
    plain = xg.explain(unhidden, TEXTS, method="occlusion")
    with pytest.raises(InputError, match="a mask or an unknown token for removal='unknown'"):
        infidelity(plain, unhidden, removal="unknown")


def test_columns_have_no_removal_of_tokens(contributions, linear):
    with pytest.raises(InputError, match="removal for texts alone"):
        infidelity(contributions(), linear, removal="delete")
