import pytest

from xaigeo.audit.item import all_items
from xaigeo.audit.ranges import NUMBERS, SETTINGS, check_limit
from xaigeo.audit.thresholds import Thresholds, check_top, read_thresholds
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
    path.write_text("[settings]\nn_bootstrap = 30\n[M1]\npass = 0.02\nwarn = 0.04\n")
    found = read_thresholds(path)
    assert isinstance(found, Thresholds)
    assert (found["M1"].passing, found["M1"].warning, found.n_bootstrap) == (0.02, 0.04, 30)


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
        (
            {"settings": {"n_bootstrap": 1}},
            r"n_bootstrap to be a whole number of at least 20, got 1",
        ),
        (
            {"M2": {"pass": 5, "warn": 15}},
            r"M2\.pass to be a number from 0 to 1, got 5\. Write 5 % as 0\.05\.",
        ),
        ({"A1": {"pass": -5}}, r"A1\.pass to be a number from -1 to 1, got -5\. Correct it"),
        ({"M5": {"pass": 3}}, r"M5\.pass to be a number from 0 to 1, got 3"),
        ({"F2": {"pass": -1}}, r"F2\.pass to be a number of at least 0, got -1"),
        ({"P1": {"pass": 0}}, r"P1\.pass to be a whole number of at least 1, got 0"),
        ({"P1": {"warn": 2.5}}, r"P1\.warn to be a whole number of at least 1, got 2\.5"),
        ({"F1": {"tolerance": 1e9}}, r"F1\.tolerance to be a number from 0 to 1, got 1000000000"),
        ({"M4": {"n_bins": 0}}, r"M4\.n_bins to be a whole number of at least 2, got 0"),
        ({"M4": {"n_bins": 2.5}}, r"M4\.n_bins to be a whole number of at least 2, got 2\.5"),
        ({"R2": {"min_rows": -3.5}}, r"R2\.min_rows to be a whole number of at least 1, got -3\.5"),
        ({"A4": {"quantile": 1}}, r"A4\.quantile to be a number between 0 and 1, neither of them"),
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


def test_every_default_lies_in_its_range_and_every_bare_number_has_one():
    for one in all_items():
        if one.unit == "number":
            assert one.id in NUMBERS
        own = {"pass": one.passing, "warn": one.warning, **one.settings}
        for name, value in own.items():
            if value is not None:
                check_limit(one, name, value)
        assert {(one.id, name) for name in one.settings} <= set(SETTINGS)


def test_as_many_top_features_as_there_are_raise():
    check_top(read_thresholds({"settings": {"k": 4}}), 5)
    check_top(read_thresholds(None), 1)
    with pytest.raises(ConfigError, match=r"settings\.k to be below the number of features \(5\)"):
        check_top(read_thresholds({"settings": {"k": 5}}), 5)
