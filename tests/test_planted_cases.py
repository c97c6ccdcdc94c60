"""One small repeat of each planted case; scripts/validate_audit.py makes the whole study."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "planted_cases.py"


@pytest.fixture(scope="module")
def planted():
    spec = importlib.util.spec_from_file_location("planted_cases", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    module.N_TRAIN, module.N_TEST, module.N_EXPLAINED = 600, 400, 15
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize(
    "name", ["shuffled_labels", "leaking_column", "few_samples", "redundant_copies"]
)
@pytest.mark.filterwarnings("ignore:One seed only")
def test_a_planted_fault_is_noticed(planted, name):
    case = planted.CASES[name]
    audit = case.plant(np.random.default_rng(1))
    assert audit.verdict == "fail"
    assert {audit[item].status for item in case.items} & {"fail", "warn"}


def test_sound_networks_do_not_fail(planted):
    audit = planted.networks(np.random.default_rng(1))
    assert [f.id for f in audit.findings if f.status == "fail"] == []
    assert audit.verdict in ("pass", "warn")
