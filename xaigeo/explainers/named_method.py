"""The class behind a method's name, among methods for tables or among those for texts."""

from __future__ import annotations

from typing import Any, Literal

from xaigeo.errors import InputError
from xaigeo.explainers.base import Explainer
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.texts.catalogue import TEXT_EXPLAINERS
from xaigeo.options import check_option
from xaigeo.registry import Registry

Explained = Literal["tables", "texts"]


def methods_for(explained: Explained) -> Registry[type[Explainer]]:
    """Return the methods for models of tables, or those for models of texts.

    Raises
    ------
    InputError
        For something else than these two.
    """
    check_option("explained", explained, Explained)
    known: Registry[Any] = EXPLAINERS if explained == "tables" else TEXT_EXPLAINERS
    return known


def named_method(name: str, explained: Explained, *, do: str | None = None) -> type[Explainer]:
    """Return the class of the method called `name`.

    Parameters
    ----------
    name : str
    explained : {"tables", "texts"}
        What the models read. Some names stand for a method for each, others for one alone.
    do : str, optional
        What to do about a name that only the other kind of model has, in a sentence.

    Raises
    ------
    InputError
        For an unknown name, and for a name of the other kind.
    """
    known = methods_for(explained)
    other: Explained = "texts" if explained == "tables" else "tables"
    if name not in known and name in methods_for(other):
        raise InputError(
            expected=f"a known method for {explained} ({', '.join(known)})",
            arrived=f"{name!r}, which is for models of {other}",
            do=do or f"Choose one of the listed methods, or explain models of {other}.",
        )
    return known.get(name)
