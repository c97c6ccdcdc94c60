"""Whether what is asked for predictions can answer."""

from __future__ import annotations

from xaigeo.errors import InputError


def check_ensemble(ensemble: object) -> None:
    """Raise unless something predicts as a `SeedEnsemble` does; an explanation does not."""
    if isinstance(ensemble, type) or not hasattr(ensemble, "outputs_encoded"):
        raise InputError(
            expected="a SeedEnsemble",
            arrived=type(ensemble).__name__,
            do="Pass the models themselves, as SeedEnsemble.train or SeedEnsemble.wrap gives them.",
        )
