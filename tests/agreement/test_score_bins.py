import numpy as np
import pandas as pd
import pytest

from xaigeo.agreement import per_instance
from xaigeo.agreement.prediction_deviation import prediction_deviation
from xaigeo.agreement.score_bins import score_bins
from xaigeo.errors import InputError


@pytest.fixture
def explained(build, rng):
    """Attributions at 40 rows whose predictions spread over [0.5, 1]."""
    made = build.make_attributions(rng.normal(size=(4, 40, 6)))
    sure = np.linspace(0.51, 0.99, 40)
    prediction = np.stack([np.stack([1 - sure, sure], axis=-1)] * 4)
    prediction[0, :, 1] += 1e-9
    made.data["prediction"] = made.data["prediction"].copy(data=prediction)
    return made


def test_bins_against_a_loop(explained):
    table = score_bins(explained, n_bins=5, n_bootstrap=50)
    assert table["score"].unique().tolist() == ["relative_entropy", "jaccard_distance"]
    values = per_instance(explained)
    sure = explained.array("prediction").mean(axis=0).max(axis=-1)
    for row in table.itertuples():
        inside = (sure > row.low) & (sure <= row.high)
        assert row.n_rows == inside.sum() == row.n_defined
        assert row.value == pytest.approx(values[row.score].to_numpy()[inside].mean())
        assert row.prediction == pytest.approx(sure[inside].mean())
        assert row.value_low <= row.value <= row.value_high or row.n_rows < 2
    ends = prediction_deviation(explained, n_bins=5).bins
    assert table["low"].tolist() == ends["low"].tolist() * 2
    assert table.groupby("score")["n_rows"].sum().tolist() == [40, 40]


def test_undefined_rows_are_counted_out(explained):
    explained.data["attribution"][:, :3] = 0.0
    table = score_bins(explained, ["spearman"], n_bins=1, n_bootstrap=5)
    assert table["n_rows"].tolist() == [40]
    assert table["n_defined"].tolist() == [37]


def test_an_output_by_name_or_place(explained):
    named = score_bins(explained, output=explained.outputs[1], n_bootstrap=0)
    pd.testing.assert_frame_equal(score_bins(explained, output=1, n_bootstrap=0), named)
    assert named["value_low"].isna().all()


def test_messages(explained):
    with pytest.raises(InputError, match=r"an output \(no, yes\) or its place, got 7"):
        score_bins(explained, output=7)
    with pytest.raises(InputError, match="n_bootstrap to be a whole number of at least 0"):
        score_bins(explained, n_bootstrap=-1)
    for wrong in ("a", None):
        with pytest.raises(InputError, match="random_state to be a whole number of at least 0"):
            score_bins(explained, random_state=wrong)
    with pytest.raises(InputError, match="Did you mean 'spearman'"):
        score_bins(explained, ["spearmann"])
    with pytest.raises(InputError, match=r"scores of these explanations .* got none"):
        score_bins(explained, [])
