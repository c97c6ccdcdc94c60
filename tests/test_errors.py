from __future__ import annotations

import pickle

import numpy as np

from xaigeo.errors import ConfigError, InputError, cause, is_long


def test_the_message_has_all_three_parts():
    error = InputError(expected="a frame", arrived="a list", do="Convert it.")
    assert str(error) == "Expected a frame, got a list. Convert it."


def test_errors_cross_process_borders():
    error = ConfigError(expected="a", arrived="b", do="C.")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ConfigError
    assert (again.expected, again.arrived, again.do) == ("a", "b", "C.")


def test_values_of_numpy_are_told_as_plain_ones():
    values = [np.int64(62), np.float32(1.5), np.str_("a"), np.bool_(True), ("q", np.int64(0))]
    told = InputError(expected="rows", arrived=repr(values), do=f"Write {np.float64('nan')!r}.")
    assert str(told) == "Expected rows, got [62, 1.5, 'a', True, ('q', 0)]. Write nan."
    assert told.arrived == "[62, 1.5, 'a', True, ('q', 0)]"
    assert str(pickle.loads(pickle.dumps(told))) == str(told)


def test_the_message_of_other_code_is_cut():
    assert cause(KeyError("text")) == "KeyError: 'text'"
    assert cause(StopIteration()) == "StopIteration"
    long = ValueError("a b\n" * 10_000)
    assert cause(long) == "ValueError: " + "a b " * 74 + "a..."
    assert len(cause(long)) == 300 + len("ValueError: ")
    assert is_long(long)
    assert not is_long(KeyError("text"))
