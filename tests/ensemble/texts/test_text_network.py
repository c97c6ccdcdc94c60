from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.text_models import KINDS
from xaigeo.ensemble.dropout import DropoutNoise
from xaigeo.ensemble.texts.line_words import LineWords
from xaigeo.ensemble.texts.text_architecture import TextArchitecture
from xaigeo.ensemble.texts.text_module import side_by_side
from xaigeo.ensemble.texts.text_network import TextNetwork

N_TOKENS, T, K = 20, 9, 3


def architecture(encoder, attention, **more):
    sizes = {"embedding_size": 8, "hidden_size": 5, "n_raw": 2, **more}
    return TextArchitecture.of(
        n_tokens=N_TOKENS, max_tokens=T, encoder=encoder, attention=attention, **sizes
    )


def network(encoder, attention, **more):
    torch.manual_seed(0)
    made = architecture(encoder, attention, **more)
    modules = [made.build().double().eval() for _ in range(K)]
    return TextNetwork.from_modules(modules, made), modules


def batches(shared):
    """Texts of all lengths, with tokens missing inside, one empty and one of a single token."""
    generator = torch.Generator().manual_seed(1)
    shape = (6, T) if shared else (K, 6, T)
    tokens = torch.randint(-1, N_TOKENS, shape, generator=generator)
    tokens[..., 2, :] = -1
    tokens[..., 3, 1:] = -1
    tokens[..., 4, 4:] = -1
    return tokens


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(("encoder", "attention"), KINDS)
def test_outputs_and_gradients_equal_those_of_plain_modules(encoder, attention, shared):
    together, modules = network(encoder, attention)
    tokens = batches(shared)
    state = {name: value.clone().requires_grad_() for name, value in together.state.items()}
    outputs = together.run(state, tokens)
    alone = [m(tokens if shared else tokens[k]) for k, m in enumerate(modules)]
    torch.testing.assert_close(outputs, torch.stack(alone), rtol=0, atol=1e-12)
    by_output = torch.randn(outputs.shape, dtype=torch.float64)
    (outputs * by_output).sum().backward()
    (torch.stack(alone) * by_output).sum().backward()
    for place, module in enumerate(modules):
        for name, value in module.named_parameters():
            torch.testing.assert_close(state[name].grad[place], value.grad, rtol=0, atol=1e-12)


@pytest.mark.parametrize("sizes", [(1,), (3,), (1, 7), (3, 5, 11)])
def test_any_kernels_give_what_convolutions_give(sizes):
    together, modules = network("cnn", "additive", kernel_sizes=sizes)
    tokens = batches(shared=True)
    alone = torch.stack([module(tokens) for module in modules])
    torch.testing.assert_close(together.forward(tokens), alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("encoder", "attention"), KINDS)
def test_padding_and_other_texts_of_a_batch_change_nothing(encoder, attention):
    together, modules = network(encoder, attention)
    tokens = side_by_side(batches(shared=True))
    whole = together.forward(tokens)
    for place, text in enumerate(tokens):
        length = max(1, int((text >= 0).sum()))
        one = together.forward(text[None, :length])
        torch.testing.assert_close(one[:, 0], whole[:, place], rtol=0, atol=1e-12)
        plain = modules[0](text[None, :length])
        torch.testing.assert_close(plain[0], whole[0, place], rtol=0, atol=1e-12)


@pytest.mark.parametrize(("encoder", "attention"), KINDS)
def test_a_missing_token_leaves_the_others_side_by_side(encoder, attention):
    together, _ = network(encoder, attention)
    full = torch.tensor([[3, 4, -1, 5, -1, 6, -1, -1, -1]])
    short = torch.tensor([[3, 4, 5, 6, -1, -1, -1, -1, -1]])
    outputs = [together.forward(tokens) for tokens in (full, short)]
    torch.testing.assert_close(outputs[0], outputs[1], rtol=0, atol=1e-12)


@pytest.mark.parametrize(("encoder", "attention"), KINDS)
def test_an_empty_text_is_pooled_to_nothing(encoder, attention):
    together, modules = network(encoder, attention)
    empty = torch.full((2, T), -1)
    outputs = together.forward(empty)
    bias = together.state["output.bias"][:, None].expand(-1, 2, -1)
    torch.testing.assert_close(outputs, bias)
    torch.testing.assert_close(modules[1](empty), bias[1])


@pytest.mark.parametrize(("encoder", "attention"), [k for k in KINDS if k[1] not in (None, "none")])
def test_attention_follows_its_formula(encoder, attention):
    _, modules = network(encoder, attention)
    module, tokens = modules[0], torch.tensor([[3, 4, 5, -1], [7, -1, -1, -1]])
    there = tokens >= 0
    hidden = module.encoder(module.embed(tokens), there).detach().numpy()
    weights = module.weights_of(tokens).detach().numpy()
    state = {name: value.detach().numpy() for name, value in module.state_dict().items()}
    for text in range(2):
        scores = []
        for place in range(int(there[text].sum())):
            h = hidden[text, place]
            if attention == "additive":
                inner = state["attention.project.weight"] @ h + state["attention.project.bias"]
                scores.append(float(state["attention.score.weight"][0] @ np.tanh(inner)))
            else:
                scores.append(float(state["attention.query.weight"][0] @ h) / np.sqrt(len(h)))
        expected = np.exp(scores) / np.exp(scores).sum()
        np.testing.assert_allclose(weights[text, : len(scores)], expected, atol=1e-12)
        assert (weights[text, len(scores) :] == 0).all()


@pytest.mark.parametrize("encoder", ["cnn", "lstm"])
def test_without_attention_a_text_is_the_mean_of_its_tokens(encoder):
    together, modules = network(encoder, "none")
    tokens = torch.tensor([[3, 4, 5, -1], [7, -1, -1, -1]])
    outputs = together.forward(tokens)
    for place, module in enumerate(modules):
        assert not list(module.attention.parameters())
        hidden = module.encoder(module.embed(tokens), tokens >= 0)
        for text, length in enumerate([3, 1]):
            mean = hidden[text, :length].sum(dim=0) / length
            torch.testing.assert_close(outputs[place, text], module.output(mean))


def test_dropout_draws_from_each_seeds_own_stream():
    together, modules = network("cnn", "additive", dropout=0.4)
    tokens = batches(shared=False)
    outputs = together.run(together.state, tokens, DropoutNoise([5, 6, 7]))
    for place, seed in enumerate([5, 6, 7]):
        torch.manual_seed(seed)
        alone = modules[place].train()(tokens[place])
        torch.testing.assert_close(outputs[place], alone, rtol=0, atol=1e-12)


def test_given_word_vectors_replace_those_of_the_tokens():
    together, modules = network("lstm", "additive")
    tokens = side_by_side(batches(shared=True))
    embedded = torch.randn((K, *tokens.shape, 8), dtype=torch.float64)
    line = together.line(tokens)
    outputs = together.run_line(together.state, LineWords.of_embedded(embedded, line), line)
    there = tokens >= 0
    for place, module in enumerate(modules):
        own = embedded[place] * there[..., None]
        alone = module.outputs_of_embedded(own, there)
        torch.testing.assert_close(outputs[place], alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("encoder", "attention"), KINDS)
def test_many_texts_of_many_lengths_give_what_plain_modules_give(encoder, attention):
    together, modules = network(encoder, attention)
    tokens = torch.randint(0, N_TOKENS, (40, T), generator=torch.Generator().manual_seed(2))
    for place, text in enumerate(tokens):
        text[place % (T + 1) :] = -1
    alone = torch.stack([module(tokens) for module in modules])
    torch.testing.assert_close(together.forward(tokens), alone, rtol=0, atol=1e-12)


def test_a_subset_and_its_modules_hold_the_weights_of_their_seeds():
    together, modules = network("cnn", "additive")
    part = together.subset([2, 0])
    tokens = batches(shared=True)
    torch.testing.assert_close(part.forward(tokens), together.forward(tokens)[[2, 0]])
    plain = part.modules()
    assert not plain[0].training
    torch.testing.assert_close(plain[1](tokens), modules[0](tokens))
    assert together.width == T * 20
    assert together.engine == "text"


def test_a_template_leaves_torchs_random_state_alone():
    together, _ = network("cnn", "additive")
    torch.manual_seed(3)
    before = torch.get_rng_state()
    assert list(together.template.state_dict()) == list(together.state)
    assert torch.equal(before, torch.get_rng_state())
