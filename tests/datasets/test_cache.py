from __future__ import annotations

from pathlib import Path

from xaigeo.datasets import cache
from xaigeo.datasets.cache import cache_folder


def test_an_argument_comes_before_the_environment_and_that_before_the_platform(monkeypatch):
    monkeypatch.setenv("XAIGEO_DATA", "/data/kept")
    assert cache_folder("/mine") == Path("/mine")
    assert cache_folder() == Path("/data/kept")
    monkeypatch.delenv("XAIGEO_DATA")
    assert cache_folder("~/mine") == Path.home() / "mine"


def test_each_platform_has_its_folder(monkeypatch):
    for name in ("XAIGEO_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    found = {}
    for platform in ("linux", "darwin", "win32"):
        monkeypatch.setattr(cache.sys, "platform", platform)
        found[platform] = cache_folder().relative_to(Path.home()).parts
    assert found == {
        "linux": (".cache", "xaigeo"),
        "darwin": ("Library", "Caches", "xaigeo"),
        "win32": ("AppData", "Local", "xaigeo"),
    }
    monkeypatch.setattr(cache.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert cache_folder() == Path("/elsewhere/xaigeo")
