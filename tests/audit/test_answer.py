import pandas as pd
import pytest

from xaigeo.audit.answer import Audit
from xaigeo.audit.runner import audit
from xaigeo.audit.thresholds import read_thresholds
from xaigeo.errors import InputError
from xaigeo.store import digest

QUICK = {"settings": {"n_bootstrap": 20}}
# Thresholds that nothing can fail, and that nothing can pass without a warning.
LENIENT = QUICK | {"A2": {"pass": -1, "warn": -1}}
STRICT = LENIENT | {"P1": {"pass": 100, "warn": 1}}
IMPOSSIBLE = LENIENT | {"P1": {"pass": 100, "warn": 100}}


@pytest.fixture
def answer(build, agreeing):
    def make(thresholds=LENIENT, **changes):
        explanation = build.make_attributions(agreeing, additive=True)
        return audit(explanation, thresholds=thresholds, stored=[digest(explanation)], **changes)

    return make


@pytest.mark.parametrize(
    ("thresholds", "changes", "verdict", "code", "code_on_warn"),
    [
        (LENIENT, {}, "pass", 0, 0),
        (STRICT, {}, "warn", 0, 3),
        (IMPOSSIBLE, {}, "fail", 1, 1),
        (LENIENT, {"required": ["A8"]}, "not_evaluated", 4, 4),
        (IMPOSSIBLE, {"required": ["A8"]}, "fail", 1, 1),
        (STRICT, {"required": ["A1"]}, "warn", 0, 3),
    ],
)
def test_verdict_and_exit_codes(answer, thresholds, changes, verdict, code, code_on_warn):
    found = answer(thresholds, **changes)
    assert found.verdict == verdict
    assert found.exit_code() == code
    assert found.exit_code(fail_on="warn") == code_on_warn


def test_nothing_evaluated_is_no_pass():
    empty = Audit(findings=(), required=(), created_at="2030-01-01T00:00:00+00:00", about={})
    assert empty.verdict == "not_evaluated"
    assert empty.exit_code() == 4


def test_texts(answer):
    found = answer(required=["A8"])
    assert found.unanswered == ["A8"]
    assert "required but not evaluated: A8." in found.verdict_text
    assert repr(found).startswith("Audit(The audit could not be completed: ")


def test_a_required_item_of_too_few_rows_is_not_answered(build, agreeing):
    nine = build.make_attributions(agreeing[:, :9], additive=True)
    found = audit(nine, thresholds=LENIENT, required=["P1", "A2", "A8", "F1"])
    assert found["F1"].status == "warn"
    assert (found.unanswered, found.too_few) == (["A2", "A8", "F1"], ["A2", "F1"])
    assert (found.verdict, found.exit_code()) == ("not_evaluated", 4)
    assert found.verdict_text.endswith(
        "; required but not evaluated: A8; required but of too few rows: A2 (9 rows of at least "
        "10), F1 (9 rows of at least 10)."
    )
    assert audit(nine, thresholds=LENIENT).exit_code() == 0  # nothing was required


def test_frame(answer):
    frame = answer().to_frame()
    assert len(frame) == 29
    assert frame.columns.tolist()[:4] == ["id", "status", "question", "value"]
    assert pd.api.types.is_float_dtype(frame["value"])
    row = frame.set_index("id").loc["A1"]
    assert (row["pass"], row["warn"], row["better"]) == (0.75, 0.5, "higher")


def test_item_by_id(answer):
    assert answer()["A1"].id == "A1"
    with pytest.raises(InputError, match=r"an item of the audit \(P1, .*\), got 'Z1'"):
        answer()["Z1"]


def test_required_items_are_known(answer):
    with pytest.raises(InputError, match=r"required items among P1, .*, got 'B1', 'B2'"):
        answer(required=["B1", "A1", "B2"])


def test_fail_on_is_checked(answer):
    with pytest.raises(InputError, match="fail_on to be one of 'fail', 'warn', got 'warning'"):
        answer().exit_code(fail_on="warning")


def test_save_follows_the_suffix(answer, tmp_path):
    found = answer()
    for name, start in (("a.json", "{"), ("b.xml", "<?xml"), ("c/d.md", "## Explanation audit")):
        assert found.save(tmp_path / name).read_text(encoding="utf-8").startswith(start)
    with pytest.raises(InputError, match=r"a path that ends in \.json, \.xml \(JUnit\) or \.md"):
        found.save(tmp_path / "a.txt")


def test_html_is_static_and_escaped(build, agreeing):
    explanation = build.make_attributions(agreeing, method="<script>alert(1)</script>")
    html = audit(explanation, thresholds=read_thresholds(QUICK))._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_an_audit_without_agreement_is_not_evaluated(build, agreeing):
    found = audit(
        build.make_anchors(*[agreeing - side for side in (99.0, -99.0)]), thresholds=QUICK
    )
    assert found["P1"].status == "pass"
    assert found.verdict == "not_evaluated"
    assert found.exit_code() == 4
    assert "no item on agreement (A1-A9) was answered" in found.verdict_text
