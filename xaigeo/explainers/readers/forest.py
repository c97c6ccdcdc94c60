"""Fitted trees of any library in one form: arrays of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explainers.readers.tree_kernels import Nodes, leaf_sums

Link = Literal["identity", "logistic", "softmax"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Tree:
    """One tree; the arrays have one entry a node, node 0 is the root.

    Attributes
    ----------
    left, right : ndarray of int
        Places of the children, -1 in a leaf.
    feature : ndarray of int
        Which input a split asks for.
    threshold : ndarray
        An input at most this goes left.
    value : ndarray, shape (n_nodes, n_outputs)
        What a leaf adds to each output.
    cover : ndarray
        Weight of the training rows that reached the node.
    left_categories : dict
        Node to the categories that go left, for splits by category.
    """

    left: np.ndarray
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    value: np.ndarray
    cover: np.ndarray
    left_categories: dict[int, np.ndarray]


@dataclass(frozen=True, eq=False)
class Forest:
    """All trees of one model, their nodes one after another.

    An output is `offset` plus the values of the leaves that a row falls into.

    Attributes
    ----------
    nodes : Nodes
        The arrays of `Tree`, with places counted over all trees and the `roots` of each;
        `category_set` is a row of `goes_left` (n_sets, n_categories) for a split by category
        and -1 for one by threshold.
    offset : ndarray, shape (n_outputs,)
    single : bool
        Whether inputs are rounded to float32 before they are compared, as the model does.
    link : {"identity", "logistic", "softmax"}
        From the outputs to what the model answers: values or probabilities. "logistic" trees
        have one output for two classes.
    """

    nodes: Nodes
    offset: np.ndarray
    single: bool
    link: Link

    @classmethod
    def from_trees(
        cls, trees: Sequence[Tree], *, offset: np.ndarray, single: bool, link: Link
    ) -> Forest:
        """Put trees one after another.

        Raises
        ------
        InputError
            If there are none.
        """
        if not trees:
            raise InputError(
                expected="a model with trees",
                arrived="one without any",
                do="Fit it with at least one tree.",
            )
        starts = np.cumsum([0] + [len(tree.left) for tree in trees])
        category_set, goes_left = _category_sets(trees, starts)
        nodes = Nodes(
            left=_children([tree.left for tree in trees], starts),
            right=_children([tree.right for tree in trees], starts),
            feature=np.concatenate([tree.feature for tree in trees]).astype(np.int64),
            threshold=np.concatenate([tree.threshold for tree in trees]).astype(np.float64),
            value=np.concatenate([tree.value for tree in trees]).astype(np.float64),
            cover=np.concatenate([tree.cover for tree in trees]).astype(np.float64),
            category_set=category_set,
            goes_left=goes_left,
            roots=starts[:-1].astype(np.int64),
        )
        return cls(nodes, np.asarray(offset, dtype=np.float64), single, link)

    @classmethod
    def joined(cls, parts: Sequence[Forest]) -> Forest:
        """Return the sum of forests with the same outputs, inputs and link."""
        first = parts[0]
        starts = np.cumsum([0] + [len(part.nodes.left) for part in parts])[:-1]
        n_sets = np.cumsum([0] + [len(part.nodes.goes_left) for part in parts])[:-1]
        width = max(part.nodes.goes_left.shape[1] for part in parts)
        sets = [
            np.pad(part.nodes.goes_left, ((0, 0), (0, width - part.nodes.goes_left.shape[1])))
            for part in parts
        ]
        shifted = {
            name: [
                np.where(array < 0, -1, array + shift)
                for array, shift in zip(
                    [getattr(part.nodes, name) for part in parts], shifts, strict=True
                )
            ]
            for name, shifts in (
                ("left", starts),
                ("right", starts),
                ("roots", starts),
                ("category_set", n_sets),
            )
        }
        same = {
            name: [getattr(part.nodes, name) for part in parts]
            for name in ("feature", "threshold", "value", "cover")
        }
        arrays = {name: np.concatenate(each) for name, each in (shifted | same).items()}
        nodes = Nodes(**arrays, goes_left=np.concatenate(sets))
        offset = np.sum([part.offset for part in parts], axis=0)
        return cls(nodes, offset, first.single, first.link)

    @property
    def n_outputs(self) -> int:
        """Number of outputs of the trees: one for two classes where the link is logistic."""
        return int(self.nodes.value.shape[1])

    def outputs(self, compared: np.ndarray) -> np.ndarray:
        """Return the outputs, (n_rows, n_outputs), of inputs as `compared` gives them."""
        sums: np.ndarray = leaf_sums(self.nodes, compared)
        return np.asarray(sums + self.offset)

    def compared(self, inputs: np.ndarray) -> np.ndarray:
        """Return inputs as the splits compare them, shape (n_inputs, n_rows), float64.

        Raises
        ------
        InputError
            If a value is missing or infinite.
        """
        if not np.isfinite(inputs).all():
            raise InputError(
                expected="finite inputs of the trees",
                arrived=f"{int((~np.isfinite(inputs)).sum())} missing or infinite values after "
                "preprocessing",
                do="Impute them in the pipeline, or explain with method='kernel_shap'.",
            )
        if self.single:
            inputs = inputs.astype(np.float32)
        return np.ascontiguousarray(inputs.T, dtype=np.float64)


def _children(parts: Sequence[np.ndarray], starts: np.ndarray) -> np.ndarray:
    moved = [np.where(p < 0, -1, p + start) for p, start in zip(parts, starts[:-1], strict=True)]
    return np.asarray(np.concatenate(moved), dtype=np.int64)


def _category_sets(trees: Sequence[Tree], starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sets = np.full(int(starts[-1]), -1, dtype=np.int64)
    members: list[np.ndarray] = []
    for tree, start in zip(trees, starts[:-1], strict=True):
        for node, categories in tree.left_categories.items():
            sets[start + node] = len(members)
            members.append(np.asarray(categories, dtype=np.intp))
    width = max((int(m.max()) + 1 for m in members if len(m)), default=0)
    goes_left = np.zeros((len(members), width), dtype=np.bool_)
    for place, categories in enumerate(members):
        goes_left[place, categories] = True
    return sets, goes_left


def in_column(value: np.ndarray, k: int, n_outputs: int) -> np.ndarray:
    """Return leaf values of output k among several, shape (n_nodes, n_outputs)."""
    wide = np.zeros((len(value), n_outputs))
    wide[:, k] = value
    return wide


def check_loss(model: Any, loss: str, known: Sequence[str]) -> None:
    """Raise unless the trees of a model with this loss add up to its values or log-odds."""
    if loss not in known:
        raise InputError(
            expected=f"a {type(model).__name__} whose trees add up to its values or log-odds "
            f"({', '.join(known)})",
            arrived=loss,
            do="Explain with method='kernel_shap'.",
        )
