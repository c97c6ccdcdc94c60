import base64
import hashlib
import json

import pytest

from xaigeo.viz.escaping import csp_hash, script_json, script_source

NASTY = "</script><script>window.hacked=1</script><!-- & \u2028\u2029"


def test_json_cannot_leave_its_element_and_comes_back_whole():
    text = script_json({NASTY: [NASTY]})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {NASTY: [NASTY]}


def test_json_refuses_what_is_no_json():
    with pytest.raises(ValueError, match="Out of range float values"):
        script_json({"x": float("nan")})


@pytest.mark.parametrize("code", ["a = '</SCRIPT>'", "a <!-- b", "a\r\nb"])
def test_source_that_html_would_change_is_refused(code):
    with pytest.raises(ValueError, match="HTML would not leave alone"):
        script_source(code)


def test_hash_is_that_of_the_standard():
    wanted = base64.b64encode(hashlib.sha256(b"let a = 1;").digest()).decode()
    assert csp_hash("let a = 1;") == f"'sha256-{wanted}'"
