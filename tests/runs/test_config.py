from __future__ import annotations

import pytest

from xaigeo.errors import ConfigError
from xaigeo.runs.config import config_from_dict, read_config

DATA = {"dataset": "penguins"}


def test_defaults_make_a_whole_run():
    config = config_from_dict({"data": DATA})
    assert config.seed_list == list(range(20))
    assert config.explain.methods is None  # those that fit the models and the task


def test_seeds_as_a_list():
    assert config_from_dict({"data": DATA, "seeds": [3, 1]}).seed_list == [3, 1]


def test_the_hash_follows_the_content():
    one = config_from_dict({"data": DATA})
    same = config_from_dict({"data": DATA, "seeds": 20})
    other = config_from_dict({"data": DATA, "seeds": 21})
    assert one.sha256 == same.sha256 != other.sha256


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({}, "data: Field required"),
        ({"data": DATA, "sedes": 3}, "sedes: no such key (did you mean 'seeds'?)"),
        (
            {"data": DATA, "model": {"hiden": [3]}},
            "model.hiden: no such key (did you mean 'hidden'?)",
        ),
        ({"data": DATA, "thresholds": {}, "zzz": {"a": 1}}, "zzz: no such key. Correct"),
        (
            {"data": DATA, "model": {"encoder": "cnn"}},
            "model.encoder: a key of runs of texts alone",
        ),
        ({"data": DATA, "model": {"epochs": "many"}}, "model.epochs: Input should be a valid int"),
        (
            {"data": DATA, "model": {"averaging": "SWA"}},
            "model.averaging: Input should be 'swa', 'aswa', 'naswa' or 'ema', got 'SWA' (did you "
            "mean 'swa'?). Correct",
        ),
        ({"data": DATA, "model": {"averaging": 3}}, "'naswa' or 'ema', got 3. Correct"),
        ({"data": DATA, "model": {"hidden": [0]}}, "at least 1"),
        ({"data": DATA, "model": {"estimator": "a.B"}}, 'goes with kind = "estimator"'),
        ({"data": DATA, "seeds": 0}, "count of at least 1"),
        ({"data": DATA, "seeds": [1, 1]}, "different seeds"),
        ({"data": {}}, "give either file or dataset"),
        ({"data": {"file": "x.csv"}}, "name the target column"),
        ({"data": DATA, "explain": {"methods": []}}, "at least one method"),
        ({"data": DATA, "audit": {"required": ["A1", "B2"]}}, "no items of the audit: B2 (known: "),
        ({"data": DATA, "audit": {"required": ["a1"]}}, "; did you mean 'A1'?"),
        ({"data": DATA, "explain": {"methods": ["lime", "lime"]}}, "each once"),
    ],
)
def test_every_mistake_is_named_with_its_place(table, text):
    with pytest.raises(ConfigError) as error:
        config_from_dict(table)
    assert text in str(error.value)


def test_an_unreadable_file(tmp_path):
    with pytest.raises(ConfigError, match=r"a readable configuration at .*No such file"):
        read_config(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("seeds = = 3")
    with pytest.raises(ConfigError, match=r"TOML in .*bad.toml"):
        read_config(tmp_path / "bad.toml")
    (tmp_path / "latin.toml").write_bytes(b"title = '\xe9'")
    with pytest.raises(ConfigError, match=r"TOML in .*latin.toml"):
        read_config(tmp_path / "latin.toml")
