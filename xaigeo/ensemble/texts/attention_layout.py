"""In which shape a part of a module gives its attention, and what must hold for the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from xaigeo.errors import InputError

Form = Literal["text", "column", "queries", "heads"]
SHAPES = "(n_texts, T), (n_texts, Q, T) or (n_texts, n_heads, Q, T) with Q = T or 1"
# More than float16 rounds a masked weight to.
NOTHING = 1e-6


@dataclass(frozen=True)
class AttentionLayout:
    """How the weights of one layer lie in what it gives.

    Attributes
    ----------
    name : str
        The layer.
    form : {"text", "column", "queries", "heads"}
        (n, T), (n, T, 1), (n, Q, T) or (n, H, Q, T).
    pooling : bool
        Whether the one query is the whole text.
    n_heads : int
    """

    name: str
    form: Form
    pooling: bool
    n_heads: int

    @classmethod
    def of(cls, name: str, weights: Any, n: int, width: int) -> AttentionLayout:
        """Tell the layout from weights of `n` texts of `width` tokens each, n other than width.

        Raises
        ------
        InputError
            For no tensor, or a shape that is none of a layer's attention.
        """
        shape = tuple(weights.shape) if isinstance(weights, Tensor) else None
        forms: dict[tuple[int, ...], tuple[Form, bool]] = {
            (n, width, width): ("queries", False),
            (n, 1, width): ("queries", True),
            (n, width, 1): ("column", True),
            (n, width): ("text", True),
        }
        if shape in forms:
            form, pooling = forms[shape]
            return cls(name, form, pooling, 1)
        if shape is not None and len(shape) == 4:
            rest = (shape[0], *shape[2:])
            if rest in ((n, width, width), (n, 1, width)):
                return cls(name, "heads", rest[1] == 1 and width > 1, shape[1])
        raise InputError(
            expected=f"attention of shape {SHAPES} from {name!r}",
            arrived=f"shape {shape} for {n} texts of {width} tokens"
            if shape is not None
            else f"{type(weights).__name__}",
            do="Name a part that gives the weights after the softmax, or the item of its output "
            "that holds them: attention=('name', 1).",
        )

    def unified(self, weights: Tensor, mask: Tensor) -> Tensor:
        """Return checked weights as (n, H, Q, T), 0 where there is no token.

        Parameters
        ----------
        weights : Tensor
            In this layout.
        mask : Tensor of bool, shape (n, T)
            Where there is a token.

        Raises
        ------
        InputError
            For weights of another shape than before, below 0, not finite, or on padding.
        """
        n, width = mask.shape
        n_queries = 1 if self.pooling else width
        if self.form in ("text", "column"):
            weights = weights.reshape(n, 1, 1, -1)
        elif self.form == "queries":
            weights = weights.unsqueeze(1)
        wanted = (n, self.n_heads, n_queries, width)
        if tuple(weights.shape) != wanted:
            raise InputError(
                expected=f"attention of shape {wanted} from {self.name!r}, as for other texts",
                arrived=f"{tuple(weights.shape)}",
                do="Let the part give one weight a token whatever the length of the text.",
            )
        if not self.pooling:
            weights = weights.masked_fill(~mask[:, None, :, None], 0.0)
        self._check(weights, mask)
        return weights.masked_fill(~mask[:, None, None, :], 0.0)

    def placed(self, weights: Tensor) -> Tensor:
        """Return weights (n, T) of a pooling layer in this layout."""
        if self.form == "column":
            return weights[..., None]
        if self.form == "queries":
            return weights[:, None]
        return weights[:, None, None] if self.form == "heads" else weights

    def _check(self, weights: Tensor, mask: Tensor) -> None:
        arrived = None
        if not torch.isfinite(weights).all():
            arrived = "weights that are not finite"
        elif weights.numel() and float(weights.min()) < 0:
            arrived = f"weights down to {float(weights.min()):.4g}"
        else:
            beyond = weights.masked_fill(mask[:, None, None, :], 0.0)
            if beyond.numel() and float(beyond.max()) > NOTHING:
                arrived = f"a weight of {float(beyond.max()):.4g} on padding"
        if arrived is not None:
            raise InputError(
                expected=f"finite weights of at least 0 from {self.name!r}, and 0 beyond a "
                "text's end",
                arrived=arrived,
                do="Mask the scores of padding before the softmax, and name the part that gives "
                "the weights after it.",
            )


def item_of(output: Any, item: int | str | None, name: str) -> Any:
    """Return the item of a part's output that holds the weights.

    Raises
    ------
    InputError
        If there is no such item.
    """
    if item is None:
        return output
    try:
        return output[item]
    except (KeyError, IndexError, TypeError) as error:
        raise InputError(
            expected=f"an item {item!r} in what {name!r} gives",
            arrived=f"a {type(output).__name__}"
            + (f" of {len(output)}" if isinstance(output, tuple | list) else ""),
            do="Name the place or the key of the weights: attention=('name', 1).",
        ) from error


def with_item(output: Any, item: int | str | None, value: Tensor) -> Any:
    """Return a part's output with other weights in it."""
    if item is None:
        return value
    if isinstance(output, Mapping):
        return {**output, item: value}
    items = list(output)
    items[int(item)] = value
    if hasattr(output, "_fields"):
        return type(output)(*items)
    return items if isinstance(output, list) else tuple(items)
