from __future__ import annotations

import sys
from functools import partial
from types import ModuleType

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import FunctionTransformer

from xaigeo.ensemble.named_code import NamedCode, check_named_code, note_main_code
from xaigeo.errors import InputError, MainCodeWarning

HERE = __name__


def doubled(rows):
    return rows * 2


shown = lambda rows: rows  # noqa: E731
shown.__qualname__ = "shown"


class Doubling(TransformerMixin, BaseEstimator):
    """A transformer of this module, with a method that may be handed on."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return doubled(X)


def inner():
    def doubled(rows):  # has the name of another function of this module
        return rows * 3

    class Local(Doubling):
        pass

    return doubled, Local


@pytest.mark.parametrize(
    "code", [None, np.log, doubled, shown, partial(doubled), Doubling().transform, str.lower]
)
def test_what_has_a_name_is_found(code):
    assert NamedCode.of(FunctionTransformer(code)) == NamedCode((), ())


def test_a_fitted_model_holds_nothing_of_the_program(plane):
    model = RandomForestClassifier(3).fit(*plane)
    assert NamedCode.of([model, Doubling()]) == NamedCode((), ())


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (FunctionTransformer(lambda rows: rows), "the function {}.<lambda>"),
        (FunctionTransformer(inner()[0]), "the function {}.inner.<locals>.doubled"),
        (
            [FunctionTransformer(partial(lambda rows: rows)), inner()[1]()],
            "the function {0}.<lambda>, the class {0}.inner.<locals>.Local",
        ),
    ],
)
def test_what_no_name_leads_to_is_told(model, names):
    with pytest.raises(InputError) as told:
        check_named_code(model)
    assert told.value.arrived == f"{names.format(HERE)} in {type(model).__name__}"
    assert "in place of a lambda or a definition inside a function" in told.value.do


def test_a_name_that_leads_to_something_else_is_lost(monkeypatch):
    own = FunctionTransformer(doubled)
    monkeypatch.setattr(sys.modules[HERE], "doubled", abs)
    assert NamedCode.of(own).lost == (f"the function {HERE}.doubled",)


def test_what_is_defined_in_the_program_is_warned_about_once(monkeypatch):
    main = ModuleType("__main__")
    exec("def halved(rows): return rows / 2", main.__dict__)
    monkeypatch.setitem(sys.modules, "__main__", main)
    codes = [NamedCode.of(FunctionTransformer(main.halved)) for _ in range(2)]
    with pytest.warns(MainCodeWarning, match=r"Saved with the function __main__.halved,") as told:
        note_main_code(codes, stacklevel=1)
    assert len(told) == 1
    assert told[0].filename == __file__
    note_main_code([NamedCode((), ())], stacklevel=1)
    del main.halved
    assert codes[0].lost == ()


def test_what_cannot_be_walked_through_is_left_to_those_who_write_it():
    assert NamedCode.of(number for number in []) == NamedCode((), ())
