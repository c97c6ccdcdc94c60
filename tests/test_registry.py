from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from xaigeo import registry as registry_module
from xaigeo.errors import InputError
from xaigeo.registry import Registry


@pytest.fixture
def registry() -> Registry[type]:
    made: Registry[type] = Registry("method", builtin={})
    made.register("alpha")(int)
    return made


def test_a_registered_name_is_found(registry):
    assert registry.get("alpha") is int
    assert "alpha" in registry
    assert list(registry) == ["alpha"]


def test_a_duplicate_raises(registry):
    with pytest.raises(InputError, match=r"a new method name, got 'alpha', which is already"):
        registry.register("alpha")(float)
    assert registry.get("alpha") is int


def test_an_unknown_name_lists_the_known(registry):
    with pytest.raises(
        InputError, match=r"a known method \(alpha\), got 'alpa'. Did you mean 'alpha'\?"
    ):
        registry.get("alpa")


def test_an_unknown_name_like_no_other_tells_to_choose():
    with pytest.raises(InputError, match=r"Choose one of the listed methods\.$"):
        Registry[type]("method", builtin={"alpha": "none"}).get("xyz")
    made = Registry[type]("method for texts", {"alpha": "none"}, plural="methods for texts")
    with pytest.raises(InputError, match=r"Choose one of the listed methods for texts\.$"):
        made.get("xyz")


def test_other_packages_join_by_entry_point(monkeypatch):
    entry = EntryPoint(name="foreign", value="decimal:Decimal", group="xaigeo.test")
    monkeypatch.setattr(registry_module, "entry_points", lambda group: [entry])
    made: Registry[type] = Registry("method", builtin={}, group="xaigeo.test")
    assert made.names() == ["foreign"]
    assert "foreign" in made
    assert "unknown" not in made
    assert made.get("foreign").__name__ == "Decimal"
