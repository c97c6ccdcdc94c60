import numpy as np

from xaigeo.agreement.difference_columns import as_size


def test_no_alpha_is_the_largest_size():
    assert as_size(np.array([0.2, np.nan])).tolist() == [0.2, 1.0]
