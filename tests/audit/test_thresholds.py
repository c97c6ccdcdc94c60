import pytest

from xaigeo.audit.thresholds import Thresholds, read_thresholds
from xaigeo.errors import ConfigError


def test_defaults_and_overrides():
    found = read_thresholds({"A1": {"pass": 0.9}, "settings": {"k": 2}, "F1": {"tolerance": 0.1}})
    assert (found["A1"].passing, found["A1"].warning) == (0.9, 0.5)
    assert found["F1"].settings == {"tolerance": 0.1}
    assert found.k == 2
    assert read_thresholds(None).k is None
    assert read_thresholds(found) is found
    assert read_thresholds(None).source == read_thresholds({}).source == "the defaults"
    assert found.source == "a table given to the audit"


def test_toml(tmp_path):
    path = tmp_path / "t.toml"
    path.write_text("[settings]\nn_bootstrap = 10\n[M1]\npass = 0.02\nwarn = 0.04\n")
    found = read_thresholds(path)
    assert isinstance(found, Thresholds)
    assert (found["M1"].passing, found["M1"].warning, found.n_bootstrap) == (0.02, 0.04, 10)


def test_the_hash_follows_every_number_and_nothing_else():
    default = read_thresholds(None).sha256
    assert read_thresholds({}).sha256 == default
    assert read_thresholds({"A1": {"pass": 0.75}}).sha256 == default
    changes = [{"A1": {"pass": 0.76}}, {"A6": {"stability": 0.5}}, {"settings": {"k": 1}}]
    hashes = {read_thresholds(change).sha256 for change in changes}
    assert len(hashes | {default}) == 4


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"A10": {"pass": 1}}, r"audit items \(.*\) or settings, got 'A10'"),
        ({"A1": {"passing": 1}}, r"keys of \[A1\] \(pass, warn\), got 'passing'\. Did you mean"),
        ({"A1": {"pass": "high"}}, r"A1\.pass to be a number, got 'high'"),
        ({"A1": {"pass": True}}, r"A1\.pass to be a number, got True"),
        ({"A1": {"pass": float("nan")}}, r"A1\.pass to be a number, got nan"),
        ({"A1": 0.5}, r"a table of thresholds for A1, got 0\.5\. Write \[A1\]"),
        (
            {"A1": {"warn": 0.8}},
            r"A1\.warn to be looser than A1\.pass \(higher values are better\)",
        ),
        ({"M1": {"warn": 0.001}}, r"M1\.warn to be looser than M1\.pass \(lower values"),
        ({"P4": {"pass": 0}}, "no threshold for P4, which is answered by yes or no, got pass = 0"),
        ({"settings": {"k": 0}}, r"settings\.k to be a whole number of at least 1, got 0"),
        ({"settings": {"bins": 3}}, r"keys of \[settings\] \(k, n_bootstrap\), got 'bins'"),
    ],
)
def test_what_cannot_be_meant_raises(table, message):
    with pytest.raises(ConfigError, match=message):
        read_thresholds(table)


def test_unreadable_files_raise(tmp_path):
    with pytest.raises(
        ConfigError, match=r"a readable TOML file at .*none\.toml, got No such file"
    ):
        read_thresholds(tmp_path / "none.toml")
    path = tmp_path / "bad.toml"
    path.write_text("[A1\n")
    with pytest.raises(ConfigError, match=r"valid TOML in .*bad\.toml"):
        read_thresholds(str(path))
