"""Whether what is asked for predictions is an ensemble."""

from __future__ import annotations

from xaigeo.errors import InputError


def check_ensemble(ensemble: object) -> None:
    """Raise unless something is a `SeedEnsemble`; an explanation predicts nothing."""
    from xaigeo.ensemble import SeedEnsemble

    if not isinstance(ensemble, SeedEnsemble):
        raise InputError(
            expected="a SeedEnsemble",
            arrived=type(ensemble).__name__,
            do="Pass the models themselves, as SeedEnsemble.train or SeedEnsemble.wrap gives them.",
        )
