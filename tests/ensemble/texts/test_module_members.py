from __future__ import annotations

import math
from collections import namedtuple

import numpy as np
import pytest
import torch
from torch import nn

import xaigeo as xg
from xaigeo.errors import InputError, StoreError
from xaigeo.text import ABSENT, WordTokenizer

TEXTS = ["a good film with a good plot", "not a good film", "thin", "the plot is thin and long"]
WORDS = WordTokenizer.from_texts(TEXTS)
Pooled = namedtuple("Pooled", ["text", "weights"])


class Weights(nn.Module):
    """Softmax of a score a token, in one of the shapes that people write."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.score, self.form = nn.Linear(6, 1), form

    def forward(self, hidden, mask):
        scores = self.score(hidden).squeeze(-1)
        weights = scores.masked_fill(~mask, -math.inf).softmax(dim=-1)
        unmasked = scores.softmax(dim=-1)
        return {
            "text": weights,
            "column": weights[..., None],
            "queries": weights[:, None],
            "heads": weights[:, None, None],
            "two heads": weights[:, None, None].repeat(1, 2, 1, 1),
            "tuple": (hidden, weights),
            "named": Pooled(hidden, weights),
            "dict": {"weights": weights, "hidden": hidden},
            "unmasked": unmasked,
            "scores": scores,
            "transposed": weights.T,
            "infinite": weights * math.inf,
            "nothing": None,
        }[self.form]


class Pooling(nn.Module):
    """Word vectors, weights of tokens, their weighted sum, logits."""

    def __init__(self, form: str = "text", n_outputs: int = 3) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS.n_tokens, 6)
        self.attend = Weights(form)
        self.head = nn.Linear(6, n_outputs)

    def forward(self, tokens, mask):
        hidden = self.embedding(tokens)
        weights = self.attend(hidden, mask)
        if isinstance(weights, dict):
            weights = weights["weights"]
        elif isinstance(weights, tuple):
            weights = weights[1]
        odd = weights is None or weights.shape == tokens.T.shape != tokens.shape
        if odd or not weights.isfinite().all():
            weights = mask / mask.sum(dim=1, keepdim=True)
        if weights.ndim == 4:
            weights = weights.mean(dim=1)[:, 0]
        weights = weights.reshape(len(tokens), -1)
        return self.head((weights[..., None] * hidden).sum(dim=1))


class Transformer(nn.Module):
    """Torch's own transformer, which takes a fast path in evaluation mode."""

    def __init__(self, n_heads: tuple[int, ...] = (2, 2)) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS.n_tokens, 8)
        layers = [nn.TransformerEncoderLayer(8, n, 8, batch_first=True) for n in n_heads]
        self.encoder = nn.TransformerEncoder(layers[0], 1, enable_nested_tensor=True)
        self.encoder.layers = nn.ModuleList(layers)
        self.head = nn.Linear(8, 2)

    def forward(self, tokens, mask):
        hidden = self.encoder(self.embedding(tokens), src_key_padding_mask=~mask)
        hidden = hidden * mask[..., None]
        return self.head(hidden.sum(dim=1) / mask.sum(dim=1, keepdim=True))


class Sequence(nn.Module):
    """A recurrent network that knows no mask, so its answer depends on padding."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS.n_tokens, 5)
        self.lstm = nn.LSTM(5, 4, batch_first=True, bidirectional=True)
        self.head = nn.Linear(8, 1)

    def forward(self, tokens):
        hidden, _ = self.lstm(self.embedding(tokens))
        return {"score": self.head(hidden.mean(dim=1)).squeeze(-1).sigmoid(), "hidden": hidden}


def many(make, n: int = 3):
    built = []
    with torch.random.fork_rng(devices=[]):
        for seed in range(n):
            torch.manual_seed(seed)
            built.append(make())
    return built


def wrap(make=Pooling, **options):
    return xg.TextEnsemble.wrap(many(make), tokenizer=WORDS, **{"texts": TEXTS} | options)


def numbers(text: str) -> torch.Tensor:
    return torch.tensor([[number for _, number in WORDS.split(text)]])


def test_outputs_of_modules_that_know_a_mask():
    ensemble = wrap()
    assert not ensemble.members.one_length
    for place, text in enumerate(TEXTS):
        tokens = numbers(text)
        for member, module in enumerate(ensemble.members.modules):
            wanted = module(tokens, torch.ones_like(tokens, dtype=torch.bool))[0].detach()
            np.testing.assert_allclose(ensemble.logits(TEXTS)[member, place], wanted, atol=1e-6)


def test_texts_of_one_length_together_where_padding_counts():
    ensemble = wrap(Sequence, output="score", gives="probability", classes=["no", "yes"])
    members = ensemble.members
    assert members.one_length
    wanted = np.array(
        [[m(numbers(t))["score"].item() for t in TEXTS] for m in ensemble.members.modules]
    )
    np.testing.assert_allclose(ensemble.predict_proba(TEXTS)[..., 1], wanted, atol=1e-6)
    np.testing.assert_allclose(
        ensemble.logits(TEXTS)[..., 1], np.log(wanted / (1 - wanted)), atol=1e-5
    )
    rows = ensemble.schema.encode(TEXTS)
    vectors = members.embed(rows).requires_grad_()
    outputs = members.outputs_of_embedded(vectors, rows, "probability")
    np.testing.assert_allclose(outputs.detach()[..., 1], wanted, atol=1e-6)
    outputs[1, 2, 1].backward()
    assert vectors.grad.nonzero()[:, :3].unique(dim=0).tolist() == [[1, 2, 0]]


def test_gradients_against_a_closed_form():
    ensemble = wrap()
    rows = ensemble.schema.encode(TEXTS)
    vectors = ensemble.members.embed(rows).requires_grad_()
    ensemble.members.outputs_of_embedded(vectors, rows, "logit")[..., 1].sum().backward()
    for member, module in enumerate(ensemble.members.modules):
        score, head = module.attend.score.weight[0], module.head.weight[1]
        for place in range(len(TEXTS)):
            n = int((rows[place] != ABSENT).sum())
            own = vectors.detach()[member, place, :n]
            weights = (own @ score).softmax(dim=0)
            value = own @ head
            # d/dx_t of sum_s w_s (h . x_s) = w_t h + w_t (h . x_t - sum_s w_s h . x_s) v
            wanted = weights[:, None] * (head + (value - weights @ value)[:, None] * score)
            np.testing.assert_allclose(vectors.grad[member, place, :n], wanted.detach(), atol=1e-5)


def test_removed_tokens_and_empty_texts():
    ensemble = wrap()
    rows = ensemble.schema.encode(["not a good film", "not good film"])
    rows[0, 1] = ABSENT
    outputs = ensemble.outputs_encoded(rows, scale="logit")
    np.testing.assert_allclose(outputs[:, 0], outputs[:, 1], atol=1e-6)
    rows[0] = ABSENT
    unknown = ensemble.logits(["xyz"])[:, 0]
    np.testing.assert_allclose(
        ensemble.outputs_encoded(rows, scale="logit")[:, 0], unknown, atol=1e-6
    )


@pytest.mark.parametrize("form", ["text", "column", "queries", "heads", "tuple", "named", "dict"])
def test_attention_that_pools_in_every_shape(form):
    item = {"tuple": 1, "named": 1, "dict": "weights"}.get(form)
    place = "attend" if item is None else ("attend", item)
    ensemble = wrap(lambda: Pooling(form), attention=place)
    rows = ensemble.schema.encode(TEXTS)
    members = ensemble.members
    maps = members.attention(rows)
    assert (maps.pooling, maps.reads, maps.layers) == (True, "pool", ("attend",))
    assert maps.weights.shape == (3, 4, 1, 1, 1, ensemble.schema.max_tokens)
    np.testing.assert_allclose(maps.weights.sum(axis=-1), 1.0, atol=1e-6)
    assert not maps.weights[:, :, 0, 0, 0][:, rows == ABSENT].any()
    for member, module in enumerate(members.modules):
        hidden = module.embedding(numbers(TEXTS[1]))
        wanted = module.attend.score(hidden)[0, :, 0].softmax(dim=0).detach()
        np.testing.assert_allclose(maps.weights[member, 1, 0, 0, 0, :4], wanted, atol=1e-6)
    # Given its own weights, a model answers as it does.
    own = maps.weights[:, :, 0, 0].astype(np.float64)
    answers = members.outputs_with_attention(rows, own, "logit")
    np.testing.assert_allclose(answers[:, :, 0], ensemble.logits(TEXTS), atol=1e-5)
    # All weight on one token: its vector alone goes through the last layer.
    draws = np.zeros((3, 4, 2, rows.shape[1]))
    draws[:, :, 0, 0] = 1.0
    draws[:, :, 1] = 0.0
    answers = members.outputs_with_attention(rows, draws, "logit")
    for member, module in enumerate(members.modules):
        first = module.embedding(torch.from_numpy(rows[:, 0]).long())
        np.testing.assert_allclose(answers[member, :, 0], module.head(first).detach(), atol=1e-5)
        none = np.tile(module.head.bias.detach(), (4, 1))
        np.testing.assert_allclose(answers[member, :, 1], none, atol=1e-6)


@pytest.mark.parametrize(
    ("form", "place", "message"),
    [
        ("unmasked", "attend", r"and 0 beyond a text's end, got a weight of 0\.\d+ on padding"),
        ("scores", "attend", r"finite weights of at least 0 from 'attend'.*got weights down to -"),
        ("infinite", "attend", "got weights that are not finite. Mask the scores of padding befor"),
        ("nothing", "attend", r"from 'attend', got NoneType\. Name a part that gives the weights"),
        ("transposed", "attend", r"got shape \(4, 5\) for 5 texts of 4 tokens\. Name a part"),
        ("text", "embedding", r"from 'embedding', got shape \(5, 4, 6\) for 5 texts of 4 tokens"),
        ("tuple", ("attend", 2), r"an item 2 in what 'attend' gives, got a tuple of 2"),
        ("dict", ("attend", "w"), r"an item 'w' in what 'attend' gives, got a dict"),
    ],
)
def test_attention_that_is_none(form, place, message):
    ensemble = wrap(lambda: Pooling(form), attention=place, texts=None, max_tokens=12)
    with pytest.raises(InputError, match=message):
        ensemble.members.attention(ensemble.schema.encode(TEXTS))


def test_named_attention_is_tried_on_the_texts_given():
    with pytest.raises(
        InputError, match=r"from 'head', got shape \(5, 3\) for 5 texts of 4 tokens\. Name a part"
    ):
        wrap(Pooling, attention="head")
    with pytest.raises(InputError, match=r"a weight of 0\.\d+ on padding"):
        wrap(lambda: Pooling("unmasked"), attention="attend")
    assert wrap(Pooling, attention="attend").n_seeds == 3


def heads_by_hand(module, hidden):
    """Return the weights of a ``nn.MultiheadAttention`` for one text, (n_heads, T, T)."""
    width, n = hidden.shape[-1], module.num_heads
    queries, keys, _ = (hidden @ module.in_proj_weight.T + module.in_proj_bias).chunk(3, dim=-1)
    split = [part.reshape(-1, n, width // n).transpose(0, 1) for part in (queries, keys)]
    return (split[0] @ split[1].transpose(1, 2) / math.sqrt(width // n)).softmax(dim=-1)


def test_multihead_attention_behind_the_fast_path():
    ensemble = wrap(Transformer)
    rows = ensemble.schema.encode(TEXTS)
    members = ensemble.members
    maps = members.attention(rows)
    assert maps.layers == ("encoder.layers.0.self_attn", "encoder.layers.1.self_attn")
    assert (maps.pooling, maps.reads) == (False, "mean")
    assert maps.weights.shape == (3, 4, 2, 2, rows.shape[1], rows.shape[1])
    there = rows != ABSENT
    sums = maps.weights.sum(axis=-1)
    np.testing.assert_allclose(sums, np.broadcast_to(there[:, None, None], sums.shape), atol=1e-5)
    assert not maps.weights[:, 2, ..., 1:].any()
    for member, module in enumerate(members.modules):
        with torch.no_grad():
            hidden = module.embedding(numbers(TEXTS[1]))
            for place, layer in enumerate(module.encoder.layers):
                wanted = heads_by_hand(layer.self_attn, hidden[0])
                np.testing.assert_allclose(
                    maps.weights[member, 1, place, :, :4, :4], wanted, atol=1e-5
                )
                hidden = layer(hidden)
    # Nothing is left behind.
    assert torch.backends.mha.get_fastpath_enabled()
    for module in members.modules:
        assert not any("forward" in vars(part) for part in module.modules())
        assert not any(part._forward_hooks for part in module.modules())
    one = wrap(Transformer, attention="encoder.layers.1.self_attn", reads="first")
    named = one.members.attention(rows)
    assert (named.layers, named.reads) == (("encoder.layers.1.self_attn",), "first")
    np.testing.assert_allclose(named.weights[:, :, 0], maps.weights[:, :, 1], atol=1e-6)


class Twice(nn.Module):
    """One attention layer asked twice, with averaged weights read by the model itself."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS.n_tokens, 4)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, tokens, mask):
        hidden = self.embedding(tokens)
        for _ in range(2):
            hidden, weights = self.attention(hidden, hidden, hidden, ~mask)
            assert weights.shape == (len(tokens), tokens.shape[1], tokens.shape[1])
        return self.head(hidden[:, 0])


def test_a_layer_that_is_asked_twice():
    ensemble = wrap(Twice)
    maps = ensemble.members.attention(ensemble.schema.encode(TEXTS))
    assert maps.layers == ("attention", "attention[2]")
    named = wrap(Twice, attention="attention")
    maps = named.members.attention(named.schema.encode(TEXTS))
    assert maps.layers == ("attention",)


def test_layers_that_differ():
    ensemble = wrap(lambda: Transformer((2, 4)))
    rows = ensemble.schema.encode(TEXTS)
    with pytest.raises(
        InputError, match=r"as many heads each, got 'encoder.layers.0.self_attn' mix"
    ):
        ensemble.members.attention(rows)


def test_models_without_attention_or_that_do_not_pool_by_it():
    rows = wrap().schema.encode(TEXTS)
    draws = np.zeros((3, 4, 1, rows.shape[1]))
    with pytest.raises(InputError, match=r"attention= naming parts, got Pooling without either"):
        wrap().members.attention(rows)
    with pytest.raises(
        InputError, match=r"one part that pools, named with attention=, got none na"
    ):
        wrap().members.outputs_with_attention(rows, draws, "logit")
    mixing = wrap(Transformer, attention="encoder.layers.0.self_attn")
    with pytest.raises(
        InputError, match="to pool a text with one weight a token, got weights for "
    ):
        mixing.members.outputs_with_attention(rows, draws, "logit")
    several = wrap(lambda: Pooling("two heads"), attention="attend")
    with pytest.raises(InputError, match="to pool a text with one weight a token, got 2 heads"):
        several.members.outputs_with_attention(rows, draws, "logit")


class Inside(Pooling):
    """A model whose attention pools by itself and shows its weights beside."""

    def forward(self, tokens, mask):
        hidden = self.embedding(tokens)
        self.attend(hidden, mask)
        return self.head(hidden[:, 0])


def test_weights_that_are_only_shown():
    ensemble = wrap(Inside, attention="attend")
    rows = ensemble.schema.encode(TEXTS)
    draws = np.zeros((3, 4, 1, rows.shape[1]))
    with pytest.raises(
        InputError, match="to pool with the weights that 'attend' gives, got one th"
    ):
        ensemble.members.outputs_with_attention(rows, draws, "logit")


class TwoTables(Pooling):
    """A model with two embeddings that could hold words."""

    def __init__(self) -> None:
        super().__init__()
        self.other = nn.Embedding(WORDS.n_tokens, 6)


def test_the_embedding_is_found_or_named():
    rows = wrap().schema.encode(TEXTS)
    with pytest.raises(
        InputError, match=r"tokens in TwoTables, got embedding, other\. Wrap with em"
    ):
        wrap(TwoTables).members.embed(rows)
    named = wrap(TwoTables, embedding="embedding").members
    tokens = torch.from_numpy(rows[0]).long()
    np.testing.assert_array_equal(
        named.embed(rows)[1, 0], named.modules[1].embedding(tokens).detach()
    )
    with pytest.raises(
        InputError, match="ask the embedding once for a batch of texts, got 0 times"
    ):
        wrap(TwoTables, embedding="other").members.embed(rows)
    with pytest.raises(InputError, match=r"d'\) from the embedding, got shape \(1, 3\)"):
        wrap(embedding="head").members.embed(rows[2:3])
    with pytest.raises(
        InputError, match=r"name of a part of Pooling, got 'embeddin'\. Did you mean "
    ):
        wrap(embedding="embeddin")


def test_many_texts_are_asked_in_batches(monkeypatch):
    from xaigeo.ensemble.texts import token_batches

    ensemble = wrap(attention="attend")
    rows = ensemble.schema.encode(TEXTS * 3)
    draws = np.random.default_rng(0).dirichlet(np.ones(rows.shape[1]), (3, 12, 2))
    draws = draws * (rows != ABSENT)[None, :, None]
    members = ensemble.members

    def answers():
        vectors = members.embed(rows)
        return [
            members.values(rows, "logit"),
            vectors.numpy(),
            members.outputs_of_embedded(vectors, rows, "logit").numpy(),
            members.attention(rows).weights,
            members.outputs_with_attention(rows, draws, "logit"),
        ]

    at_once = answers()
    monkeypatch.setattr(token_batches, "TOKENS_AT_ONCE", 15)
    for one, other in zip(at_once, answers(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    monkeypatch.setattr(token_batches, "PAIRS_AT_ONCE", 1)
    for one, other in zip(at_once, answers(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_saved_and_loaded(tmp_path):
    ensemble = wrap(Transformer, seeds=[4, 5, 6], classes=["no", "yes"])
    path = ensemble.save(tmp_path / "own")
    again = xg.SeedEnsemble.load(path, make_model=Transformer)
    assert (again.seeds, again.classes) == ((4, 5, 6), ("no", "yes"))
    np.testing.assert_array_equal(again.logits(TEXTS), ensemble.logits(TEXTS))
    rows = ensemble.schema.encode(TEXTS)
    np.testing.assert_array_equal(
        again.members.attention(rows).weights, ensemble.members.attention(rows).weights
    )
    with pytest.raises(
        InputError, match=r"make_model for text modules of your own, got none\. Loa"
    ):
        xg.SeedEnsemble.load(path)
    for make, arrived in ((Pooling, "another Pooling"), (dict, "dict")):
        with pytest.raises(StoreError, match=f"architecture that was saved, got {arrived}"):
            xg.SeedEnsemble.load(path, make_model=make)
    pooled = wrap(lambda: Pooling("tuple"), attention=[("attend", 1)])
    pooled.save(tmp_path / "pooled")
    again = xg.SeedEnsemble.load(tmp_path / "pooled", make_model=lambda: Pooling("tuple"))
    assert again.members.reader == pooled.members.reader


def test_outputs_that_are_not_finite():
    models = many(Pooling)
    ensemble = xg.TextEnsemble.wrap(models, tokenizer=WORDS, texts=TEXTS)
    nn.init.constant_(models[1].head.bias, math.nan)
    with pytest.raises(InputError, match="got NaN or infinite outputs from the model at place 1"):
        ensemble.logits(TEXTS)


def test_a_named_part_that_is_not_asked():
    class Idle(Pooling):
        def __init__(self) -> None:
            super().__init__()
            self.idle = nn.Linear(6, 1)

    ensemble = wrap(Idle, attention=["attend", "idle"], texts=None, max_tokens=12)
    with pytest.raises(InputError, match="'idle', named with attention=, to be asked once for a b"):
        ensemble.members.attention(ensemble.schema.encode(TEXTS))


def test_weights_whose_shape_changes_with_the_text():
    class Longer(Pooling):
        def forward(self, tokens, mask):
            hidden = self.embedding(tokens)
            # Past five tokens, a text gets one weight more.
            extra = mask[:, :1] if tokens.shape[1] > 5 else mask[:, :0]
            more = torch.cat([hidden, hidden[:, : extra.shape[1]]], dim=1)
            weights = self.attend(more, torch.cat([mask, extra], dim=1))
            return self.head((weights[..., None] * more).sum(dim=1))

    ensemble = wrap(Longer, attention="attend", texts=None, max_tokens=12)
    with pytest.raises(
        InputError, match=r"\(4, 1, 1, 7\) from 'attend', as for other texts, got \("
    ):
        ensemble.members.attention(ensemble.schema.encode(TEXTS))
