"""How models of Hugging Face for sequence classification are asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from xaigeo.ensemble.texts.module_calls import hooked
from xaigeo.ensemble.texts.module_reader import ModuleReader
from xaigeo.ensemble.texts.read_tokens import read_from
from xaigeo.errors import InputError


@dataclass(frozen=True, kw_only=True)
class HuggingFaceReader(ModuleReader):
    """Models of `transformers`, asked with token numbers and an attention mask.

    Word vectors enter behind the model's own embedding, with the numbers of the tokens still
    there: some models find padding, positions or the last token by these, and go wrong with
    ``inputs_embeds``.
    """

    source: ClassVar[str] = "huggingface"

    def call(self, module: nn.Module, tokens: Tensor, mask: Tensor) -> Any:
        """Return all that a model gives."""
        return module(input_ids=tokens, attention_mask=mask.long())

    def embedding_of(self, module: nn.Module) -> nn.Module:
        """Return the part that gives word vectors.

        Raises
        ------
        InputError
            If the model does not tell.
        """
        model: Any = module
        try:
            part: nn.Module = model.get_input_embeddings()
        except NotImplementedError as error:
            raise InputError(
                expected="a model that tells where its word vectors are",
                arrived=f"{type(module).__name__}, whose get_input_embeddings does not",
                do="Give its class get_input_embeddings().",
            ) from error
        return part

    def attention_of(
        self, module: nn.Module, tokens: Tensor, mask: Tensor
    ) -> list[tuple[str, Tensor]]:
        """Return the attention of every layer, as ``output_attentions=True`` gives it.

        Raises
        ------
        InputError
            If the model gives none.
        """
        with _eager(module):
            answer = module(input_ids=tokens, attention_mask=mask.long(), output_attentions=True)
        layers = getattr(answer, "attentions", None) or ()
        if not layers or any(weights is None for weights in layers):
            raise InputError(
                expected="models that give attentions for output_attentions=True",
                arrived=f"{type(module).__name__} without",
                do="Load the models with attn_implementation='eager'; encoder-decoder models and "
                "those without attention give none that can be read here.",
            )
        return [(f"layer {place + 1}", weights) for place, weights in enumerate(layers)]

    def pooling_place(self) -> Any:
        """Raise: attention in these models mixes tokens and pools nothing."""
        raise InputError(
            expected="models that pool a text by attention",
            arrived="models of Hugging Face, whose attention mixes tokens in every layer",
            do="Read their attention with method='attention', and change it in models of your own.",
        )

    def reads_of(self, module: nn.Module, tokens: Tensor, mask: Tensor) -> str:
        """Return what the answer is read from: found by gradients at the last layer's output.

        Raises
        ------
        InputError
            If that cannot be found out.
        """
        if self.reads is not None:
            return self.reads
        held: list[Tensor] = []

        def keep(output: Any) -> None:
            hidden = getattr(output, "last_hidden_state", None)
            if isinstance(hidden, Tensor):
                held.append(hidden)

        base = getattr(module, str(getattr(module, "base_model_prefix", "")), None)
        if isinstance(base, nn.Module) and base is not module:
            with (
                torch.enable_grad(),
                hooked(self.embedding_of(module), lambda v: v.detach().requires_grad_()),
                hooked(base, keep),
            ):
                total = self.answer(module, tokens, mask).sum()
            if held and held[0].requires_grad:
                (gradient,) = torch.autograd.grad(total, held[0], allow_unused=True)
                if gradient is not None:
                    return read_from(gradient)
        raise InputError(
            expected=f"a model whose answer is read from its last layer, {type(module).__name__}",
            arrived="one where that cannot be told",
            do="Wrap with reads='first', 'last' or 'mean'.",
        )


def token_limit(config: Any, model: nn.Module) -> int | None:
    """Return how many tokens a model of Hugging Face can read, None where it does not say."""
    limit = getattr(config, "max_position_embeddings", None)
    for name, part in model.named_modules():
        last = name.rpartition(".")[2]
        if last == "position_embeddings" and isinstance(part, nn.Embedding):
            # RoBERTa and its kin count positions from behind the padding token's number.
            before = 0 if part.padding_idx is None else part.padding_idx + 1
            return int(part.num_embeddings - before)
    return None if limit is None else int(limit)


@contextmanager
def _eager(model: Any) -> Iterator[None]:
    # Since transformers 4.48 the quicker kinds of attention give no weights; models switch.
    own = getattr(model.config, "_attn_implementation", "eager")
    if own == "eager" or not hasattr(model, "set_attn_implementation"):
        yield
        return
    model.set_attn_implementation("eager")
    try:
        yield
    finally:
        model.set_attn_implementation(own)
