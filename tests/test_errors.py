from __future__ import annotations

import pickle

from xaigeo.errors import ConfigError, InputError


def test_the_message_has_all_three_parts():
    error = InputError(expected="a frame", arrived="a list", do="Convert it.")
    assert str(error) == "Expected a frame, got a list. Convert it."


def test_errors_cross_process_borders():
    error = ConfigError(expected="a", arrived="b", do="C.")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ConfigError
    assert (again.expected, again.arrived, again.do) == ("a", "b", "C.")
