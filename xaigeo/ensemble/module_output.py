"""A module of which one output is read, as logits or values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

from xaigeo.errors import InputError
from xaigeo.options import suggestion

Output = str | int | Callable[[Any], Any] | None
Gives = Literal["logit", "probability"]


class ModuleOutput(nn.Module):
    """Reads one output of a module that gives several, and turns probabilities into logits.

    Parameters
    ----------
    module : nn.Module
    output : str, int or callable, optional
        Key or attribute, place, or function of what the module returns; None takes it whole.
    gives : {"logit", "probability"}
        For probabilities the logit is log(p), or log(p / (1 - p)) of a single probability.
    """

    def __init__(self, module: nn.Module, output: Output, gives: Gives) -> None:
        super().__init__()
        self.module = module
        self.output = output
        self.gives = gives

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the output that was asked for."""
        answer = _select(self.module(inputs), self.output)
        if self.gives == "logit":
            return answer
        least = torch.finfo(answer.dtype).tiny
        if answer.shape[-1] == 1:
            return torch.log(answer.clamp_min(least)) - torch.log((1 - answer).clamp_min(least))
        return torch.log(answer.clamp_min(least))


def _select(answer: Any, output: Output) -> Tensor:
    if output is None:
        chosen = answer
    elif callable(output):
        chosen = output(answer)
    elif isinstance(answer, Mapping):
        chosen = answer[output] if output in answer else _missing(output, [*answer])
    elif isinstance(output, int) and isinstance(answer, tuple | list):
        inside = -len(answer) <= output < len(answer)
        chosen = answer[output] if inside else _missing(output, [*range(len(answer))])
    elif isinstance(output, str) and hasattr(answer, output):
        chosen = getattr(answer, output)
    elif isinstance(answer, tuple | list):
        raise InputError(
            expected="output= as the place of one output",
            arrived=f"{output!r} for a {type(answer).__name__} of {len(answer)}",
            do=f"Pass an index from 0 to {len(answer) - 1}, such as output=0.",
        )
    else:
        _missing(output, [type(answer).__name__])
    if not isinstance(chosen, Tensor):
        raise InputError(
            expected="a tensor as the module's output",
            arrived=f"a {type(chosen).__name__}{_held(chosen)}",
            do="Name one output with output=..., a key, a place or a function.",
        )
    return chosen


def _held(chosen: Any) -> str:
    if isinstance(chosen, Mapping):
        return f" with {', '.join(map(repr, chosen))}"
    return f" of {len(chosen)}" if isinstance(chosen, tuple | list) else ""


def _missing(output: Output, known: list[Any]) -> Any:
    raise InputError(
        expected=f"an output among {', '.join(map(repr, known))}",
        arrived=repr(output),
        do=suggestion(output, known) or "Pass output= one of these.",
    )
