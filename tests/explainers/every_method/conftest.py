"""Share what every method is tried with, and the models, with the tests of this folder."""

from __future__ import annotations

from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from xaigeo.explainers import EXPLAINERS, explain


def _load(name):
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def cases():
    """The table of cases, and the data."""
    return _load("cases")


@pytest.fixture(scope="session")
def numbers():
    """Makers of frames of numbers and of models over them."""
    return _load("number_models")


@pytest.fixture(scope="session")
def ensemble_of(cases):
    """Return an ensemble by its name, made once."""
    return cache(lambda kind: cases.ENSEMBLES[kind]())


@pytest.fixture(params=EXPLAINERS.builtin, scope="session")
def method(request):
    """Every built-in method in turn."""
    return request.param


@pytest.fixture(scope="session")
def case(cases, method):
    """How the method is tried."""
    if method not in cases.CASES:
        pytest.fail(f"{method!r} is registered but has no entry in every_method/cases.py: CASES")
    return cases.CASES[method]


@pytest.fixture(scope="session")
def ask(cases, method, case, ensemble_of):
    """Return a function that explains some rows of the data by the method."""

    def ask(kind=None, X=None, *, ensemble=None, background=None, random_state=4, **how):
        kind = kind or case.kinds[0]
        return explain(
            ensemble_of(kind) if ensemble is None else ensemble,
            cases.data().iloc[:3] if X is None else X,
            method,
            background=cases.data().iloc[10:22] if background is None else background,
            random_state=random_state,
            **case.settings(kind) | how,
        )

    return ask


@pytest.fixture(scope="session")
def ask_numbers(method, case, numbers):
    """Return a function that explains rows of numbers by the method."""

    def ask(ensemble, X, background, **how):
        how = case.parameters | {"random_state": 4} | how
        return explain(ensemble, X, method, background=background, **how)

    return ask


@pytest.fixture(scope="session")
def found(ask):
    """The answer of the method for three rows of mixed columns."""
    return ask()
