import numpy as np

from xaigeo.explanations.majority import majority


def test_ties_go_to_the_larger_mean_output():
    outputs = np.array([[[0.9, 0.1]], [[0.4, 0.6]]])
    assert majority(outputs).tolist() == [0]
    assert majority(outputs[1:]).tolist() == [1]
    assert majority(outputs[:, :, ::-1]).tolist() == [1]


def test_votes_count_not_confidence():
    outputs = np.array([[[1.0, 0.0]], [[0.4, 0.6]], [[0.4, 0.6]]])
    assert majority(outputs).tolist() == [1]


def test_equals_a_loop():
    outputs = np.random.default_rng(0).random((4, 50, 3))
    for row, got in enumerate(majority(outputs)):
        votes = [sum(outputs[s, row].argmax() == k for s in range(4)) for k in range(3)]
        best = max(range(3), key=lambda k: (votes[k], outputs[:, row, k].mean()))
        assert got == best
