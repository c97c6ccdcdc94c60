import pytest

from tests.viz.test_score_bins import two_scores
from xaigeo.viz.score_bins import score_bins


def layers(part):
    yield from part.get("layer", [])
    for one in part.get("vconcat", []):
        yield from layers(one)


@pytest.mark.parametrize("n", [(2, 2), (2, 20), (20, 20)])
@pytest.mark.parametrize("names", [("plain",), ("plain", "ASWA")])
def test_no_layer_of_points_is_ever_empty(names, n):
    """Over filled bins alone, or hollow ones alone, a scale would have no extent."""
    given = {name: two_scores([0.5, 0.8], n=n) for name in names}
    points = [one for one in layers(score_bins(given).to_dict()) if one["mark"]["type"] == "point"]
    assert len(points) == 2
    for one in points:
        assert "transform" not in one
        assert "datum.few" in str(one["encoding"]["fill"])
