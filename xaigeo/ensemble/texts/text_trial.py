"""Trying text models that were trained elsewhere before anything is built on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from xaigeo.ensemble.members import Task
from xaigeo.ensemble.module_trial import check_probabilities, refuse_probabilities
from xaigeo.ensemble.texts.module_calls import asking, device_of
from xaigeo.ensemble.texts.module_members import probe_rows
from xaigeo.ensemble.texts.module_reader import ModuleReader
from xaigeo.ensemble.texts.token_batches import side_by_side
from xaigeo.errors import InputError
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT, TextSchema

# How far answers with and without padding may lie apart where padding does not count: what float32
# rounds on the way through a deep model, or this many roundings of a coarser type.
RELATIVE, ROUNDINGS = 1e-3, 16


def tried(module: nn.Module, reader: ModuleReader, rows: Matrix, task: Task) -> int:
    """Return how many raw outputs a module gives, after trying it on encoded texts.

    Raises
    ------
    InputError
        If it fails on one text or on several, gives something else than one row of outputs a
        text, or gives probabilities for logits or the reverse.
    """
    plain = replace(reader, gives="logit")
    left = side_by_side(rows)
    for some in (left[:1], left):
        raw = _asked(module, plain, some)
    if task == "classification":
        if reader.gives == "probability":
            check_probabilities(raw)
        elif len(rows) > 1:
            refuse_probabilities(raw)
    return int(raw.shape[1])


def padding_counts(module: nn.Module, reader: ModuleReader, schema: TextSchema) -> bool:
    """Return whether a module answers otherwise for a text that is filled up with padding."""
    row = probe_rows(schema)[:1]
    alone = _asked(module, reader, row)
    padded = _asked(module, reader, row, more=3)
    near = max(RELATIVE, ROUNDINGS * torch.finfo(alone.dtype).eps)
    return not torch.allclose(alone, padded, rtol=near, atol=near / 10)


def check_numbers(module: nn.Module, reader: ModuleReader) -> None:
    """Raise if the tokenizer knows more tokens than the embedding, where that can be told.

    Raises
    ------
    InputError
    """
    try:
        part = reader.embedding_of(module)
    except InputError:
        return  # asked for, and told, by gradient methods alone
    n_known = getattr(part, "num_embeddings", None)
    if isinstance(n_known, int) and n_known < reader.n_tokens:
        raise InputError(
            expected=f"a tokenizer of at most {n_known} tokens, as many as the models embed",
            arrived=f"one of {reader.n_tokens}",
            do="Pass the tokenizer that the models were trained with.",
        )


def _asked(module: nn.Module, reader: ModuleReader, rows: Matrix, more: int = 0) -> Tensor:
    there = rows != ABSENT
    width = int(there.sum(axis=1).max())
    filled = np.full((len(rows), width + more), reader.pad, dtype=np.int64)
    filled[:, :width] = np.where(there, rows, reader.pad)[:, :width]
    mask = np.zeros(filled.shape, dtype=bool)
    mask[:, :width] = there[:, :width]
    device = device_of(module)
    tokens, given = torch.from_numpy(filled).to(device), torch.from_numpy(mask).to(device)
    try:
        with torch.no_grad(), asking(module):
            return reader.answer(module, tokens, given).cpu()
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            expected=f"models that take numbers of tokens, int64 of shape {filled.shape}, and a "
            "mask that is True where there is a token",
            arrived=f"{type(module).__name__}, which fails on them: {type(error).__name__}: "
            f"{error}",
            do="Let forward(tokens, mask) or forward(tokens) take texts of any length; a model of "
            "Hugging Face that asks for a padding token needs model.config.pad_token_id.",
        ) from error
