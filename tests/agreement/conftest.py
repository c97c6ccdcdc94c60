"""Share the builders of explanations with the tests of this folder."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest


def _load_builders(name="builders"):
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def build():
    """Functions that make small explanations by hand."""
    return _load_builders()


@pytest.fixture(scope="session")
def texts():
    """Functions that make small explanations of texts by hand."""
    return _load_builders("text_builders")


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(20)


@pytest.fixture
def tied(rng):
    """Attributions with ties and zeros, shape (n_seeds=5, n_instances=7, n_features=6)."""
    return rng.integers(-2, 3, (5, 7, 6)).astype(float)


@pytest.fixture
def distinct(rng):
    """Attributions without ties, shape (n_seeds=5, n_instances=7, n_features=6)."""
    return rng.normal(size=(5, 7, 6))
