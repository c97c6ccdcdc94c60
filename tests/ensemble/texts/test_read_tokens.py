"""Which tokens modules of the user's own read their answer from, found by gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import xaigeo as xg
from xaigeo.ensemble.texts.read_tokens import read_from
from xaigeo.text import WordTokenizer

TEXTS = ["a good film with a good plot", "not a good film", "the plot is thin and long"]
WORDS = WordTokenizer.from_texts(TEXTS)


class Encoder(nn.Module):
    """Torch's transformer, and a head that reads some of the tokens."""

    def __init__(self, read, *, batch_first=True, final=None):
        super().__init__()
        self.e = nn.Embedding(WORDS.n_tokens, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=batch_first)
        self.t = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.o = nn.Linear(8, 2)
        self.read, self.batch_first, self.final = read, batch_first, final

    def forward(self, tokens, mask):
        vectors = self.e(tokens)
        if self.batch_first:
            hidden = self.t(vectors, src_key_padding_mask=~mask)
        else:
            hidden = self.t(vectors.transpose(0, 1), src_key_padding_mask=~mask).transpose(0, 1)
        out = self.o(self.read(hidden, mask))
        return out if self.final is None else self.final(out)


class Residual(nn.Module):
    """One nn.MultiheadAttention, added outside of all parts, and a module before that mixes."""

    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(WORDS.n_tokens, 8)
        self.relu = nn.ReLU(inplace=True)
        self.a = nn.MultiheadAttention(8, 2, batch_first=True)
        self.o = nn.Linear(8, 2)

    def forward(self, tokens, mask):
        h = self.relu(self.e(tokens))
        h = h + self.a(h, h, h, key_padding_mask=~mask)[0]
        return self.o(h[:, 0])


class HeadFirst(Encoder):
    """The head answers for every token, and one answer is taken."""

    def forward(self, tokens, mask):
        return self.o(self.t(self.e(tokens), src_key_padding_mask=~mask))[:, 0]


class Overwriting(Encoder):
    """A model without gradients inside."""

    def forward(self, tokens, mask):
        with torch.no_grad():
            return super().forward(tokens, mask)


def first(hidden, mask):
    return hidden[:, 0]


def last(hidden, mask):
    return hidden[torch.arange(len(hidden)), mask.sum(dim=1) - 1]


def mean(hidden, mask):
    return (hidden * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)


def wrapped(make, **options):
    models = []
    for seed in range(2):
        torch.manual_seed(seed)
        models.append(make())
    return xg.TextEnsemble.wrap(models, tokenizer=WORDS, texts=TEXTS, **options)


@pytest.mark.parametrize(
    ("make", "options", "reads"),
    [
        (lambda: Encoder(first), {}, "first"),
        (lambda: Encoder(last), {}, "last"),
        (lambda: Encoder(mean), {}, "mean"),
        (lambda: Encoder(lambda h, m: h.amax(dim=1)), {}, "mean"),
        (lambda: Encoder(lambda h, m: h[:, min(1, h.shape[1] - 1)]), {}, "mean"),
        (lambda: Encoder(first, batch_first=False), {}, "first"),
        (lambda: Encoder(first, final=nn.Softmax(-1)), {"gives": "probability"}, "first"),
        (lambda: Encoder(first), {"reads": "mean"}, "mean"),
        (lambda: Encoder(first), {"attention": "t.layers.0.self_attn"}, "first"),
        (lambda: HeadFirst(None), {}, "first"),
        (lambda: Overwriting(first), {}, "mean"),
        (Residual, {}, "first"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_answer_is_read_from(make, options, reads):
    ensemble = wrapped(make, **options)
    before = ensemble.outputs(TEXTS)
    rows = ensemble.schema.encode(TEXTS)
    assert ensemble.members.attention(rows).reads == reads
    # The models are left as they were.
    assert np.array_equal(ensemble.outputs(TEXTS), before)
    assert all(p.requires_grad and p.grad is None for p in ensemble.members.modules[0].parameters())


def test_attention_is_that_of_the_token_that_is_read():
    ensemble = wrapped(lambda: Encoder(first))
    found = xg.explain(ensemble, TEXTS, method="attention", layers="last")
    assert found.provenance["resolved"]["query"] == "first"
    model = ensemble.members.modules[1]
    caught = []
    attend = model.t.layers[1].self_attn
    own = attend.forward
    attend.forward = lambda *a, **k: (
        caught.append(own(*a, **k | {"need_weights": True}))
        or (
            caught[-1][0],
            None,
        )
    )
    tokens = torch.tensor([[token for _, token in WORDS.split(TEXTS[1])]])
    with torch.no_grad():
        fast = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)
        model.eval()(tokens, torch.ones_like(tokens, dtype=torch.bool))
        torch.backends.mha.set_fastpath_enabled(fast)
    del attend.forward
    expected = caught[0][1][0, 0].numpy()
    n = len(expected)
    assert found.array("attribution")[1, 1, :n, 0] == pytest.approx(expected, abs=1e-6)


def test_tokens_of_a_gradient():
    zeros = torch.zeros(3, 4, 2)
    for place, name in ((0, "first"), (1, "mean"), (3, "last")):
        gradient = zeros.clone()
        gradient[:, place] = -1.0
        assert read_from(gradient) == name
        assert read_from(gradient.transpose(0, 1), 0) == name
    assert read_from(zeros[:, :1] + 1) == "first"
    assert read_from(zeros + 1) == "mean"
