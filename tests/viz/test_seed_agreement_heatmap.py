import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.viz import seed_agreement_heatmap
from xaigeo.viz.seed_agreement_heatmap import agreement_matrix, alike_order


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
    assert title == f"Two seeds share {mean:.0%} of their top {k} features on average"


def test_rules_are_refused(study):
    with pytest.raises(InputError, match="Attributions for a heat map of seeds"):
        seed_agreement_heatmap(study.by_method["anchors"])
