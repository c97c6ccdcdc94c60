from __future__ import annotations

import pytest
import torch
from torch import nn

from xaigeo.ensemble.texts.module_calls import asking, device_of, hooked, part_named
from xaigeo.errors import InputError


def module():
    made = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
    made[0].bias.requires_grad_(False)
    return made


def test_while_asked_a_module_learns_nothing_and_is_as_it_was_afterwards():
    made = module()
    before = torch.backends.mha.get_fastpath_enabled()
    with asking(made) as asked:
        assert asked is made
        assert not any(part.training for part in made.modules())
        assert not any(weight.requires_grad for weight in made.parameters())
        assert not torch.backends.mha.get_fastpath_enabled()
    assert torch.backends.mha.get_fastpath_enabled() == before
    assert [weight.requires_grad for weight in made.parameters()] == [True, False]


def test_a_module_that_fails_is_as_it_was_too():
    made = module()
    before = torch.backends.mha.get_fastpath_enabled()
    with pytest.raises(RuntimeError), asking(made):
        made(torch.ones(3))
    assert torch.backends.mha.get_fastpath_enabled() == before
    assert [weight.requires_grad for weight in made.parameters()] == [True, False]


def test_what_a_part_returns_is_changed_or_left_while_hooked():
    part, x = nn.Identity(), torch.ones(2)
    with hooked(part, lambda output: output * 3) as asked:
        assert part(x).tolist() == part(x).tolist() == [3.0, 3.0]
    assert asked == [2]
    with hooked(part, lambda output: None):
        assert part(x).tolist() == [1.0, 1.0]
    assert part(x).tolist() == [1.0, 1.0]
    assert asked == [2]


def test_a_part_is_found_by_its_name():
    made = nn.ModuleDict({"pooling": nn.Identity(), "output": nn.Linear(1, 1)})
    assert part_named(made, "pooling", "attention") is made["pooling"]
    with pytest.raises(InputError, match="attention= as the name of a part of ModuleDict") as error:
        part_named(made, "poolin", "attention")
    assert "pooling" in str(error.value)
    with pytest.raises(InputError, match="Choose among none"):
        part_named(nn.Identity(), "", "embedding")


def test_a_module_without_weights_is_on_the_cpu():
    assert device_of(nn.Identity()) == device_of(module()) == torch.device("cpu")
    assert device_of(nn.Linear(1, 1, device="meta")) == torch.device("meta")
