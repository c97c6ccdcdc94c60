"""How modules of the user's own are asked, and where inside them to read."""

from __future__ import annotations

import inspect
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from torch import Tensor, nn

from xaigeo.ensemble.module_output import Gives, ModuleOutput, Output
from xaigeo.ensemble.texts.attention_layout import item_of
from xaigeo.ensemble.texts.module_calls import hooked, part_named
from xaigeo.ensemble.texts.read_tokens import read_by_parts
from xaigeo.ensemble.texts.recorded_heads import has_heads, recorded_heads
from xaigeo.errors import InputError

# A part of a module by name, and the item of its output that is meant; None takes all of it.
Place = tuple[str, int | str | None]


@dataclass(frozen=True, kw_only=True)
class ModuleReader:
    """Modules with ``forward(tokens, mask)`` or ``forward(tokens)``.

    Attributes
    ----------
    n_tokens : int
        Number of tokens that the tokenizer knows; tells the embedding from others.
    pad : int
        Number that fills up shorter texts.
    output : str, int or callable, optional
        Which output of a module that gives several.
    gives : {"logit", "probability"}
    embedding : str, optional
        Name of the part that gives word vectors.
    attention : tuple of (str, int or str or None), optional
        Names of the parts that give attention, and the item of their output. By default every
        ``nn.MultiheadAttention``.
    reads : {"mean", "first", "last"}, optional
        What the answer is read from, where attention does not pool; found by gradients unless
        given.
    """

    source: ClassVar[str] = "module"

    n_tokens: int
    pad: int = 0
    output: Output = None
    gives: Gives = "logit"
    embedding: str | None = None
    attention: tuple[Place, ...] | None = None
    reads: str | None = None

    def answer(self, module: nn.Module, tokens: Tensor, mask: Tensor) -> Tensor:
        """Return raw outputs, shape (n_texts, n_raw): logits or values.

        Raises
        ------
        InputError
            If the module gives something else.
        """
        answer = self.call(module, tokens, mask)
        # Its own module does nothing here: only the choice of an output and of a scale is used.
        raw: Tensor = ModuleOutput(nn.Identity(), self.output, self.gives)(answer)
        if raw.ndim == 1 and len(raw) == len(tokens):
            raw = raw[:, None]
        if raw.ndim != 2 or len(raw) != len(tokens):
            raise InputError(
                expected="models that give shape (n_texts, n_classes): one logit a class, or one "
                "in all",
                arrived=f"shape {tuple(raw.shape)} for {len(tokens)} texts",
                do="Wrap models for sequence classification, or name one of several outputs with "
                "output=...",
            )
        return raw

    def call(self, module: nn.Module, tokens: Tensor, mask: Tensor) -> Any:
        """Return all that a module gives."""
        return module(tokens, mask) if takes_mask(module) else module(tokens)

    def embedding_of(self, module: nn.Module) -> nn.Module:
        """Return the part that gives word vectors.

        Raises
        ------
        InputError
            If it is not named and there is not just one that could be it.
        """
        if self.embedding is not None:
            return part_named(module, self.embedding, "embedding")
        found = {
            name: part
            for name, part in module.named_modules()
            if isinstance(part, nn.Embedding) and part.num_embeddings >= self.n_tokens
        }
        if len(found) == 1:
            return next(iter(found.values()))
        raise InputError(
            expected=f"one nn.Embedding for {self.n_tokens} tokens in {type(module).__name__}",
            arrived=", ".join(found) or "none",
            do="Wrap with embedding=..., the name of the part that gives word vectors.",
        )

    def attention_of(
        self, module: nn.Module, tokens: Tensor, mask: Tensor
    ) -> list[tuple[str, Tensor]]:
        """Return the attention of every layer: its name, and weights in its own layout.

        Raises
        ------
        InputError
            For a module without attention that can be read, or without a part that is named.
        """
        if self.attention is None:
            if not any(has_heads(part) for part in module.modules()):
                raise InputError(
                    expected="modules with nn.MultiheadAttention, or attention= naming parts",
                    arrived=f"{type(module).__name__} without either",
                    do="Wrap with attention='name' of the part that gives weights of tokens.",
                )
            with recorded_heads(module) as heads:
                self.call(module, tokens, mask)
            return heads
        found: list[tuple[str, Tensor]] = []
        with ExitStack() as stack:
            heads = stack.enter_context(recorded_heads(module))
            for name, item in self.attention:
                part = part_named(module, name, "attention")
                if not has_heads(part):
                    stack.enter_context(hooked(part, _noting(found, name, item)))
            self.call(module, tokens, mask)
        given = [*found, *heads]
        wanted = [[one for one in given if one[0] == name] for name, _ in self.attention]
        for (name, _), answers in zip(self.attention, wanted, strict=True):
            if len(answers) != 1:
                raise InputError(
                    expected=f"{name!r}, named with attention=, to be asked once for a batch",
                    arrived=f"{len(answers)} times",
                    do="Name a part whose forward the model calls once.",
                )
        return [answers[0] for answers in wanted]

    def pooling_place(self) -> Place:
        """Return the one part that pools.

        Raises
        ------
        InputError
            If none is named, or several are.
        """
        if self.attention is not None and len(self.attention) == 1:
            return self.attention[0]
        raise InputError(
            expected="one part that pools, named with attention=",
            arrived="none named" if self.attention is None else f"{len(self.attention)} parts",
            do="Wrap with attention='name' of the part that gives the weights of the pooled text.",
        )

    def reads_of(self, module: nn.Module, tokens: Tensor, mask: Tensor) -> str:
        """Return what the answer is read from, where attention does not pool.

        Found by gradients at the last part that gives numbers for every token; "mean" where that
        cannot be told.
        """
        if self.reads is not None:
            return self.reads
        mixes = {name for name, part in module.named_modules() if has_heads(part)}
        mixes |= {name for name, _ in self.attention or ()}
        n_texts, n_tokens = tokens.shape
        found = read_by_parts(
            module, lambda: self.answer(module, tokens, mask), n_texts, n_tokens, mixes
        )
        return found or "mean"


def takes_mask(module: nn.Module) -> bool:
    """Return whether a module's forward takes a mask beside the tokens.

    Raises
    ------
    InputError
        If its second parameter is a mask of padding, which is True where there is no token.
    """
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = [p for p in inspect.signature(module.forward).parameters.values() if p.kind in kinds]
    if len(named) < 2:
        return False
    second = named[1]
    if "pad" in second.name:
        raise InputError(
            expected="forward(tokens, mask), the mask True where there is a token",
            arrived=f"forward({named[0].name}, {second.name})",
            do="Write forward(tokens, mask), and pass ~mask on to layers that want to know the "
            "padding.",
        )
    return second.default is inspect.Parameter.empty or "mask" in second.name


def _noting(found: list[tuple[str, Tensor]], name: str, item: int | str | None) -> Any:
    def note(output: Any) -> None:
        weights = item_of(output, item, name)
        detached = weights.detach() if isinstance(weights, Tensor) else weights
        found.append((name, cast(Tensor, detached)))

    return note
