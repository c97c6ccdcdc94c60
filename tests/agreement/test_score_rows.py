import numpy as np
import pytest

from xaigeo.agreement.per_instance import per_instance
from xaigeo.agreement.score_rows import null_rows, score_rows
from xaigeo.agreement.summary import summary
from xaigeo.errors import InputError


@pytest.mark.parametrize("name", ["feature_agreement", "kendall_w", "jaccard_distance"])
def test_values_and_chance_are_those_of_the_tables(build, distinct, name):
    explanation = build.make_attributions(distinct)
    made = score_rows(explanation, name)
    known = per_instance(explanation)
    np.testing.assert_allclose(made.frame["value"], known[name])
    row = summary(explanation, n_bootstrap=1).set_index("score").loc[name]
    assert made.null == pytest.approx(row["null"])
    better = 1 if row["higher_is_better"] else -1
    worse = [better * value < better * row["null"] - 1e-9 for value in known[name]]
    assert made.frame["worse"].tolist() == worse
    assert made.n_worse == sum(worse)
    assert made.n_defined == 7


def test_a_row_at_chance_is_not_worse(build):
    # Of three features the top 2 of the two seeds share one, of which chance gives 4/3.
    values = np.array([[3.0, 2.0, 1.0, 0.0], [3.0, 0.0, 1.0, 2.0]])[:, None]
    made = score_rows(build.make_attributions(values), k=2)
    assert made.frame["value"].tolist() == [made.null] == [0.5]
    assert made.n_worse == 0


def test_a_score_that_knows_chance_by_row_uses_it(build, rng):
    cross = np.stack([rng.uniform(0.2, 1, (4, 5)) for _ in range(4)])
    explanation = build.make_anchors(np.full((4, 5, 3), 0.2), np.ones((4, 5, 3)), cross=cross)
    made = score_rows(explanation, "cross_precision")
    assert made.frame["null"].mean() == pytest.approx(made.null)
    assert (made.frame["worse"] == (made.frame["value"] < made.frame["null"] - 1e-9)).all()
    assert score_rows(explanation).score.name == "mass_iou"


def test_undefined_rows_are_not_counted(build, distinct):
    values = distinct.copy()
    values[:, 2] = 0.0
    made = score_rows(build.make_attributions(values), "stability")
    assert made.n_defined == 6
    assert not made.frame["worse"][2]


def test_messages(build, distinct):
    explanation = build.make_attributions(distinct)
    with pytest.raises(InputError, match=r"with a chance level \(feature_agreement.*Did you mean"):
        score_rows(explanation, "feature_agrement")
    with pytest.raises(InputError, match="got 'churn'"):
        score_rows(explanation, "churn")
    with pytest.raises(InputError, match="at least two seeds"):
        score_rows(build.make_attributions(distinct[:1]))


def test_null_rows_are_those_of_each_score(build):
    values = np.random.default_rng(0).normal(size=(4, 6, 5))
    explanation = build.make_attributions(values)
    found = null_rows(explanation)
    assert found.index.tolist() == explanation.instances.tolist()
    assert "feature_agreement" not in found  # of a table it is one for all rows
    for name in found:
        wanted = score_rows(explanation, name).frame["null"].to_numpy()
        np.testing.assert_array_equal(found[name].to_numpy(), wanted)
