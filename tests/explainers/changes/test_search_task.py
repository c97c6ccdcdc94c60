from __future__ import annotations

import numpy as np


def test_points_within_change_no_more_columns_than_they_may(make_search_task, species, birds):
    task = make_search_task(species, birds.iloc[:3], birds, max_changed=2)
    assert task.shape == (3, 3)
    points = task.rows[:, None] + np.triu(np.ones((7, 6)))[None]
    assert task.within(points, task.rows[:, None])[0].tolist() == [False] * 4 + [True] * 3
    free = make_search_task(species, birds.iloc[:3], birds)
    assert free.within(points, task.rows[:, None]).all()
