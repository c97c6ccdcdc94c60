import json

import jsonschema
import numpy as np
import pytest

from xaigeo.audit.answer import Audit
from xaigeo.audit.canonical import content_digest, schema
from xaigeo.audit.runner import audit
from xaigeo.errors import StoreError

QUICK = {"settings": {"n_bootstrap": 20}}


@pytest.fixture
def full(everything, evaluation, registered):
    return audit(
        everything, evaluation=evaluation, registration=registered(QUICK), thresholds=QUICK
    )


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema())


def test_audits_fit_the_schema(full, build):
    jsonschema.validate(full.to_dict(), schema())
    poor = audit(build.make_attributions(np.zeros((1, 1, 1))), thresholds=QUICK)
    jsonschema.validate(poor.to_dict(), schema())


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.pop("created_at"),
        lambda body: body.update(more=1),
        lambda body: body["findings"][0].update(status="ok"),
        lambda body: body["findings"][0].update(value=None),
        lambda body: body["findings"][0]["threshold"].pop("pass"),
        lambda body: body["explanations"].clear(),
    ],
)
def test_the_schema_refuses_what_is_no_audit(full, change):
    body = full.to_dict()
    change(body)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, schema())


def test_round_trip(full, tmp_path):
    path = full.save(tmp_path / "audit.json")
    again = Audit.load(path)
    assert again.to_dict() == full.to_dict()
    assert again.verdict == full.verdict
    assert again.to_frame().equals(full.to_frame())


def test_no_nan_is_written(full, tmp_path):
    text = full.save(tmp_path / "audit.json").read_text()
    assert "NaN" not in text
    assert "Infinity" not in text


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body["findings"][0].update(value=7.0),
        lambda body: body["findings"][0].update(status="warn"),
        lambda body: body.update(created_at="2020-01-01T00:00:00+00:00"),
        lambda body: body["thresholds"]["values"]["A1"].update({"pass": 0.1}),
    ],
)
def test_altered_numbers_are_noticed(full, tmp_path, change):
    path = full.save(tmp_path / "audit.json")
    body = json.loads(path.read_text())
    change(body)
    path.write_text(json.dumps(body))
    with pytest.raises(StoreError, match=r"as it was written \(SHA-256 .*\), got altered contents"):
        Audit.load(path)


def test_layout_does_not_matter(full, tmp_path):
    path = full.save(tmp_path / "audit.json")
    body = json.loads(path.read_text())
    path.write_text(json.dumps(dict(reversed(body.items()))))
    assert Audit.load(path).to_dict() == full.to_dict()
    assert content_digest(body) == body["content_sha256"]


def test_other_files_raise(tmp_path):
    with pytest.raises(StoreError, match=r"a readable audit at .*none\.json, got No such file"):
        Audit.load(tmp_path / "none.json")
    path = tmp_path / "a.json"
    path.write_text("{")
    with pytest.raises(StoreError, match=r"an audit in JSON at .*a\.json, got something else"):
        Audit.load(path)
    path.write_text("{}")
    with pytest.raises(StoreError, match=r"an audit of format version 1 .*required property"):
        Audit.load(path)
