import tomllib

import pytest

from xaigeo.audit.item import all_items
from xaigeo.audit.thresholds import read_thresholds
from xaigeo.audit.thresholds_file import thresholds_file, write_thresholds

CHANGED = {"settings": {"k": 2}, "A1": {"pass": 0.9}, "R2": {"min_rows": 30}}


@pytest.mark.parametrize("given", [None, CHANGED])
def test_what_is_written_is_read_again(tmp_path, given):
    held = read_thresholds(given)
    again = read_thresholds(write_thresholds(tmp_path / "deep" / "thresholds.toml", held))
    assert again == held
    assert again.sha256 == held.sha256
    assert again.source == "the file thresholds.toml"


def test_every_item_is_there_with_where_its_limits_come_from():
    text = thresholds_file()
    table = tomllib.loads(text)
    for one in all_items():
        assert f"# {one.id}: {one.question}" in text
        assert one.basis in text
        assert (one.id in table) == (one.unit != "yes_no")
    assert "literature: Koo and Li 2016" in text
    assert "# Thresholds of the audit checklist. Every line is a default: change" in text
    assert 'thresholds = "thresholds.toml"' in text


def test_a_file_of_other_thresholds_does_not_call_them_defaults(tmp_path):
    (tmp_path / "own.toml").write_text("[A1]\npass = 0.9\n")
    text = thresholds_file(read_thresholds(tmp_path / "own.toml"))
    assert "Every line is a default" not in text
    assert "They start from the file own.toml: change" in text
