"""Rows of tokens that are passed as texts come back as they are."""

import numpy as np
import pytest

import xaigeo as xg
from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.faithfulness.call import Call
from xaigeo.faithfulness.coded_texts import coded_texts, reading_codes
from xaigeo.faithfulness.subject import Subject


@pytest.mark.parametrize("marked", [False, True])
def test_rows_are_read_as_they_are(marked):
    ensemble = linear_text_ensemble(marked=marked)
    rows = ensemble.schema.encode([*TEXTS, "unheard of"])
    coded = reading_codes(ensemble)
    np.testing.assert_array_equal(coded.schema.encode(coded_texts(rows)), rows)
    np.testing.assert_array_equal(coded.outputs(coded_texts(rows)), ensemble.outputs_encoded(rows))
    assert coded.schema.special(rows).tolist() == ensemble.schema.special(rows).tolist()


@pytest.mark.parametrize("method", ["lime", "attention", "smooth_grad"])
def test_a_call_gives_the_explanation_again(method):
    ensemble = linear_text_ensemble()
    texts = ["good unheard film", *TEXTS]
    found = xg.explain(ensemble, texts, method=method, random_state=3)
    call = Call.of(Subject.of(found, ensemble), n_jobs=None, max_memory=2**24)
    np.testing.assert_array_equal(call.again(), call.values)
    np.testing.assert_array_equal(
        call.again(found.array("input")[[2]], places=call.subject.places[[2]]),
        call.values[:, [2]],
    )
