import numpy as np
import pytest

from xaigeo.audit.item import Missing
from xaigeo.audit.runner import audit
from xaigeo.geometry.modes import explanatory_modes


@pytest.fixture
def grouped(build, rng):
    """Twenty seeds, of which the last six explain in another way."""
    values = rng.normal(size=(1, 12, 4)) + 0.05 * rng.normal(size=(20, 12, 4))
    values[14:] += 3.0 * rng.normal(size=(1, 12, 4))
    return build.make_attributions(values)


def test_a5_is_the_mass_of_the_second_mode(grouped, evidence):
    found = evidence(grouped).outcome("A5")
    modes = explanatory_modes(grouped)
    assert found.value == pytest.approx(modes.second_mass) == pytest.approx(0.3)
    assert "the seeds fall into 2 groups that explain differently" in found.reason
    assert "seeds 14, 15, 16, 17, 18, 19." in found.reason
    assert found.evidence["mode_by_seed"]["14"] == 1
    assert audit(grouped, thresholds={"settings": {"n_bootstrap": 20}})["A5"].status == "warn"


def test_a5_one_mode_passes_and_says_what_could_not_be_seen(build, rng, evidence):
    values = rng.normal(size=(1, 12, 4)) + 0.5 * rng.normal(size=(20, 12, 4))
    found = evidence(build.make_attributions(values)).outcome("A5")
    assert (found.value, found.n_rows) == (0.0, 12)
    assert "no two groups of seeds" in found.reason
    assert "A group of fewer than 3 of the 20 seeds would not be seen" in found.reason


@pytest.mark.parametrize(
    ("n_seeds", "words"),
    [(5, "Fewer than 6 seeds cannot tell one kind of explanation from two; 5 were"), (1, "single")],
)
def test_a5_needs_six_seeds(build, rng, evidence, n_seeds, words):
    found = evidence(build.make_attributions(rng.normal(size=(n_seeds, 12, 4)))).outcome("A5")
    assert isinstance(found, Missing)
    assert words in found.reason


def test_a5_is_no_finding_where_nothing_is_explained(build, evidence):
    found = evidence(build.make_attributions(np.ones((8, 12, 4)))).outcome("A5")
    assert found == Missing("The attributions are one number everywhere, so no seed differs.")
