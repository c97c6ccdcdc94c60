from __future__ import annotations

from dataclasses import fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from xaigeo import cli
from xaigeo.explainers import EXPLAINERS, TEXT_EXPLAINERS
from xaigeo.explainers.method_documentation import full_documentation


class Base:
    """What is shared.

    Parameters
    ----------
    kind : {"a", "b"}
        One of two.

    first, second : int
        Two together,
        on two lines.
    last : str
        The last.
    """


class Between(Base):
    """What is shared by some.

    Parameters
    ----------
    own : float
        Its own.
    kind : {"a"}
        See `Base`.
    """


class Method(Between):
    """What is asked about.

    Parameters
    ----------
    kind, own
        See `Between`. Here it is "a",
        and nothing else.
    second, first
        See `Base`.
    unknown
        See `Base`.
    last
        See `Elsewhere`.
    last
        As `Base` takes it.
    """


def test_what_a_base_class_says_is_written_out():
    assert full_documentation(Method).splitlines()[2:] == [
        "Parameters",
        "----------",
        'kind : {"a", "b"}',
        "    One of two.",
        "own : float",
        "    Its own.",
        '    Here it is "a",',
        "    and nothing else.",
        "first, second : int",
        "    Two together,",
        "    on two lines.",
        "unknown",
        "    See `Base`.",
        "last",
        "    See `Elsewhere`.",
        "last",
        "    As `Base` takes it.",
    ]
    assert full_documentation(type("Silent", (), {})) == ""


def _choices(hint: Any) -> tuple[Any, ...]:
    """Return the values of a Literal, of one that may be None too."""
    whole = get_origin(hint) in (None, Literal)
    parts = [hint] if whole else [part for part in get_args(hint) if part is not type(None)]
    lone = len(parts) == 1 and get_origin(parts[0]) is Literal
    return get_args(parts[0]) if lone else ()


OPTIONS = [
    (explained, name, field.name, value)
    for explained, known in (("tables", EXPLAINERS), ("texts", TEXT_EXPLAINERS))
    for name in known.names()
    for field in fields(known.get(name))
    for value in _choices(get_type_hints(known.get(name))[field.name])
    # Linear models are linear in logits and values alone.
    if (name, field.name, value) != ("linear_shap", "scale", "probability")
]


@pytest.mark.parametrize(
    ("explained", "name"), sorted({(explained, name) for explained, name, *_ in OPTIONS})
)
def test_the_terminal_is_told_the_values_of_every_option(explained, name, capsys):
    assert cli.main(["methods", name] + ["--texts"] * (explained == "texts")) == 0
    shown = capsys.readouterr().out
    for _, _, option, value in (each for each in OPTIONS if each[:2] == (explained, name)):
        entry = shown.split(f"\n{option} : ")[-1].split("\n")[0]
        assert f'"{value}"' in entry or option == "distance_metric", (option, value)
