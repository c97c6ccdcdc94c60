"""The attention of the models, as one weight a token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, cast

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.ensemble.texts.text_members import AttentionMaps, TextMembers
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.block import Arrays, Block, Engine
from xaigeo.explainers.texts.attention_maps.reduction import (
    HeadReduction,
    LayerReduction,
    head_weights,
    layer_weights,
    query_weights,
)
from xaigeo.explainers.texts.attention_maps.selection import (
    Heads,
    Layers,
    Query,
    check_query,
    check_selection,
    chosen_places,
    plain_selection,
)
from xaigeo.explainers.texts.base import (
    TextExplainer,
    members_of,
    one_token,
    schema_of,
    token_mask,
)
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.options import check_option
from xaigeo.text.schema import ABSENT, TextSchema

SpecialWeights = Literal["keep", "drop", "renormalise"]


@TEXT_EXPLAINERS.register("attention")
@dataclass(frozen=True, kw_only=True)
class AttentionExplainer(TextExplainer):
    """How much of each token the models' attention takes, made one weight a token.

    Weights are read from the models' own layers, of all seeds in one pass. First the heads of a
    layer are made one, then the layers, then the queries. Weights have no sign and no class: a
    token's attribution is the same for every output. Attention tells where a model looks, which
    need not be what its answer depends on (Jain and Wallace 2019, arXiv:1902.10186).

    A text's weights add up to one where heads and layers are averaged or rolled out, and all
    tokens, or "renormalise", are asked for. They do not where the largest of several heads or
    layers is taken, where special tokens are dropped, or where a module's own attention does not.
    `weight_sum` (seed, instance) has the sums; ``explanation.weights_sum_to_one`` tells whether all
    are. Two choices divide: "renormalise"; and rollout, by its definition the rows of each layer,
    so that weights add up to one with the largest of several heads too.

    Parameters
    ----------
    layers : {"all", "last"}, int or sequence of int
        Layers that are read, by place from 0; negative places count from the last.
    layer_reduction : {"mean", "max", "rollout"}
        How several layers are made one: "rollout" follows attention through the layers down to the
        input, of self-attention alone; rows of a layer are divided by their sums on the way.
    heads : {"all"}, int or sequence of int
        Heads that are read, in each layer.
    head_reduction : {"mean", "max"}
        How several heads are made one.
    query : {"as_read", "mean", "first", "last"} or int
        Which query of self-attention stands for the text: that from which the model reads its
        answer, the mean over all tokens, the first or last token, or the one at a place. Attention
        that pools has one query, the text, and takes "as_read" only.
    special_tokens : {"keep", "drop", "renormalise"}
        Whether weights of tokens that the tokenizer added are kept, set to 0 and not explained, or
        that, with the others divided by what is left.
    keep_maps : bool
        Keep the models' own weights as `attention` (seed, instance, layer, head, query, token), of
        all layers and heads. Off by default: they take as many numbers as the square of a text's
        tokens.

    Notes
    -----
    Rollout: Abnar and Zuidema (2020), arXiv:2005.00928.
    """

    layers: Layers = "all"
    layer_reduction: LayerReduction = "mean"
    heads: Heads = "all"
    head_reduction: HeadReduction = "mean"
    query: Query = "as_read"
    special_tokens: SpecialWeights = "keep"
    keep_maps: bool = False

    name: ClassVar[str] = "attention"
    models: ClassVar[str] = "text models with attention"
    engines: ClassVar[tuple[Engine, ...]] = ("batched",)
    packages: ClassVar[tuple[str, ...]] = ("torch",)
    block_rows: ClassVar[int] = 25

    def __post_init__(self) -> None:
        check_selection("layers", self.layers, ("all", "last"))
        check_selection("heads", self.heads, ("all",))
        check_option("layer_reduction", self.layer_reduction, LayerReduction)
        check_option("head_reduction", self.head_reduction, HeadReduction)
        check_option("special_tokens", self.special_tokens, SpecialWeights)
        check_query(self.query)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as a JSON-able dict."""
        plain = {
            name: plain_selection(getattr(self, name)) for name in ("layers", "heads", "query")
        }
        return super().parameters() | plain

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the models have no attention, or not what is asked of it."""
        self._reading(_one_token(ensemble))

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return the layers, heads and query that are read, and that weights have no sign."""
        maps = _one_token(ensemble)
        layers, heads, query = self._reading(maps)
        return {
            "layers": [maps.layers[place] for place in layers],
            "heads": heads,
            "query": "text" if maps.pooling else query,
            "unit": "weight",
            "signed": False,
        }

    def explain_batched(self, block: Block) -> Arrays:
        """Read all seeds' attention in common passes."""
        n_seeds, n_outputs = len(block.ensemble.seeds), block.ensemble.n_outputs
        weights = np.zeros((n_seeds, *block.rows.shape))
        kept: np.ndarray | None = None
        for seeds, texts, maps in _cut_maps(block):
            weights[seeds, texts] = self._weights(maps, block.rows[texts] != ABSENT)
            if self.keep_maps:
                whole = (n_seeds, len(block.rows), *maps.weights.shape[2:])
                kept = np.empty(whole) if kept is None else kept
                kept[seeds, texts] = maps.weights
        mask = token_mask(block, special=self.special_tokens == "keep")
        weights = self._without_special(weights, schema_of(block).special(block.rows))
        arrays = {
            "attribution": np.repeat(weights[..., None], n_outputs, axis=-1),
            "weight_sum": weights.sum(axis=2),
            "mask": mask,
        }
        return arrays if kept is None else arrays | {"attention": kept}

    def _weights(self, maps: AttentionMaps, there: np.ndarray) -> np.ndarray:
        """Return one weight a token, shape (n_members, n_texts, max_tokens)."""
        layers, heads, query = self._reading(maps)
        raw = np.asarray(maps.weights, dtype=np.float64)
        by_layer = head_weights(raw, heads, self.head_reduction)
        found = query_weights(layer_weights(by_layer, layers, self.layer_reduction), query, there)
        return np.where(there, found, 0.0)

    def _without_special(self, weights: np.ndarray, special: np.ndarray) -> np.ndarray:
        if self.special_tokens == "keep":
            return weights
        left = np.where(special, 0.0, weights)
        if self.special_tokens == "drop":
            return left
        total = left.sum(axis=2, keepdims=True)
        return np.asarray(np.divide(left, total, out=np.zeros_like(left), where=total > 0))

    def _reading(self, maps: AttentionMaps) -> tuple[list[int], list[int], str | int]:
        """Return places of layers and heads, and the query, that are read of some maps.

        Raises
        ------
        InputError
            For what these maps do not have.
        """
        layers = chosen_places("layers", self.layers, maps.weights.shape[2])
        heads = chosen_places("heads", self.heads, maps.weights.shape[3])
        if not maps.pooling:
            query = maps.reads if self.query == "as_read" else plain_selection(self.query)
            return layers, heads, cast("str | int", query)
        if self.layer_reduction == "rollout":
            raise InputError(
                expected="self-attention for layer_reduction='rollout', which follows tokens from "
                "layer to layer",
                arrived="attention that pools tokens into one",
                do="Use layer_reduction='mean'.",
            )
        if self.query != "as_read":
            raise InputError(
                expected="query='as_read' of attention that pools, where the text is the one query",
                arrived=repr(self.query),
                do="Leave query out.",
            )
        return layers, heads, "first"


def _one_token(ensemble: SeedEnsemble) -> AttentionMaps:
    """Return the first model's maps of a text of one token, which tell layers and heads."""
    row = one_token(cast(TextSchema, ensemble.schema))
    return cast(TextMembers, ensemble.members).subset([0]).attention(row)


def _cut_maps(block: Block) -> Iterator[tuple[slice, slice, AttentionMaps]]:
    """Yield places of models and texts, and their maps: as many as `max_memory` allows."""
    members, rows = members_of(block), block.rows
    n_members, n_texts = members.n_members, len(rows)
    # In float64, beside the weights as they are and what is made of them.
    size = 4 * 8 * int(np.prod(_one_token(block.ensemble).weights.shape))
    n_seeds = min(n_members, max(1, block.max_memory // size))
    step = max(1, block.max_memory // (size * n_seeds))
    for seed in range(0, n_members, n_seeds):
        seeds = slice(seed, min(seed + n_seeds, n_members))
        asked = members if n_seeds == n_members else members.subset(range(n_members)[seeds])
        for start in range(0, n_texts, step):
            texts = slice(start, min(start + step, n_texts))
            yield seeds, texts, asked.attention(rows[texts])
