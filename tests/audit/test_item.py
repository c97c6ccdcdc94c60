import re

import pytest

from xaigeo.audit.item import CHECKLIST, ITEMS, all_items, finite, item
from xaigeo.errors import InputError

# The checklist: id, passing, warning (None where an item passes or fails).
TABLE = {
    "P1": (5, 3), "P2": (1, None), "P3": (1e-6, 1e-3), "P4": (1, None),
    "M1": (0.01, 0.05), "M2": (0.05, 0.15), "M3": (0.02, 0.05), "M4": (0.05, 0.10),
    "M5": (0.05, 0.15),
    "F1": (0.999, 0.99), "F2": (0.1, 0.3), "F3": (0.2, 0.5), "F4": (0.95, 0.8), "F5": (0.75, 0.5),
    "A1": (0.75, 0.5), "A2": (0.75, 0.40), "A3": (0.90, 0.75), "A4": (0.95, 0.80),
    "A5": (0.10, 1.0), "A6": (0.05, 0.15), "A7": (0.75, 0.5), "A8": (0.90, 0.75),
    "A9": (0.90, 0.75),
    "R1": (0.95, 0.80), "R2": (0.05, 0.10),
    "C1": (1.0, 0.95), "C2": (1, None), "C3": (0.05, 0.10), "C4": (1, None),
}  # fmt: skip


def test_the_checklist_is_complete_and_in_order():
    assert list(CHECKLIST) == list(TABLE)
    assert [found.id for found in all_items()] == list(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_thresholds_and_mapping(name):
    found = ITEMS.get(name)
    assert (found.passing, found.warning) == TABLE[name]
    assert found.question.endswith("?")
    assert found.maps_to
    assert all(re.match("NIST AI RMF (MS|MAP)|EU AI Act", part) for part in found.maps_to)
    if found.warning is not None:
        assert (found.warning < found.passing) == (found.better == "higher")


def test_a_duplicate_raises():
    described = {
        "question": "?", "metric": "m", "better": "higher", "passing": 1, "warning": None,
        "unit": "share", "basis": "own", "source": "own", "maps_to": (),
    }  # fmt: skip
    ITEMS.get("P1")
    with pytest.raises(InputError, match="a new audit item name, got 'P1', which is already"):
        item(id="P1", **described)(lambda evidence: None)


def test_finite():
    assert finite(1) == 1.0
    assert [finite(x) for x in (None, float("nan"), float("inf"))] == [None] * 3
