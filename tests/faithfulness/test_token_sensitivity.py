"""How much explanations of texts change with a near word, or with moved word vectors."""

import numpy as np
import pytest
import torch

import xaigeo as xg
from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers.blocks.streams import instance_seed
from xaigeo.faithfulness import sensitivity
from xaigeo.faithfulness.near_words import NearWords
from xaigeo.faithfulness.subject import Subject
from xaigeo.store import check_digest, load_check
from xaigeo.text import ABSENT

BACKGROUND = [*TEXTS, "a strange film with fine music"]


@pytest.fixture
def adding():
    return linear_text_ensemble(n_outputs=3)


def drawn_by(explanation, ensemble, *, n_samples=10, n_nearest=5):
    near = NearWords(Subject.of(explanation, ensemble), n_nearest, 0, 2**24)
    return near, *near.draw(n_samples)


def nearest(ensemble, background, word, n):
    """Return the nearest words of the background, by a loop over words and seeds."""
    weights = ensemble.members.weights
    others = set(background[background != ABSENT].tolist()) - {word, 0.0}

    def cosine(other):
        pairs = [(w[int(word)], w[int(other)]) for w in weights]
        return np.mean([a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in pairs])

    return set(sorted(others, key=cosine, reverse=True)[:n])


def test_one_word_gives_way_to_a_near_one(adding):
    found = xg.explain(adding, TEXTS, method="occlusion", background=BACKGROUND)
    background, rows = found.array("background"), found.array("input")
    near, changed, tokens = drawn_by(found, adding, n_samples=12, n_nearest=3)
    similarity = near.similarity(changed, tokens)
    for i, row in enumerate(rows):
        cosines = []
        for sample in range(12):
            different = np.flatnonzero(changed[sample, i] != row)
            assert different.tolist() == [tokens[sample, i]]
            old, new = row[different[0]], changed[sample, i, different[0]]
            assert new in nearest(adding, background, old, 3)
            weights = adding.members.weights[:, [int(old), int(new)]]
            a, b = weights[:, 0], weights[:, 1]
            lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
            cosines.append((a * b).sum(axis=1) / lengths)
        np.testing.assert_allclose(similarity[:, i], np.mean(cosines, axis=0))
        # No change comes twice before all have come.
        assert len({changed[s, i].tobytes() for s in range(12)}) == min(12, 3 * (row >= 0).sum())


@pytest.mark.parametrize("method", ["occlusion", "attention"])
def test_closed_form_of_sums_of_words(adding, method):
    """Occlusion of a sum of words is a word's weight; attention the softmax of its scores."""
    options = {"scale": "logit"} if method == "occlusion" else {}
    found = xg.explain(adding, TEXTS, method=method, background=BACKGROUND, **options)
    check = sensitivity(found, adding, output=1, n_samples=8)
    _, changed, _ = drawn_by(found, adding, n_samples=8)
    members = adding.members
    for i, row in enumerate(found.array("input")):
        for k in range(3):

            def explained(text, k=k):
                words = text[text != ABSENT].astype(int)
                if method == "occlusion":
                    return members.weights[k, words, 1]
                raw = np.exp(members.scores[k, words])
                return raw / raw.sum()

            own = explained(row)
            changes = [
                np.linalg.norm(explained(changed[s, i]) - own) / np.linalg.norm(own)
                for s in range(8)
            ]
            assert check.array("largest")[k, i] == pytest.approx(max(changes))
            assert check.array("mean")[k, i] == pytest.approx(np.mean(changes))
    assert (check.array("noise") == 0).all()


def test_against_explaining_the_changed_texts():
    """Texts of known words can be written down and explained by the plain call."""
    pooled = linear_text_ensemble(pooled=True)
    options = {"method": "kernel_shap", "n_samples": 30, "random_state": 4}
    found = xg.explain(pooled, TEXTS, background=TEXTS, **options)
    check = sensitivity(found, pooled, n_samples=4, n_noise=2, output="class1")
    _, changed, _ = drawn_by(found, pooled, n_samples=4)
    own = found.array("attribution")[..., 1]
    norm = np.linalg.norm(own, axis=-1)
    again = []
    for sample in changed:
        texts = pooled.schema.to_model_input(sample)
        other = xg.explain(pooled, texts.tolist(), background=TEXTS, **options)
        again.append(np.linalg.norm(other.array("attribution")[..., 1] - own, axis=-1) / norm)
    np.testing.assert_allclose(check.array("largest"), np.max(again, axis=0), atol=1e-9)
    np.testing.assert_allclose(check.array("mean"), np.mean(again, axis=0), atol=1e-9)
    noise = []
    for state in (5, 6):
        other = xg.explain(
            pooled, TEXTS, background=TEXTS, **options | {"random_state": state}
        ).array("attribution")[..., 1]
        noise.append(np.linalg.norm(other - own, axis=-1) / norm)
    np.testing.assert_allclose(check.array("noise"), np.mean(noise, axis=0), atol=1e-9)


def test_changes_follow_from_the_text_alone(adding):
    found = xg.explain(adding, TEXTS, method="occlusion", background=BACKGROUND)
    alone = xg.explain(adding, TEXTS[2:3], method="occlusion", background=BACKGROUND)
    np.testing.assert_allclose(
        sensitivity(found, adding).array("mean")[:, 2:3], sensitivity(alone, adding).array("mean")
    )
    backwards = adding.select([2, 0])
    part = xg.explain(backwards, TEXTS, method="occlusion", background=BACKGROUND)
    assert sensitivity(part, backwards).seeds.tolist() == [2, 0]


def test_unknown_and_added_tokens_stay():
    marked = linear_text_ensemble(marked=True, pooled=True)
    texts = ["good unheard film", "unheard"]
    found = xg.explain(marked, texts, method="attention", background=TEXTS, special_tokens="keep")
    near, changed, tokens = drawn_by(found, marked, n_samples=9)
    assert set(tokens[:, 0]) == {1, 3}  # [start] good <unk> film
    assert (tokens[:, 1] == -1).all()
    np.testing.assert_array_equal(changed[:, 1], found.array("input")[[1] * 9])
    assert np.isnan(near.similarity(changed, tokens)[:, 1]).all()
    check = sensitivity(found, marked)
    assert np.isfinite(check.array("largest")[:, 0]).all()
    assert np.isnan(check.array("largest")[:, 1]).all()


def test_undefined_where_nothing_is_attributed():
    ensemble = linear_text_ensemble()
    ensemble.members.weights[1] = 0.0
    found = xg.explain(ensemble, TEXTS, method="occlusion", scale="logit")
    check = sensitivity(found, ensemble)
    assert np.isnan(check.array("largest")[1]).all()
    assert np.isfinite(check.array("largest")[[0, 2]]).all()


def test_models_of_hugging_face():
    """Parts of words take the place of parts alone, and rows are explained as they are."""
    pytest.importorskip("transformers")
    from tests import huggingface_models as models
    from xaigeo.text.pieces import goes_on

    ensemble = xg.TextEnsemble.wrap(models.bert(), tokenizer=models.word_pieces(), max_tokens=20)
    found = xg.explain(ensemble, models.TEXTS[:3], method="saliency", background=models.TEXTS)
    check = sensitivity(found, ensemble, n_samples=3, change="words")
    _, changed, tokens = drawn_by(found, ensemble, n_samples=3)
    shown = ensemble.schema.tokenizer.shown
    rows, own = found.array("input"), found.array("attribution")
    places = Subject.of(found, ensemble).places
    for i in range(3):
        words = found.word_mask[i]
        changes = []
        for sample in range(3):
            t = tokens[sample, i]
            old, new = (shown(int(text[t])) for text in (rows[i], changed[sample, i]))
            assert goes_on(old) == goes_on(new)
            vectors = ensemble.members.embed(changed[sample, [i]]).clone().requires_grad_()
            answers = ensemble.members.outputs_of_embedded(
                vectors, changed[sample, [i]], ensemble.default_scale
            )
            answers[..., places[i]].sum().backward()
            slopes = vectors.grad[:, 0].norm(dim=-1).numpy()
            mine = own[:, i, words, places[i]]
            away = slopes[:, words[: slopes.shape[1]]] - mine
            changes.append(np.linalg.norm(away, axis=1) / np.linalg.norm(mine, axis=1))
        np.testing.assert_allclose(check.array("mean")[:, i], np.mean(changes, axis=0), rtol=1e-3)
    moved = sensitivity(found, ensemble, n_samples=2, output=0).array("mean")
    np.testing.assert_allclose(moved, mean_change_by_loop(found, ensemble, 2, 0), rtol=1e-2)


def test_what_the_check_says_of_itself(adding, tmp_path):
    found = xg.explain(adding, TEXTS, method="occlusion")
    check = sensitivity(found, adding, n_nearest=2)
    assert check.provenance["parameters"]["n_nearest"] == 2
    assert "radius" not in check.provenance["parameters"]
    assert check_digest(load_check(check.save(tmp_path / "a.npz"))) == check_digest(check)
    assert len(check.to_frame()) == 3 * len(TEXTS)


def moved_by(explanation, ensemble, radius, n_samples):
    """Return the moves of each text's vectors, (n_samples, n_seeds, n_tokens, d) each."""
    members = ensemble.members
    known = explanation.array("background")
    every = known[(known != ABSENT) & ~ensemble.schema.special(known)]
    spread = np.stack(
        [np.std([_vector(members, k, t) for t in every], axis=0) for k in range(members.n_members)]
    )
    moves = []
    for row in explanation.array("input"):
        key = instance_seed(0, row).spawn_key
        random = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(*key, 2)))
        shape = (int((row != ABSENT).sum()), spread.shape[1])
        drawn = np.stack([random.uniform(-1, 1, shape) for _ in range(n_samples)])
        moves.append(radius * drawn[:, None] * spread[:, None])
    return moves


def _vector(members, k, token):
    row = np.full((1, members.schema.max_tokens), ABSENT)
    row[0, 0] = token
    return members.embed(row)[k, 0, 0].numpy()


@pytest.mark.parametrize("method", ["input_x_gradient", "integrated_gradients"])
def test_moved_vectors_of_sums_of_words(adding, method):
    """The gradient of a sum stays; times the vector, of which one number counts, it is the move."""
    options = {"scale": "logit", "background": BACKGROUND}
    constant = xg.explain(adding, TEXTS, method="saliency", **options)
    still = sensitivity(constant, adding)
    assert still.provenance["parameters"]["change"] == "vectors"
    np.testing.assert_allclose(still.array("largest"), 0.0, atol=1e-12)
    found = xg.explain(adding, TEXTS, method=method, **options)
    check = sensitivity(found, adding, radius=0.3, output=2, n_samples=4)
    for i, moves in enumerate(moved_by(found, adding, 0.3, 4)):
        own = found.array("attribution")[:, i, found.mask[i], 2]
        changes = np.linalg.norm(moves[..., 2], axis=-1) / np.linalg.norm(own, axis=-1)
        np.testing.assert_allclose(check.array("largest")[:, i], changes.max(axis=0))
        np.testing.assert_allclose(check.array("mean")[:, i], changes.mean(axis=0))
    assert "similarity" not in check.data


def mean_change_by_loop(found, ensemble, n_samples, output):
    """Return the mean change of lengths of gradients, (n_seeds, n_texts), text by text."""
    every = []
    for i, moves in enumerate(moved_by(found, ensemble, 0.1, n_samples)):
        row, words = found.array("input")[[i]], found.word_mask[i]
        own = found.array("attribution")[:, i, words, output]
        changes = []
        for sample in moves:
            vectors = ensemble.members.embed(row).clone()
            vectors[:, 0, : sample.shape[1]] += torch.as_tensor(sample, dtype=vectors.dtype)
            vectors.requires_grad_()
            scale = ensemble.default_scale
            answers = ensemble.members.outputs_of_embedded(vectors, row, scale)
            answers[..., output].sum().backward()
            slopes = vectors.grad[:, 0, np.flatnonzero(words)].norm(dim=-1).numpy()
            changes.append(np.linalg.norm(slopes - own, axis=1) / np.linalg.norm(own, axis=1))
        every.append(np.mean(changes, axis=0))
    return np.stack(every, axis=1)


@pytest.mark.parametrize("encoder", ["cnn", "lstm", "transformer"])
@pytest.mark.parametrize("method", ["saliency", "smooth_grad"])
def test_moved_vectors_of_networks(networks, encoder, method):
    ensemble = networks(encoder)
    # So little noise that the mean of the gradients is the gradient.
    options = {"stdev": 1e-9, "n_samples": 2} if method == "smooth_grad" else {}
    found = xg.explain(
        ensemble, TEXTS, method=method, background=BACKGROUND, random_state=0, **options
    )
    check = sensitivity(found, ensemble, n_samples=2, output=1)
    assert (check.array("noise") == 0).all()
    wanted = mean_change_by_loop(found, ensemble, 2, 1)
    np.testing.assert_allclose(check.array("mean"), wanted, rtol=1e-2, atol=1e-4)


@pytest.fixture(scope="module")
def networks():
    trained = {}

    def of(encoder):
        if encoder not in trained:
            more = {"cnn": {"kernel_sizes": (1, 3)}, "transformer": {"n_heads": 2}}
            trained[encoder] = xg.TextEnsemble.train(
                [*TEXTS] * 4,
                ["yes", "no"] * 8,
                seeds=range(2),
                encoder=encoder,
                embedding_size=4,
                hidden_size=4,
                epochs=3,
                validation_share=0.0,
                **more.get(encoder, {}),
            )
        return trained[encoder]

    return of


def test_moved_seeds_and_texts_alone(networks):
    ensemble = networks("cnn")
    options = {"method": "input_x_gradient", "background": BACKGROUND}
    found = xg.explain(ensemble, TEXTS, **options)
    whole = sensitivity(found, ensemble, n_samples=2, output=1).array("mean")
    one = ensemble.select([1])
    alone = sensitivity(xg.explain(one, TEXTS[1:], **options), one, n_samples=2, output=1)
    np.testing.assert_allclose(alone.array("mean")[0], whole[1, 1:], rtol=1e-3)


def test_messages(adding):
    found = xg.explain(adding, TEXTS, method="occlusion")
    with pytest.raises(InputError, match="n_nearest for texts in which one word gives way"):
        sensitivity(found, adding, radius=0.2)
    with pytest.raises(InputError, match="n_nearest"):
        sensitivity(found, adding, n_nearest=0)
    with pytest.raises(InputError, match="a method that reads gradients of word vectors"):
        sensitivity(found, adding, change="vectors")
    with pytest.raises(InputError, match="change to be one of"):
        sensitivity(found, adding, change="letters")
    gradient = xg.explain(adding, TEXTS, method="saliency")
    with pytest.raises(InputError, match="radius for texts whose word vectors move"):
        sensitivity(gradient, adding, n_nearest=3)
    single = xg.explain(adding, ["film"], method="saliency")
    with pytest.raises(InputError, match="at least two different words, whose vectors vary"):
        sensitivity(single, adding)
    alone = xg.explain(adding, ["unheard"], method="occlusion", background=TEXTS)
    with pytest.raises(InputError, match="words to which the background has near ones"):
        sensitivity(alone, adding)


def test_columns_have_no_near_words(contributions, linear):
    with pytest.raises(InputError, match="radius for the columns of a table"):
        sensitivity(contributions(), linear, n_nearest=3)
    with pytest.raises(InputError, match="change given"):
        sensitivity(contributions(), linear, change="words")
