"""What every method for texts does the same way: read texts, tell tokens, label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
import pandas as pd

from xaigeo.ensemble.row_labels import instance_labels
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.texts.rebuilt_texts import note_rebuilt
from xaigeo.ensemble.texts.text_members import TextMembers
from xaigeo.errors import InputError
from xaigeo.explainers.base import Explainer
from xaigeo.explainers.blocks.block import Block, Engine
from xaigeo.explanations import Explanation, TokenAttributions
from xaigeo.explanations.token_attributions import BETWEEN_WORDS, TEXT, WORDS
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT, TextSchema, as_texts

# Background texts that are compared with their words: the explained ones all are.
SOME = 32


@dataclass(frozen=True)
class _Explained:
    """The explained texts, which stand for the background where none was named."""

    texts: Any


@dataclass(frozen=True, kw_only=True)
class TextExplainer(Explainer):
    """Base of the methods for texts: `Explainer` with texts in place of rows.

    ``block.rows`` holds numbers of tokens, shape (n_instances, max_tokens), -1 where there is
    none; ``members_of(block)`` the models. A method returns arrays as `TokenAttributions`
    documents them, over all `max_tokens` places, 0 where no token is explained, and `mask` among
    them (`token_mask`).

    The background of a text are other texts; by default the explained ones themselves, for methods
    that do not look at it: the models' answers to them ride along. A method that takes words or
    shares from there must be given one (`background_use`), or its answer for a text would depend
    on the texts beside it.
    """

    result: ClassVar[type[Explanation]] = TokenAttributions
    models: ClassVar[str] = "text models"
    needs_background: ClassVar[bool] = False
    _without_background: ClassVar[str] = ""

    def _read(
        self, ensemble: SeedEnsemble, X: Any
    ) -> tuple[Matrix, np.ndarray, dict[str, np.ndarray]]:
        schema = cast(TextSchema, ensemble.schema)
        texts = as_texts(X)
        every = schema.split(texts)
        rows = np.full((len(every), schema.max_tokens), ABSENT)
        for place, tokens in enumerate(every):
            rows[place, : len(tokens)] = [token for _, token in tokens]
        # From here up: _read of units, explain, xaigeo.explain, the user.
        note_rebuilt(ensemble.members, schema, texts, rows, ensemble.task, stacklevel=5)
        words = [BETWEEN_WORDS.join(word for word, _ in tokens) for tokens in every]
        named = X.to_frame() if isinstance(X, pd.Series) else np.empty((len(texts), 1))
        beside = {TEXT: np.array(texts, dtype=object), WORDS: np.array(words, dtype=object)}
        return rows, instance_labels(named), beside

    def _background(self, background: Any, ensemble: SeedEnsemble) -> Matrix:
        schema = cast(TextSchema, ensemble.schema)
        if isinstance(background, _Explained):  # read before, and told there if they are cut
            return schema.encode(background.texts, tell_cut=False)
        what = "background texts"
        rows = schema.encode(background, what=what)
        texts = as_texts(background, what=what)
        note_rebuilt(
            ensemble.members, schema, texts, rows, ensemble.task, what=what, most=SOME, stacklevel=4
        )
        return rows

    @property
    def background_use(self) -> str:
        """What the background texts are for, in words; empty if they change no number."""
        return ""

    def _default_background(self, X: Any) -> Any:
        if self.background_use:
            raise InputError(
                expected=f"background texts for {self.name}, {self.background_use}",
                arrived="none",
                do="Pass background=train_texts, the texts that stand for the data"
                f"{self._without_background}.",
            )
        return _Explained(X)

    def _check_ensemble(self, ensemble: SeedEnsemble, engine: Engine) -> None:
        if isinstance(ensemble, SeedEnsemble) and ensemble.members.kind != "text":
            raise InputError(
                expected=f"an ensemble of text models for {self.name} of texts",
                arrived=f"one of {ensemble.members.kind} models of a table",
                do="Train one with xaigeo.TextEnsemble.train(texts, y), or call "
                "xaigeo.explain(ensemble, X, method=...) for tables.",
            )
        super()._check_ensemble(ensemble, engine)


def members_of(block: Block) -> TextMembers:
    """Return the text models of a block."""
    return cast(TextMembers, block.ensemble.members)


def check_vectors(ensemble: SeedEnsemble) -> None:
    """Raise, as the models do, if they have no word vectors that can be read.

    Raises
    ------
    InputError
    """
    members = cast(TextMembers, ensemble.members)
    members.subset([0]).embed(one_token(cast(TextSchema, ensemble.schema)))


def one_token(schema: TextSchema) -> Matrix:
    """Return a text of one token, encoded, shape (1, max_tokens)."""
    special, unknown = schema.tokenizer.special, schema.tokenizer.unknown
    plain = (token for token in range(schema.tokenizer.n_tokens) if token not in special)
    row = np.full((1, schema.max_tokens), ABSENT)
    row[0, 0] = next(plain) if unknown is None else unknown
    return row


def schema_of(block: Block) -> TextSchema:
    """Return the schema of a block's texts."""
    return cast(TextSchema, block.ensemble.schema)


def token_mask(block: Block, *, special: bool) -> np.ndarray:
    """Return where a block's rows hold tokens that are explained, shape (n_instances, max_tokens).

    Parameters
    ----------
    block : Block
    special : bool
        Whether tokens that the tokenizer added are explained too.
    """
    there = block.rows != ABSENT
    added = schema_of(block).special(block.rows)
    return np.asarray(there if special else there & ~added)
