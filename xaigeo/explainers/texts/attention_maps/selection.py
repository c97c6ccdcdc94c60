"""Which layers, heads and queries of attention are read."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Literal

import numpy as np

from xaigeo.errors import InputError

Layers = Literal["all", "last"] | int | Sequence[int]
Heads = Literal["all"] | int | Sequence[int]
Query = Literal["as_read", "mean", "first", "last"] | int


def check_selection(name: str, value: object, words: tuple[str, ...]) -> None:
    """Raise unless this is one of the words, a whole number or several different ones.

    Raises
    ------
    InputError
    """
    if isinstance(value, str):
        good = value in words
    elif isinstance(value, Sequence):
        good = bool(value) and all(map(_whole, value)) and len(set(value)) == len(value)
    else:
        good = _whole(value)
    if not good:
        raise InputError(
            expected=f"{name} to be {', '.join(map(repr, words))}, a place, or several places, "
            "each once",
            arrived=repr(value),
            do=f"Pass {name}={words[0]!r}, or places such as {name}=[0, 1].",
        )


def check_query(value: object) -> None:
    """Raise unless this is a word for a query or a place.

    Raises
    ------
    InputError
    """
    words = ("as_read", "mean", "first", "last")
    if not (value in words if isinstance(value, str) else _whole(value)):
        raise InputError(
            expected=f"query to be {', '.join(map(repr, words))} or the place of a token",
            arrived=repr(value),
            do="Pass query='as_read', or a place such as query=0.",
        )


def chosen_places(name: str, value: Layers | Heads, n_known: int) -> list[int]:
    """Return places from 0; negative ones count from the end.

    Raises
    ------
    InputError
        For a place that there is not.
    """
    if value == "all":
        return list(range(n_known))
    if value == "last":
        return [n_known - 1]
    assert not isinstance(value, str)  # checked
    wanted = [value] if isinstance(value, int | np.integer) else [int(place) for place in value]
    beyond = [place for place in wanted if not -n_known <= place < n_known]
    places = [int(place) % n_known for place in wanted]
    if beyond or len(set(places)) < len(places):
        raise InputError(
            expected=f"{name} among the {n_known} that the models have, counted from 0, each once",
            arrived=repr(value),
            do=f"Pass {name}='all', or places below {n_known}.",
        )
    return places


def plain_selection(value: Layers | Heads | Query) -> str | int | list[int]:
    """Return a selection as a JSON-able parameter."""
    if isinstance(value, str):
        return value
    if isinstance(value, Integral):
        return int(value)
    return [int(place) for place in value]  # type: ignore[union-attr]


def _whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
