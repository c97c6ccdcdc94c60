"""Text models that were trained elsewhere, as members of an ensemble."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaigeo.ensemble.members import Scale, Task, finite_outputs
from xaigeo.ensemble.texts.attention_layout import AttentionLayout, item_of, with_item
from xaigeo.ensemble.texts.module_calls import asking, device_of, hooked, part_named
from xaigeo.ensemble.texts.module_reader import ModuleReader
from xaigeo.ensemble.texts.raw_outputs import RawOutputs
from xaigeo.ensemble.texts.text_members import AttentionMaps
from xaigeo.ensemble.texts.token_batches import TokenBatch, side_by_side, token_batches
from xaigeo.errors import InputError
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT, TextSchema


class ModuleTextMembers:
    """K text modules, asked one after another: those of Hugging Face, or the user's own.

    Modules are held as they are, not copied, and kept in evaluation mode while they answer; their
    weights get no gradients. They may lie on an accelerator; what goes in and comes out is on the
    CPU. An empty text is read as the special tokens alone or, where the tokenizer adds none, as
    its unknown token.

    Parameters
    ----------
    modules : sequence of nn.Module
    schema : TextSchema
    reader : ModuleReader
        How they are asked.
    task : {"classification", "regression"}
    n_outputs : int
    one_length : bool
        Whether texts are asked with others of their length only, for modules whose answer depends
        on padding.
    """

    kind = "text"

    def __init__(
        self,
        modules: Sequence[nn.Module],
        schema: TextSchema,
        reader: ModuleReader,
        *,
        task: Task,
        n_outputs: int,
        one_length: bool = False,
    ) -> None:
        self.modules = list(modules)
        self.schema = schema
        self.reader = reader
        self.task = task
        self.n_outputs = n_outputs
        self.one_length = one_length
        self.n_members = len(self.modules)
        self.has_logits = task == "classification"

    def values(self, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return outputs, shape (n_members, n_texts, n_outputs)."""
        values = np.zeros((self.n_members, len(rows), self.n_outputs))
        for batch in self._batches(rows):
            for member, module in enumerate(self.modules):
                with torch.no_grad(), asking(module):
                    raw = self._answer(module, batch)
                    values[member, batch.places] = self._finish(raw, scale).numpy()
        return finite_outputs(values)

    def member_values(self, place: int, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return one member's outputs, shape (n_texts, n_outputs)."""
        return np.asarray(self.subset([place]).values(rows, scale)[0])

    def subset(self, places: Sequence[int]) -> ModuleTextMembers:
        """Return the members at these places."""
        return ModuleTextMembers(
            [self.modules[place] for place in places],
            self.schema,
            self.reader,
            task=self.task,
            n_outputs=self.n_outputs,
            one_length=self.one_length,
        )

    def embed(self, rows: Matrix) -> Tensor:
        """Return the word vectors that each model reads, shape (n_members, n_texts, T, d)."""
        there = torch.from_numpy(self._there(rows))
        every = []
        for module in self.modules:
            vectors: Tensor | None = None
            for batch in self._batches(rows):
                part = self._vectors(module, batch)
                if vectors is None:
                    shape = (*there.shape, part.shape[-1])
                    vectors = torch.zeros(shape, dtype=part.dtype)
                # What is read in place of an empty text may be longer than T.
                width = min(batch.width, there.shape[1])
                vectors[batch.places, :width] = part[:, :width]
            if vectors is not None:
                every.append(vectors * there[..., None])
        return torch.stack(every)

    def outputs_of_embedded(self, embedded: Tensor, rows: Matrix, scale: Scale) -> Tensor:
        """Return outputs for given word vectors, with gradients, (n_members, n_texts, n_outputs).

        Parameters as of `TextMembers`. Padding, and what stands for an empty text, has the model's
        own vectors.
        """
        there = torch.from_numpy(self._there(rows))
        every = []
        for module, vectors in zip(self.modules, embedded, strict=True):
            answers, places = [], []
            for batch in self._batches(rows):
                fitted = _fitted(vectors[batch.places], batch.width)
                given = _fitted(there[batch.places], batch.width).bool()
                with asking(module):
                    raw = self._answer_of(module, batch, fitted, given)
                answers.append(self._finish(raw, scale))
                places.append(batch.places)
            order = torch.from_numpy(np.argsort(np.concatenate(places)))
            every.append(torch.cat(answers)[order])
        return torch.stack(every)

    def attention(self, rows: Matrix) -> AttentionMaps:
        """Return the attention over texts in one pass, float32."""
        there = self._there(rows)
        layouts = self._layouts
        n_queries = 1 if layouts[0].pooling else self.schema.max_tokens
        shape = (len(layouts), layouts[0].n_heads, n_queries, self.schema.max_tokens)
        weights = np.zeros((self.n_members, len(rows), *shape), dtype=np.float32)
        some = np.flatnonzero(there.any(axis=1))
        for batch in self._batches(rows[some]):
            places = some[batch.places]
            for member, module in enumerate(self.modules):
                for layer, found in enumerate(self._maps(module, batch)):
                    n_asked = found.shape[2]
                    weights[member, places, layer, :, :n_asked, : batch.width] = found.numpy()
        return AttentionMaps(
            weights=weights,
            layers=tuple(layout.name for layout in layouts),
            pooling=layouts[0].pooling,
            reads="pool" if layouts[0].pooling else self._reads,
        )

    def outputs_with_attention(self, rows: Matrix, weights: np.ndarray, scale: Scale) -> np.ndarray:
        """Return outputs under other weights of the attention that pools.

        Parameters and shapes as of `TextMembers`.

        Raises
        ------
        InputError
            For models that do not pool by attention, or not by weights alone.
        """
        self.reader.pooling_place()
        layout = self._layouts[0]
        if not layout.pooling or layout.n_heads > 1:
            raise InputError(
                expected=f"{layout.name!r} to pool a text with one weight a token",
                arrived="weights for every token of a text"
                if not layout.pooling
                else f"{layout.n_heads} heads",
                do="Name a part that gives weights of shape (n_texts, T).",
            )
        self._there(rows)
        n_draws = weights.shape[2]
        values = np.zeros((self.n_members, len(rows), n_draws, self.n_outputs))
        for batch in self._batches(rows, copies=n_draws):
            many = batch.repeated(n_draws)
            for member, module in enumerate(self.modules):
                drawn = weights[member, batch.places, :, : batch.width]
                given = torch.from_numpy(np.ascontiguousarray(drawn)).flatten(0, 1)
                with asking(module):
                    raw = self._answer_under(module, many, given, layout)
                answers = self._finish(raw.detach(), scale).reshape(-1, n_draws, self.n_outputs)
                values[member, batch.places] = answers.numpy()
        return finite_outputs(values)

    @cached_property
    def _empty(self) -> list[int]:
        added = [token for _, token in self.schema.tokenizer.split("")]
        unknown = self.schema.tokenizer.unknown
        return added or [self.reader.pad if unknown is None else unknown]

    @cached_property
    def _probe(self) -> TokenBatch:
        """More texts of one length than they have tokens, to tell texts from tokens in a shape."""
        row = probe_rows(self.schema)[-1:]
        width = int((row != ABSENT).sum())
        return next(self._batches(np.repeat(row, width + 1, axis=0)))

    @cached_property
    def _layouts(self) -> list[AttentionLayout]:
        probe = self._probe
        n, width = probe.tokens.shape
        module = self.modules[0]
        with torch.no_grad(), asking(module):
            layers = self.reader.attention_of(module, *_moved(probe, module))
        layouts = [AttentionLayout.of(name, weights, n, width) for name, weights in layers]
        kinds = {(layout.pooling, layout.n_heads) for layout in layouts}
        if len(kinds) != 1:
            raise InputError(
                expected="layers that all pool or all mix tokens, with as many heads each",
                arrived=", ".join(
                    f"{one.name!r} {'pools' if one.pooling else 'mixes'} with {one.n_heads}"
                    for one in layouts
                )
                or "no layers",
                do="Wrap with attention=[...], the names of layers that are alike.",
            )
        return layouts

    @cached_property
    def _reads(self) -> str:
        module = self.modules[0]
        with asking(module):
            return self.reader.reads_of(module, *_moved(self._probe, module))

    @cached_property
    def _single(self) -> bool:
        if self.task == "regression":
            return False
        module = self.modules[0]
        with torch.no_grad(), asking(module):
            return self._answer(module, self._probe).shape[1] == 1

    def _batches(self, rows: Matrix, copies: int = 1) -> Iterator[TokenBatch]:
        return token_batches(
            rows,
            empty=self._empty,
            pad=self.reader.pad,
            one_length=self.one_length,
            copies=copies,
        )

    def _there(self, rows: Matrix) -> np.ndarray:
        """Return where tokens are, shape (n_texts, T), T the length of the longest text."""
        if not np.array_equal(side_by_side(rows), rows):
            raise InputError(
                expected="texts whose tokens stand side by side",
                arrived="rows with a removed token in the middle",
                do="Encode the texts anew, or ask for outputs, which take removed tokens.",
            )
        there = rows != ABSENT
        return np.asarray(there[:, : max(1, int(there.sum(axis=1).max(initial=1)))])

    def _answer(self, module: nn.Module, batch: TokenBatch) -> Tensor:
        return self.reader.answer(module, *_moved(batch, module))

    def _vectors(self, module: nn.Module, batch: TokenBatch) -> Tensor:
        found: list[Tensor] = []
        with torch.no_grad(), asking(module):
            part = self.reader.embedding_of(module)
            with hooked(part, lambda output: found.append(_as_vectors(output, batch))) as asked:
                self._answer(module, batch)
            _check_once(asked, "the embedding")
        vectors = found[0].detach().cpu()
        # Methods take numpy arrays of them, which knows no bfloat16, and add up small steps.
        return vectors.float() if vectors.dtype.itemsize < 4 else vectors

    def _answer_of(
        self, module: nn.Module, batch: TokenBatch, vectors: Tensor, given: Tensor
    ) -> Tensor:
        def replace(output: Any) -> Tensor:
            own = _as_vectors(output, batch)
            return torch.where(given.to(own.device)[..., None], vectors.to(own), own)

        embedding = self.reader.embedding_of(module)
        # cuDNN has no gradients of recurrent layers in evaluation mode.
        with torch.backends.cudnn.flags(enabled=False), hooked(embedding, replace) as asked:
            raw = self._answer(module, batch)
        _check_once(asked, "the embedding")
        return raw

    def _maps(self, module: nn.Module, batch: TokenBatch) -> list[Tensor]:
        with torch.no_grad(), asking(module):
            layers = self.reader.attention_of(module, *_moved(batch, module))
        # In float32, since float16 has no checks of its own on every device.
        return [
            layout.unified(weights.detach().cpu().float(), batch.mask)
            for layout, (_, weights) in zip(self._layouts, layers, strict=True)
        ]

    def _answer_under(
        self, module: nn.Module, batch: TokenBatch, given: Tensor, layout: AttentionLayout
    ) -> Tensor:
        name, item = self.reader.pooling_place()
        leaf: list[Tensor] = []

        def replace(output: Any) -> Any:
            own = item_of(output, item, name)
            leaf.append(given.to(own).requires_grad_())
            return with_item(output, item, layout.placed(leaf[0]))

        with torch.enable_grad(), hooked(part_named(module, name, "attention"), replace) as asked:
            raw = self._answer(module, batch)
        _check_once(asked, repr(name))
        # A part that pools by itself, and gives weights beside, goes on as if nothing had changed.
        used = raw.requires_grad and torch.autograd.grad(raw.sum(), leaf[0], allow_unused=True)[0]
        if not isinstance(used, Tensor):
            raise InputError(
                expected=f"the model to pool with the weights that {name!r} gives",
                arrived="one that does not use them",
                do="Name the part that gives nothing but weights, before the text is pooled.",
            )
        return raw

    def _finish(self, raw: Tensor, scale: Scale) -> Tensor:
        return RawOutputs(task=self.task, single_logit=self._single).finished(raw.cpu(), scale)


def probe_rows(schema: TextSchema) -> Matrix:
    """Return three encoded texts of different length to try models on, the longest last."""
    every = [
        schema.tokenizer.split(text) for text in ("one", "one two three", "one two three four")
    ]
    rows = np.full((len(every), schema.max_tokens), ABSENT)
    for row, tokens in zip(rows, every, strict=True):
        if len(tokens) > schema.max_tokens:
            tokens = schema.tokenizer.shortened(tokens, schema.max_tokens)
        row[: len(tokens)] = [token for _, token in tokens]
    return rows


def _moved(batch: TokenBatch, module: nn.Module) -> tuple[Tensor, Tensor]:
    device = device_of(module)
    return batch.tokens.to(device), batch.mask.to(device)


def _fitted(values: Tensor, width: int) -> Tensor:
    """Return tokens' values (n, T, ...) cut or filled up with zeros to a width."""
    if values.shape[1] >= width:
        return values[:, :width]
    more = values.new_zeros((len(values), width - values.shape[1], *values.shape[2:]))
    return torch.cat([values, more], dim=1)


def _as_vectors(output: Any, batch: TokenBatch) -> Tensor:
    wanted = tuple(batch.tokens.shape)
    if isinstance(output, Tensor) and output.ndim == 3 and tuple(output.shape[:2]) == wanted:
        return output
    raise InputError(
        expected=f"word vectors of shape {(*wanted, 'd')} from the embedding",
        arrived=f"shape {tuple(output.shape)}"
        if isinstance(output, Tensor)
        else type(output).__name__,
        do="Wrap with embedding=..., the name of the part that gives one vector a token.",
    )


def _check_once(asked: list[int], what: str) -> None:
    if asked[0] != 1:
        raise InputError(
            expected=f"models that ask {what} once for a batch of texts",
            arrived=f"{asked[0]} times",
            do="Wrap models that read their tokens once, or name another part.",
        )
