"""Models that read texts as they are written: estimators of scikit-learn, or functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.texts.text_answers import Answers, answers_to_texts
from xaigeo.ensemble.texts.text_members import AttentionMaps
from xaigeo.errors import InputError
from xaigeo.schema import Matrix
from xaigeo.text.schema import TextSchema

if TYPE_CHECKING:
    from torch import Tensor


class PlainTextMembers:
    """K models that take a list of str, asked one after another; `TextMembers`.

    A row is read as `TextSchema.decode` writes it: the tokens that are left, with a space between.
    So signs stand apart from words, small letters are small where the tokenizer makes them so, and
    a word that it does not know is ``<unk>``. A row without a token is the empty text. Texts that
    are the same are asked about once. Nothing can be read from inside such models: neither word
    vectors nor attention.

    Parameters
    ----------
    answers : Answers
    schema : TextSchema
    n_outputs : int
    """

    kind = "text"
    has_logits = False

    def __init__(self, answers: Answers, schema: TextSchema, n_outputs: int) -> None:
        self.answers = answers
        self.schema = schema
        self.n_outputs = n_outputs
        self.n_members = answers.n_members

    def values(self, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return outputs, shape (n_members, n_texts, n_outputs)."""
        return self.values_of_texts(self.texts(rows))

    def member_values(self, place: int, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return one member's outputs, shape (n_texts, n_outputs)."""
        return np.asarray(self.subset([place]).values(rows, scale)[0])

    def subset(self, places: Sequence[int]) -> PlainTextMembers:
        """Return the members at these places."""
        return PlainTextMembers(self.answers.subset(places), self.schema, self.n_outputs)

    def texts(self, rows: Matrix) -> list[str]:
        """Return encoded texts as the models read them."""
        return [str(text) for text in self.schema.to_model_input(rows)]

    def values_of_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return outputs for texts as they are written, shape (n_members, n_texts, n_outputs)."""
        if not len(texts):
            return np.zeros((self.n_members, 0, self.n_outputs))
        return answers_to_texts(self.answers, texts)

    @property
    def modules(self) -> list[Any]:
        """None: such models are no modules."""
        return []

    def embed(self, rows: Matrix) -> Tensor:
        """Raise: such models have no word vectors that can be read."""
        self._refuse("word vectors")

    def outputs_of_embedded(self, embedded: Tensor, rows: Matrix, scale: Scale) -> Tensor:
        """Raise: such models have no word vectors that can be put in."""
        self._refuse("word vectors")

    def attention(self, rows: Matrix) -> AttentionMaps:
        """Raise: such models have no attention that can be read."""
        self._refuse("attention")

    def outputs_with_attention(self, rows: Matrix, weights: np.ndarray, scale: Scale) -> np.ndarray:
        """Raise: such models have no attention that can be put in."""
        self._refuse("attention")

    def _refuse(self, what: str) -> NoReturn:
        raise InputError(
            expected=f"models whose {what} can be read",
            arrived="estimators of scikit-learn, which take texts and give answers alone"
            if self.answers.kind == "estimator"
            else "functions, which take texts and give answers alone",
            do="Use a method that removes words: 'occlusion', 'lime', 'kernel_shap', "
            "'permutation_shap', 'sampling_shap', 'exact_shap', 'anchors', or 'counterfactuals' "
            "with candidates='frequent'; of the checks deletion, insertion, infidelity or "
            "local_fidelity.",
        )
