from __future__ import annotations

import xaigeo as xg


def test_the_birds_are_those_of_the_published_table():
    data = xg.datasets.penguins()
    assert data.X.shape == (333, 6)
    assert data.y.value_counts().to_dict() == {"Adelie": 146, "Gentoo": 119, "Chinstrap": 68}
    assert round(float(data.X["body_mass_g"].mean()), 2) == 4207.06
    assert [f.kind for f in data.schema.features] == ["numeric"] * 4 + ["categorical"] * 2
    assert data.schema["body_mass_g"].label == "body_mass_g (g)"
