from __future__ import annotations

import inspect
from importlib import import_module

import pytest

import xaigeo as xg

PACKAGES = [
    "agreement",
    "audit",
    "checks",
    "datasets",
    "ensemble",
    "explainers",
    "explanations",
    "faithfulness",
    "geometry",
    "runs",
    "store",
    "text",
    "viz",
]


@pytest.mark.parametrize("name", xg.__all__)
def test_every_public_name_loads(name):
    assert getattr(xg, name) is not None
    assert name in dir(xg)


def test_an_unknown_name_raises_as_python_does():
    with pytest.raises(AttributeError, match="module 'xaigeo' has no attribute 'explane'"):
        _ = xg.explane


@pytest.mark.parametrize(
    "module",
    PACKAGES,
)
def test_packages_export_what_they_name(module):
    package = import_module(f"xaigeo.{module}")
    for name in package.__all__:
        assert hasattr(package, name), f"{module}.__all__ names {name}, which is not there"


@pytest.mark.parametrize(
    "module",
    PACKAGES,
)
def test_public_things_are_documented(module):
    package = import_module(f"xaigeo.{module}")
    for name in package.__all__:
        thing = getattr(package, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), f"{module}.{name} has no docstring"
