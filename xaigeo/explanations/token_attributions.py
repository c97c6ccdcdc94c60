"""How much each token of a text counts for each output."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.errors import InputError
from xaigeo.explanations.attributions import Attributions
from xaigeo.explanations.base import Shapes
from xaigeo.explanations.word_sets import anchor_words

if TYPE_CHECKING:
    import shap

# Labels of an instance beside its name: its text, and its tokens as a reader sees them.
TEXT, WORDS = "text", "words"
BETWEEN_WORDS = "\n"
# How far from 1 the sum of a text's weights may be: further than a softmax in float32 rounds.
SUM_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class TokenAttributions(Attributions):
    """How much each token of a text counts for each output: attention, gradients, removal.

    The arrays of `Attributions` with `token` in place of `feature`. Texts have different lengths:
    the `token` dimension has as many places as the models read, and `mask` (instance, token) is
    True where there is a token that the method speaks of; elsewhere attributions are 0. `input`
    (instance, token) holds numbers of tokens, -1 where there is none.

    Where the method has them: `attention` (seed, instance, layer, head, query, token), the weights
    as the models have them, before they were reduced to one number a token, 0 beyond the text;
    `weight_sum` (seed, instance), what a text's reduced weights add up to; of anchors and
    counterfactuals `chosen` (seed, instance, token), the words of the answer; of anchors
    `precision`, `precision_low`, `coverage`, `n_samples`, `met` (seed, instance) and
    `cross_precision` (seed, other_seed, instance), as `Anchors` has them; of counterfactuals
    `replacement` (seed, instance, token), the number of the token that takes a chosen one's place,
    -1 where it is removed or not chosen, `valid`, `n_changed`, `target` (seed, instance),
    `changed_prediction` (seed, instance, output) and `cross_validity` (seed, other_seed,
    instance), whether the *other* seed's model gives the wanted answer to this seed's changed text.

    Coordinates along the instances: `text`, as it was given, and `words`, its tokens as a reader
    sees them (`tokens` lists them); `unread` lists those of a long text's end.
    """

    kind: ClassVar[str] = "token_attributions"
    axis: ClassVar[str] = dims.TOKEN
    common: ClassVar[Shapes] = {
        "input": (dims.INSTANCE, dims.TOKEN),
        "prediction": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "background": (dims.BACKGROUND_ROW, dims.TOKEN),
        "background_prediction": (dims.SEED, dims.BACKGROUND_ROW, dims.OUTPUT),
    }
    required: ClassVar[Shapes] = {
        "attribution": (dims.SEED, dims.INSTANCE, dims.TOKEN, dims.OUTPUT),
        "mask": (dims.INSTANCE, dims.TOKEN),
    }
    optional: ClassVar[Shapes] = {
        "base_value": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "explained_value": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "std_error": (dims.SEED, dims.INSTANCE, dims.TOKEN, dims.OUTPUT),
        "intercept": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "local_r2": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "convergence_delta": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "selected": (dims.SEED, dims.INSTANCE, dims.TOKEN, dims.OUTPUT),
        "attention": (dims.SEED, dims.INSTANCE, dims.LAYER, dims.HEAD, dims.QUERY, dims.TOKEN),
        "weight_sum": (dims.SEED, dims.INSTANCE),
        "chosen": (dims.SEED, dims.INSTANCE, dims.TOKEN),
        "replacement": (dims.SEED, dims.INSTANCE, dims.TOKEN),
        "precision": (dims.SEED, dims.INSTANCE),
        "precision_low": (dims.SEED, dims.INSTANCE),
        "coverage": (dims.SEED, dims.INSTANCE),
        "n_samples": (dims.SEED, dims.INSTANCE),
        "met": (dims.SEED, dims.INSTANCE),
        "cross_precision": (dims.SEED, dims.OTHER_SEED, dims.INSTANCE),
        "valid": (dims.SEED, dims.INSTANCE),
        "n_changed": (dims.SEED, dims.INSTANCE),
        "target": (dims.SEED, dims.INSTANCE),
        "changed_prediction": (dims.SEED, dims.INSTANCE, dims.OUTPUT),
        "cross_validity": (dims.SEED, dims.OTHER_SEED, dims.INSTANCE),
    }

    @property
    def role(self) -> Literal["attributions", "anchors", "counterfactuals"]:
        """What the numbers are: amounts of every token, or the words of an answer."""
        if "valid" in self.data:
            return "counterfactuals"
        return "anchors" if "precision" in self.data else "attributions"

    @property
    def texts(self) -> list[str]:
        """Texts as they were given."""
        return [str(text) for text in self.data[TEXT].to_numpy()]

    @property
    def tokens(self) -> list[list[str]]:
        """Tokens of every text as a reader sees them, by place; those not explained among them."""
        return [str(words).split(BETWEEN_WORDS) for words in self.data[WORDS].to_numpy()]

    @cached_property
    def unread(self) -> list[list[str]]:
        """Tokens at the end of every text that the models did not read, as a reader sees them.

        Empty where the whole text was read: texts of more tokens than the models take lose their
        end, so that no explanation speaks of it.
        """
        from xaigeo.text.schema import TextSchema

        assert isinstance(self.schema, TextSchema)  # checked when made
        return [self.schema.unread(text) for text in self.texts]

    @property
    def mask(self) -> np.ndarray:
        """Where there is a token that is explained, shape (n_instances, n_tokens)."""
        return self.array("mask").astype(bool)

    @property
    def word_mask(self) -> np.ndarray:
        """Where there is an explained token of the text itself, shape (n_instances, n_tokens).

        Tokens that the tokenizer adds to every text, such as [CLS], are left out: seeds are
        compared, and words are said to lead, on what the text says.
        """
        from xaigeo.text.schema import TextSchema

        assert isinstance(self.schema, TextSchema)  # checked when made
        return np.asarray(self.mask & ~self.schema.special(self.array("input")))

    @property
    def n_tokens(self) -> np.ndarray:
        """Number of explained tokens of every text, shape (n_instances,)."""
        return np.asarray(self.mask.sum(axis=1))

    @property
    def weights_sum_to_one(self) -> bool:
        """Whether the weights of every text and seed add up to 1, but for rounding.

        Raises
        ------
        InputError
            For a method that gives no weights.
        """
        if "weight_sum" not in self.data:
            raise InputError(
                expected="attention, which has weights",
                arrived=self.method,
                do="Ask the result of method='attention'.",
            )
        return bool((np.abs(self.array("weight_sum") - 1) < SUM_TOLERANCE).all())

    def input_frame(self) -> pd.DataFrame:
        """Return the explained texts, a frame of one column, indexed by instance label."""
        return pd.DataFrame({TEXT: self.texts}, index=self.instances)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per seed, instance, explained token and output.

        Columns: seed, instance, token (its place from 0), word, output, attribution, prediction,
        and base_value, std_error, chosen and replacement (the word) where the method has them.
        """
        attribution = self.array("attribution")
        seed, instance, token, output = np.nonzero(
            np.broadcast_to(self.mask[None, :, :, None], attribution.shape)
        )
        words = self.tokens
        frame = pd.DataFrame(
            {
                dims.SEED: self.seeds[seed],
                dims.INSTANCE: self.instances[instance],
                dims.TOKEN: token,
                "word": [words[i][t] for i, t in zip(instance, token, strict=True)],
                dims.OUTPUT: np.array(self.outputs, dtype=object)[output],
                "attribution": attribution[seed, instance, token, output],
                "prediction": self.array("prediction")[seed, instance, output],
            }
        )
        if "base_value" in self.data:
            frame["base_value"] = self.array("base_value")[seed, instance, output]
        if "std_error" in self.data:
            frame["std_error"] = self.array("std_error")[seed, instance, token, output]
        if "chosen" in self.data:
            frame["chosen"] = self.array("chosen").astype(bool)[seed, instance, token]
        if "replacement" in self.data:
            codes = self.array("replacement")[seed, instance, token]
            shown = {c: self._shown(c) for c in np.unique(codes)}
            frame["replacement"] = [shown[code] for code in codes]
        return frame

    def rule(self, seed: int, instance: Any) -> str:
        """Return one seed's anchor in words: which are enough for its answer.

        Such as ``"'good', 'film' are enough for positive (precision 0.97)"``.

        Raises
        ------
        InputError
            If there is no such seed or instance, or these are no anchors.
        """
        self._needs("precision", "anchors")
        one = self.sel(seed=seed, instance=instance)
        chosen = one.array("chosen")[0, 0].astype(bool)
        words = [word for word, own in zip(one.tokens[0], chosen, strict=False) if own]
        answer = one.outputs[int(one.predicted[0, 0])]
        precision = float(one.array("precision")[0, 0])
        return anchor_words(words, answer, precision, met=bool(one.array("met")[0, 0]))

    def changed_text(self, seed: int, instance: Any) -> str:
        """Return the text that one seed's counterfactual makes, words with a space between.

        Parts of a word stand together, as the models read them: without its start, a part goes on
        with the word before.

        Raises
        ------
        InputError
            If there is no such seed or instance, or these are no counterfactuals.
        """
        self._needs("replacement", "counterfactuals")
        return self.sel(seed=seed, instance=instance)._changed(0, 0)

    def changed_texts(self) -> pd.DataFrame:
        """Return one row per seed and instance: what its counterfactual makes of the text.

        Columns: seed, instance, text, changed_text, n_changed, valid, prediction (the seed's answer
        to the text) and target (the answer that the changed text should get).

        Raises
        ------
        InputError
            If these are no counterfactuals.
        """
        self._needs("replacement", "counterfactuals")
        shape = self.predicted.shape
        seed, instance = (places.ravel() for places in np.indices(shape))
        outputs = np.array(self.outputs, dtype=object)
        return pd.DataFrame(
            {
                dims.SEED: self.seeds[seed],
                dims.INSTANCE: self.instances[instance],
                TEXT: np.array(self.texts, dtype=object)[instance],
                "changed_text": [self._changed(*place) for place in np.ndindex(*shape)],
                "n_changed": self.array("n_changed").ravel().astype(int),
                "valid": self.array("valid").ravel().astype(bool),
                "prediction": outputs[self.predicted.ravel()],
                "target": outputs[self.array("target").ravel().astype(int)],
            }
        )

    def as_list(
        self, seed: int, instance: Any, output: str | None = None
    ) -> list[tuple[str, float]]:
        """Return one seed's words and attributions at one instance, in falling order of size.

        A word that comes twice comes twice. Parameters and errors as of `Attributions.as_list`.
        """
        return [(word, value) for word, value in super().as_list(seed, instance, output) if word]

    def by_words(self) -> TokenAttributions:
        """Return attributions with one number a word, the sum over its pieces.

        See `xaigeo.explanations.by_words.by_words`.
        """
        from xaigeo.explanations.by_words import by_words

        return by_words(self)

    def to_shap(self, seed: int) -> shap.Explanation:
        """Return one seed's attributions as a `shap.Explanation` of texts.

        The places go to the end of the longest text. `feature_names` (n_instances, n_tokens) are
        the words, empty beyond a text's end, and `data` the same with a space behind, as
        ``shap.plots.text`` sets them one after another. ``shap.plots.bar`` of several texts takes
        the mean by word; of one, ``[0, :, "name"]``, it and ``waterfall`` show its words. Plots
        over the columns of a table, such as ``beeswarm``, do not take texts. `base_values` and the
        choice of an output as of `Attributions.to_shap`.
        """
        import shap

        one = self.sel(seed=[seed])
        words = np.array(list(zip_longest(*one.tokens, fillvalue="")), dtype=object).T
        only = (..., 0) if len(self.outputs) == 1 else ...
        return shap.Explanation(
            values=one.array("attribution")[0][:, : words.shape[1]][only],
            base_values=one._starts()[0][only],
            data=np.where(words == "", "", words + " "),
            feature_names=words,
            output_names=self.outputs if len(self.outputs) > 1 else None,
        )

    def _descriptions(self) -> list[str]:
        words = self.tokens[0]
        return [words[place] if known else "" for place, known in enumerate(self.mask[0])]

    def _changed(self, seed: int, instance: int) -> str:
        """Return the changed text at places; tokens that the tokenizer added are left out."""
        from xaigeo.text.pieces import joined

        chosen = self.array("chosen")[seed, instance].astype(bool)
        codes = self.array("replacement")[seed, instance]
        words = self.tokens[instance]
        mask = self.mask[instance]
        changed = [
            self._shown(codes[place]) if chosen[place] else words[place]
            for place in np.flatnonzero(mask)
        ]
        return joined(word for word in changed if word)

    def _needs(self, name: str, kind: str) -> None:
        if name not in self.data:
            raise InputError(
                expected=f"{kind} of texts",
                arrived=f"the answer of {self.method}, without {name}",
                do=f"Explain with method={kind!r}.",
            )

    def _shown(self, code: float) -> str:
        from xaigeo.text.schema import ABSENT, TextSchema

        assert isinstance(self.schema, TextSchema)  # checked when made
        return "" if code == ABSENT else self.schema.tokenizer.shown(int(code))

    def _check_arrays(self) -> None:
        from xaigeo.text.schema import TextSchema

        if not isinstance(self.schema, TextSchema):
            raise InputError(
                expected="the schema of texts (TextSchema) for attributions of tokens",
                arrived=type(self.schema).__name__,
                do="Make the result with xaigeo.explain and an ensemble of text models.",
            )
        super()._check_arrays()
        missing = [name for name in (TEXT, WORDS) if name not in self.data.coords]
        if missing:
            raise InputError(
                expected=f"the coordinates {TEXT} and {WORDS} of every instance",
                arrived=f"a dataset without {', '.join(missing)}",
                do="Add them along the instances, or make the result with xaigeo.explain.",
            )

    def _check_values(self) -> None:
        super()._check_values()
        beyond = ~self.mask[None, :, :, None] & (self.array("attribution") != 0)
        self._refuse(beyond, "attribution", "to be 0 where no token is explained")
        codes = self.array("input")
        self._refuse(self.mask & (codes < 0), "mask", "to name tokens that are there")
        if "attention" in self.data:
            self._refuse(self.array("attention") < 0, "attention", "to be at least 0")


def cell_columns(explanation: TokenAttributions) -> dict[str, Any]:
    """Return what names every explained token, one an entry, text by text.

    Columns: instance, token (its place from 0), word.
    """
    instance, token = np.nonzero(explanation.mask)
    words = explanation.tokens
    return {
        dims.INSTANCE: explanation.instances[instance],
        dims.TOKEN: token,
        "word": [words[i][t] for i, t in zip(instance, token, strict=True)],
    }
