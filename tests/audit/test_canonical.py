import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from xaigeo.audit.answer import Audit
from xaigeo.audit.canonical import content_digest, schema
from xaigeo.audit.runner import audit
from xaigeo.audit.thresholds import thresholds_digest
from xaigeo.errors import StoreError

QUICK = {"settings": {"n_bootstrap": 20}}


MADE = []


@pytest.fixture
def full(everything, evaluation, registered):
    """An audit of all there is; made once, since nothing changes it."""
    if not MADE:
        given = {"evaluation": evaluation, "registration": registered(QUICK)}
        MADE.append(audit(everything, thresholds=QUICK, **given))
    return MADE[0]


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
    path.write_text('{"value": NaN}')
    with pytest.raises(StoreError, match=r"an audit in JSON .*\(NaN is no number in JSON\)"):
        Audit.load(path)
    path.write_text("{}")
    with pytest.raises(StoreError, match=r"an audit of format version 2 .*required property"):
        Audit.load(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda body: finding_of(body, "A2").update(value=0.1), "status of A2"),
        (lambda body: finding_of(body, "M2").update(status="warn"), "status of M2"),
        (lambda body: finding_of(body, "A2")["threshold"].update({"pass": 0.1}), "threshold of A2"),
        (lambda body: body["counts"].update(fail=0, warn=9), "counts"),
        (lambda body: body.update(verdict="fail"), "verdict"),
        (lambda body: finding_of(body, "A2").update(n_rows=3), "status of A2"),
        (lambda body: finding_of(body, "A2").update(at_best="warn"), "status of A2"),
        (lambda body: body["thresholds"]["values"]["A5"].update({"pass": 0.2}), "threshold of A5"),
        (lambda body: body["thresholds"].update(sha256="0" * 64), "thresholds.sha256"),
        (lambda body: body.update(required=["Z9"]), "required item Z9"),
        (lambda body: remove(body, "A2"), "no A2"),
        (lambda body: body["findings"].append(finding_of(body, "P1")), "P1 twice"),
    ],
)
def test_a_new_hash_does_not_hide_a_changed_answer(full, tmp_path, change, words):
    body = full.to_dict()
    change(body)
    body["content_sha256"] = content_digest(body)
    path = tmp_path / "audit.json"
    path.write_text(json.dumps(body))
    with pytest.raises(StoreError, match=rf"that follow from its values .*{words}"):
        Audit.load(path)


EARLIER = Path(__file__).parent / "audit-1.json"


def test_an_audit_of_the_first_version_can_still_be_read(full, tmp_path, everything):
    jsonschema.validate(json.loads(EARLIER.read_text()), schema(1))
    found = Audit.load(EARLIER)
    assert found["A2"].n_rows is None
    assert found.about["thresholds"]["source"] == "not recorded"
    jsonschema.validate(found.to_dict(), schema())
    assert Audit.load(found.save(tmp_path / "again.json")).to_frame().equals(found.to_frame())
    compared = audit(everything, thresholds=QUICK, baseline=EARLIER)["C3"]
    assert compared.value == pytest.approx(0.0, abs=1e-12)
    assert compared.status == "warn"
    assert "the baseline does not record the parameters of kernel_shap" in compared.reason


def test_an_altered_audit_of_the_first_version_is_noticed(tmp_path):
    body = json.loads(EARLIER.read_text())
    finding_of(body, "A2").update(status="fail")
    path = tmp_path / "audit.json"
    path.write_text(json.dumps(body))
    with pytest.raises(StoreError, match="altered contents"):
        Audit.load(path)
    body["content_sha256"] = content_digest(body)
    path.write_text(json.dumps(body))
    with pytest.raises(StoreError, match="status of A2"):
        Audit.load(path)


def remove(body, name):
    """Take an item out so that counts and thresholds fit."""
    gone = finding_of(body, name)
    body["findings"].remove(gone)
    body["counts"][gone["status"]] -= 1
    del body["thresholds"]["values"][name]
    body["thresholds"]["sha256"] = thresholds_digest(body["thresholds"]["values"])


def finding_of(body, name):
    return next(f for f in body["findings"] if f["id"] == name)


def test_an_infinite_value_is_read_again(build, agreeing, rng, tmp_path):
    # What sets the models apart in one repeat is the other way round in the next: all is noise.
    apart = 0.1 * np.arange(6)[:, None, None]
    repeats = [
        build.make_attributions(agreeing[:1] + sign * apart, random_state=state)
        for state, sign in enumerate((1, -1))
    ]
    found = audit(repeats, thresholds=QUICK)
    path = found.save(tmp_path / "audit.json")
    assert Audit.load(path)["F2"].status == found["F2"].status == "fail"
