import numpy as np

from xaigeo.geometry.groups import Groups

PREDICTED = np.array([[0, 1], [0, 0], [2, 1]])
RIVAL = np.array([[1, 0], [1, 1], [1, 2]])


def as_sets(groups):
    return [(place, set(seeds.tolist())) for place, seeds in groups]


def test_seeds_are_grouped_by_instance_and_class():
    assert as_sets(Groups.by(PREDICTED)) == [(0, {0, 1}), (0, {2}), (1, {1}), (1, {0, 2})]


def test_a_second_key_parts_groups_further():
    assert as_sets(Groups.by(PREDICTED, RIVAL)) == [
        (0, {0, 1}), (0, {2}), (1, {1}), (1, {0}), (1, {2}),
    ]  # fmt: skip


def test_every_seed_is_in_one_group_of_each_instance():
    groups = Groups.by(np.random.default_rng(0).integers(0, 4, (9, 5)))
    counts = np.zeros((5, 9), dtype=int)
    for place, seeds in groups:
        counts[place, seeds] += 1
    assert (counts == 1).all()
    assert groups.sizes.sum() == 45


def test_shared_reduce_restrict_and_where():
    groups = Groups.by(PREDICTED)
    assert groups.shared(PREDICTED).tolist() == [0, 2, 0, 1]
    values = np.arange(6.0).reshape(3, 2)
    assert groups.reduce(values, np.mean).tolist() == [1.0, 4.0, 3.0, 3.0]
    kept = groups.restrict(np.array([[True, True], [False, True], [True, False]]))
    assert as_sets(kept) == [(0, {0}), (0, {2}), (1, {1}), (1, {0})]
    assert kept.where(kept.instance == 1).shares.tolist() == [1 / 3, 1 / 3]


def test_reduce_of_no_groups_keeps_its_shape():
    none = Groups.by(PREDICTED).where(np.zeros(4, dtype=bool))
    assert none.reduce(np.zeros((3, 2, 5)), lambda v: v.max(axis=0)).shape == (0, 5)
