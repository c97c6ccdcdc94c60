"""A run that was changed afterwards, in one number or as a whole, is noticed."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest

from xaigeo import cli
from xaigeo.audit import audit
from xaigeo.audit.canonical import content_digest
from xaigeo.runs import RunFolder


def a_number_in_a_chunk(folder, _):
    arrays = folder / "explanations" / "lime" / "arrays.zarr" / "attribution"
    chunk = max((p for p in arrays.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    raw = bytearray(chunk.read_bytes())
    raw[len(raw) // 2] ^= 1
    chunk.write_bytes(bytes(raw))


def one_attribution(folder, _):
    """Change a number through zarr itself, so that the chunk can be read."""
    import zarr

    array = zarr.open_group(str(folder / "explanations/kernel_shap/arrays.zarr"), mode="a")[
        "attribution"
    ]
    array[0, 0, 0, 0] = array[0, 0, 0, 0] * 1.5


def rows_of_the_evaluation(folder, _):
    path = folder / "evaluation.npz"
    with np.load(path) as held:
        arrays = dict(held)
    arrays["labels"] = arrays["labels"][::-1]
    np.savez_compressed(path, **arrays)


def an_explanation_of_another_run(folder, other):
    shutil.rmtree(folder / "explanations/lime")
    shutil.copytree(other / "explanations/lime", folder / "explanations/lime")


def an_explanation_added(folder, _):
    shutil.copytree(folder / "explanations/lime", folder / "explanations/lime.again")


def thresholds_in_the_manifest(folder, _):
    lower = {"A1": {"pass": 0}}
    edit(folder / "manifest.json", lambda body: body["config"].update(thresholds=lower))


def the_date_of_registration(folder, _):
    edit(
        folder / "manifest.json",
        lambda body: body["registration"].update(registered_at="2020-01-01T00:00:00+00:00"),
    )


def a_check(folder, _):
    path = sorted((folder / "checks").glob("*.npz"))[0]
    with np.load(path) as held:
        arrays = dict(held)
    name = next(n for n in arrays if n.startswith("array."))
    arrays[name] = np.asarray(arrays[name], dtype=float) * 0.5
    np.savez_compressed(path, **arrays)


def a_check_removed(folder, _):
    sorted((folder / "checks").glob("*.npz"))[0].unlink()


def an_explanation_removed(folder, _):
    shutil.rmtree(folder / "explanations" / "lime")


def an_explanation_renamed(folder, _):
    (folder / "explanations" / "lime").rename(folder / "explanations" / "other")


OF_THE_RUN = {
    a_number_in_a_chunk: "lime",
    one_attribution: "kernel_shap.* altered",
    rows_of_the_evaluation: r"evaluation\.npz as the run wrote it",
    an_explanation_of_another_run: "lime as the run wrote it",
    an_explanation_added: r"also lime\.again\. Remove what was added, or run the job again\.",
    an_explanation_removed: r"none of lime\. Put back what is missing, or run the job again\.",
    an_explanation_renamed: r"none of lime and also other\. Put back what is missing and remove",
    thresholds_in_the_manifest: r"manifest\.json as the run wrote it",
    the_date_of_registration: r"manifest\.json as the run wrote it",
    a_check: r"\.npz as the run wrote it",
    a_check_removed: "exactly the checks in .* that the manifest lists, got none of",
}


def edit(path, change):
    body = json.loads(path.read_text())
    change(body)
    path.write_text(json.dumps(body))
    return body


@pytest.fixture
def copy(finished_run, tmp_path):
    return shutil.copytree(finished_run.path, tmp_path / "copy")


@pytest.fixture(scope="module")
def other_run(finished_run, tmp_path_factory):
    """The stores of another run: the same method of other rows."""
    folder = tmp_path_factory.mktemp("other")
    lime = RunFolder(finished_run.path).load()[0]["lime"]
    lime.sel(instance=lime.instances[:3]).save(folder / "explanations" / "lime")
    return folder


@pytest.mark.parametrize("tamper", OF_THE_RUN, ids=lambda call: call.__name__)
def test_a_changed_run_is_neither_audited_nor_reported(copy, other_run, tamper, capsys):
    tamper(copy, other_run)
    for command in ("audit", "report"):
        before = (copy / "audit.json").read_bytes()
        assert cli.main([command, str(copy)]) == cli.USAGE
        told = " ".join(capsys.readouterr().err.split())
        assert re.search(OF_THE_RUN[tamper], told), told
        assert (copy / "audit.json").read_bytes() == before


def finding(body, name):
    return next(one for one in body["findings"] if one["id"] == name)


@pytest.mark.parametrize(
    "change",
    [
        lambda body: finding(body, "P1").update(value=20.0),
        lambda body: finding(body, "P1")["threshold"].update({"pass": 2.0}),
        lambda body: finding(body, "P1").update(status="pass"),
        lambda body: body.update(verdict="pass"),
        lambda body: body["explanations"].pop(),
    ],
    ids=["value", "threshold", "status", "verdict", "explanations"],
)
@pytest.mark.parametrize("rehash", [False, True])
def test_a_changed_audit_is_not_reported(copy, change, rehash, capsys):
    body = edit(copy / "audit.json", change)
    if rehash:
        body["content_sha256"] = content_digest(body)
        (copy / "audit.json").write_text(json.dumps(body))
    assert cli.main(["report", str(copy)]) == cli.USAGE
    told = capsys.readouterr().err
    assert (
        "altered contents" in told
        or "that follow from its values" in told
        or ("one of other explanations" in told)
    )


def audited_in_part(copy):
    """The audit as Python makes it of the run's results, with something left out."""
    folder = RunFolder(copy)
    manifest = folder.manifest()
    explanations, evaluation = folder.load()
    started = {"started_at": manifest["started_at"]}

    def make(**left_out):
        given = {
            "evaluation": evaluation,
            "checks": list(folder.checks().values()),
            "registration": manifest["registration"] | started,
        }
        audit(list(explanations.values()), **(given | left_out)).save(folder.audit)

    return make


def test_an_audit_without_the_runs_predictions_is_not_reported(copy, capsys):
    audited_in_part(copy)(evaluation=None)
    assert cli.main(["report", str(copy)]) == cli.USAGE
    assert "one of other predictions" in capsys.readouterr().err


def test_an_audit_that_asks_less_than_the_run_is_not_reported(copy, capsys):
    told = json.loads((copy / "manifest.json").read_text())
    told["config"]["audit"]["required"] = ["C3"]
    RunFolder(copy).write_manifest(told, list(told["explanations"]), list(told["checks"]))
    assert cli.main(["report", str(copy)]) == cli.USAGE
    assert "one of other required items" in capsys.readouterr().err
    assert cli.main(["audit", str(copy)]) in (1, 4)
    assert cli.main(["report", str(copy)]) == 0


def test_an_item_taken_out_of_the_audit_is_missed(copy, capsys):
    body = json.loads((copy / "audit.json").read_text())
    gone = finding(body, "P1")
    body["findings"].remove(gone)
    body["counts"][gone["status"]] -= 1
    body["content_sha256"] = content_digest(body)
    (copy / "audit.json").write_text(json.dumps(body))
    assert cli.main(["report", str(copy)]) == cli.USAGE
    assert "others (no P1)" in capsys.readouterr().err


def manifest_without_a_section(path):
    told = json.loads(path.read_text())
    del told["config"]["audit"]
    RunFolder(path.parent).write_manifest(told, list(told["explanations"]), list(told["checks"]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: path.write_text("[]"), "a finished run in"),
        (lambda path: path.write_text('{"format": 1, "config": 3}'), "a finished run in"),
        (manifest_without_a_section, r"a whole manifest in .* got one without config\.audit"),
    ],
)
def test_a_manifest_that_is_none_is_told(copy, change, words, capsys):
    change(copy / "manifest.json")
    for command in ("audit", "report"):
        assert cli.main([command, str(copy)]) == cli.USAGE
        assert re.search(words, " ".join(capsys.readouterr().err.split()))


def test_auditing_again_uses_nothing_of_a_changed_audit(copy, capsys):
    honest = json.loads((copy / "audit.json").read_text())
    edit(copy / "audit.json", lambda body: finding(body, "P1").update(value=20.0))
    cli.main(["audit", str(copy)])
    assert json.loads((copy / "audit.json").read_text())["findings"] == honest["findings"]


def test_a_changed_baseline_is_refused(copy, tmp_path, capsys):
    path = tmp_path / "old.json"
    shutil.copy(copy / "audit.json", path)
    edit(path, lambda body: finding(body, "A2").update(value=0.0))
    assert cli.main(["audit", str(copy), "--baseline", str(path)]) == cli.USAGE
    assert "altered contents" in capsys.readouterr().err
