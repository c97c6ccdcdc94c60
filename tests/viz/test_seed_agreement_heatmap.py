from dataclasses import replace

import numpy as np
import pytest
import vl_convert

from xaigeo.agreement.score import SCORES
from xaigeo.agreement.seed_matrix import SeedMatrix, seed_matrix
from xaigeo.errors import InputError
from xaigeo.viz import seed_agreement_heatmap
from xaigeo.viz.seed_agreement_heatmap import agreement_matrix, alike_order, heatmap_finding


def test_matrix_against_a_loop(study):
    shap = study.by_method["kernel_shap"]
    matrix, k = agreement_matrix(shap, k=2)
    output = [int(np.bincount(column).argmax()) for column in shap.predicted.T]
    values = shap.array("attribution")
    for a in range(len(shap.seeds)):
        for b in range(len(shap.seeds)):
            shared = []
            for i, o in enumerate(output):
                tops = [set(np.argsort(-np.abs(values[s, i, :, o]))[:k]) for s in (a, b)]
                shared.append(len(tops[0] & tops[1]) / k)
            assert matrix[a, b] == pytest.approx(np.mean(shared))


def test_every_pair_is_a_cell(study, make):
    spec = seed_agreement_heatmap(study.by_method["lime"]).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    pairs = {(row["seed"], row["other_seed"]) for row in tables["cells"]}
    assert len(pairs) == len(tables["cells"]) == len(study.by_method["lime"].seeds) ** 2


def test_seeds_alike_stand_side_by_side():
    matrix = np.full((4, 4), 0.1)
    matrix[np.ix_([0, 2], [0, 2])] = matrix[np.ix_([1, 3], [1, 3])] = 1.0
    order = alike_order(matrix).tolist()
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 2}), frozenset({1, 3})}


def test_title_gives_the_mean_over_pairs(study):
    matrix, k = agreement_matrix(study.by_method["lime"])
    mean = matrix[~np.eye(len(matrix), dtype=bool)].mean()
    title = seed_agreement_heatmap(study.by_method["lime"]).to_dict()["title"]["text"]
    assert " ".join(title) == f"Two seeds share {mean:.0%} of their top {k} features on average"


def test_rules_have_no_matrix_of_shared_features(study):
    with pytest.raises(InputError, match=r"matrix of shared features, got Anchors \(anchors\)"):
        agreement_matrix(study.by_method["anchors"])


@pytest.mark.parametrize(
    ("method", "score", "said"),
    [
        ("kernel_shap", "spearman", "The rank correlation of two seeds is "),
        ("kernel_shap", "mean_cosine", "The cosine between the attributions of two seeds is "),
        ("lime", "pairwise_rank_agreement", "Two seeds order "),
        ("lime", "signed_rank_agreement", "of their first 3 places to the same feature with "),
        ("anchors", None, "Of the rows that the rules of two seeds cover, "),
        ("anchors", "volume_iou", "Of the space that the rules of two seeds fill, "),
        ("anchors", "cross_precision", "A seed's rule holds for "),
        ("counterfactuals", None, "of a seed's counterfactuals carry over to another seed's "),
        ("counterfactuals", "delta_cosine", "The cosine between the changes of two seeds is "),
        ("counterfactuals", "shared_changes", "Of the features that two seeds change, "),
    ],
)
def test_other_scores(study, make, method, score, said):
    explanation = study.by_method[method]
    matrix = seed_matrix(explanation, score)
    spec = seed_agreement_heatmap(explanation, score=score, width=280).to_dict()
    tables = make.tables_of(spec)
    make.check_fields(spec, tables)
    title = " ".join(spec["title"]["text"])
    assert said in title
    mean = matrix.pairs.mean()
    assert (f"{mean:.0%}" if "%" in title else f"{mean:.2f}") in title
    drawn = {(row["seed"], row["other_seed"]): row["agreement"] for row in tables["cells"]}
    for a, b in ((0, 1), (3, 2)):
        assert drawn[str(a), str(b)] == pytest.approx(matrix.values[a, b], rel=1e-3)
    subtitle = " ".join(spec["title"]["subtitle"])
    assert ("Column: whose model is asked." in subtitle) == matrix.directed
    svg = vl_convert.vegalite_to_svg(spec)
    assert svg.startswith("<svg")


def test_pairs_that_cannot_be_compared_are_grey(study, make):
    explanation = study.by_method["counterfactuals"]
    valid = explanation.array("valid").copy()
    valid[1] = False
    data = explanation.data.assign(valid=(explanation.data["valid"].dims, valid))
    spec = seed_agreement_heatmap(replace(explanation, data=data), score="delta_cosine").to_dict()
    make.check_fields(spec, make.tables_of(spec))
    assert "Grey: undefined." in " ".join(spec["title"]["subtitle"])
    missing = [row for row in make.tables_of(spec)["cells"] if row["agreement"] is None]
    assert {"1"} < {row["seed"] for row in missing} | {row["other_seed"] for row in missing}
    assert len(missing) == 2 * len(explanation.seeds) - 1


def test_nothing_to_compare_is_said():
    values = np.full((2, 2), np.nan)
    matrix = SeedMatrix(
        values=values,
        seeds=np.arange(2),
        score=SCORES.get("delta_cosine"),
        k=None,
        null=float("nan"),
        directed=False,
    )
    assert heatmap_finding(matrix).startswith("Two seeds cannot be compared here: cosine of ch")


def test_an_unknown_score(study):
    with pytest.raises(InputError, match="Did you mean 'spearman'"):
        seed_agreement_heatmap(study.by_method["lime"], score="spearmann")
