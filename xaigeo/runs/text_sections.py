"""What a configuration says of texts and of the networks that read them."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from xaigeo.ensemble.settings import TrainingSettings
from xaigeo.ensemble.texts.text_architecture import Encoder, PoolingAttention, TextArchitecture
from xaigeo.runs.section import Section, TrainingSection

TextDatasetName = Literal["sentences", "movie_sentences"]
TEXT_DATASETS: tuple[str, ...] = get_args(TextDatasetName)
# Files that hold texts and never a table.
LINES = (".jsonl", ".ndjson")


class TextDataSection(Section):
    """Where the texts come from and how they are split.

    `text` and `target` are columns of a file (.csv, .parquet) or keys of its lines (.jsonl). A text
    that is blank is a missing one.
    """

    file: str | None = None
    dataset: TextDatasetName | None = None
    domain: Literal["imdb", "amazon", "yelp"] | None = None
    text: str | None = None
    target: str | None = None
    missing: Literal["error", "drop"] = "error"
    task: Literal["classification", "regression"] | None = None
    test_share: float = Field(default=0.3, gt=0, lt=1)
    split_random_state: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _one_source(self) -> TextDataSection:
        if (self.file is None) == (self.dataset is None):
            raise ValueError("give either file or dataset")
        if self.file is not None and (self.text is None or self.target is None):
            raise ValueError('name the columns of the file: text = "..." and target = "..."')
        if self.file is not None and self.text == self.target:
            raise ValueError("text and target are different columns")
        for name in ("text", "target"):
            if self.dataset is not None and getattr(self, name) is not None:
                raise ValueError(f"{name} goes with file; {self.dataset} has its own")
        if self.domain is not None and self.dataset != "sentences":
            raise ValueError('domain goes with dataset = "sentences"')
        return self


class TextModelSection(TrainingSection):
    """The text network that every seed trains, in the words of `TextEnsemble.train`.

    What is left out has the default of its encoder. `vectors` is a file of word vectors, relative
    to the configuration; the names in a table of `class_weight` are classes.
    """

    kind: Literal["network"] = "network"
    encoder: Encoder = "cnn"
    attention: PoolingAttention | None = None
    embedding_size: int | None = Field(default=None, ge=1)
    hidden_size: int | None = Field(default=None, ge=1)
    kernel_sizes: list[int] | None = None
    n_layers: int | None = Field(default=None, ge=1)
    n_heads: int | None = Field(default=None, ge=1)
    vectors: str | None = None
    train_vectors: bool = True
    min_count: int | None = Field(default=None, ge=1)
    max_words: int | None = Field(default=None, ge=1)
    max_tokens: int | None = Field(default=None, ge=1)
    epochs: int = Field(default=10, ge=1)
    momentum: float = Field(default=0.0, ge=0, lt=1)
    class_weight: Literal["balanced"] | dict[str, float] | None = None

    @model_validator(mode="after")
    def _fitting(self) -> TextModelSection:
        # Both raise where options do not go together.
        TrainingSettings.of(**self.training)
        TextArchitecture.of(
            n_tokens=1,
            n_raw=1,
            max_tokens=self.max_tokens or 1,
            encoder=self.encoder,
            embedding_size=self.embedding_size or self._default_size(),
            hidden_size=self.hidden_size,
            attention=self.attention,
            kernel_sizes=self.kernel_sizes,
            n_layers=self.n_layers,
            n_heads=self.n_heads,
            dropout=self.dropout,
        )
        return self

    @property
    def arguments(self) -> dict[str, Any]:
        """What `TextEnsemble.train` is given beside texts, labels, seeds and task."""
        return {name: value for name, value in self if name != "kind" and value is not None}

    def _default_size(self) -> int:
        if self.encoder != "transformer":
            return 1
        if self.vectors is not None:
            # Their length is not known before they are read; training checks it.
            return self.n_heads or 1
        from xaigeo.ensemble.texts.text_training import EMBEDDING_SIZE

        return EMBEDDING_SIZE


class TextReportSection(Section):
    """What the report says beside the results."""

    notes: str = ""


def texts_because(data: Any) -> str:
    """Return by which key of [data], not yet checked, a file speaks of texts; empty for none."""
    if not isinstance(data, dict):
        return ""
    for name in ("text", "domain"):
        if data.get(name) is not None:
            return f"data.{name}"
    if PurePath(str(data.get("file") or "")).suffix.lower() in LINES:
        return "the ending of data.file"
    return "data.dataset" if data.get("dataset") in TEXT_DATASETS else ""
