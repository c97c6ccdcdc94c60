from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import xaigeo as xg
from xaigeo.checks import Check
from xaigeo.checks.check import SHAPES
from xaigeo.errors import InputError
from xaigeo.viz import report

LIMIT = 3_000_000


def test_twenty_seeds_and_a_hundred_rows_stay_small(make, study, tmp_path):
    model = make.linear_seeds(study.data.X, study.data.y, n_seeds=20)
    given = make.all_methods(model, study.data.X.iloc[:300:3], study.data.X.iloc[::2])
    path = report(given, tmp_path / "large.html", views=[make.view])
    assert path.stat().st_size < LIMIT


def test_explanations_of_other_columns_are_refused_before_anything_is_drawn(study, make, tmp_path):
    fewer = study.data.X.iloc[:, :3]
    model = make.linear_seeds(fewer, study.data.y)
    X, background = fewer.loc[study.X.index], fewer.loc[study.background.index]
    other = make.attributions(model, X, background, "lime")
    with pytest.raises(InputError, match="explanations of one ensemble, with the same features"):
        report([study.by_method["kernel_shap"], other], tmp_path / "r.html")


def test_errors(study, make, tmp_path):
    path = tmp_path / "r.html"
    for stranger, said in (([], "none"), (["lime"], "str"), ("lime", "str"), (None, "NoneType")):
        with pytest.raises(InputError, match=rf"one or more explanations \(.*, got {said}"):
            report(stranger, path)
    shap = study.by_method["kernel_shap"]
    for name, value, said in (
        ("evaluation", shap, "an Evaluation, from .* got Attributions"),
        ("audit", "yes", "an Audit, from .* got str"),
        ("title", 3, "plain text, got int"),
        ("notes", ["a"], "plain text, got list"),
    ):
        with pytest.raises(InputError, match=f"Expected {name} to be {said}"):
            report(shap, path, **{name: value})
    with pytest.raises(InputError, match="path to be the path of an HTML file, got NoneType"):
        report(shap, None)
    for views in (make.view, 3, "pca", [None]):
        with pytest.raises(InputError, match="views to be a list of pairs of numeric columns"):
            report(shap, path, views=views)
    other = make.linear_seeds(study.data.X, study.data.y, n_seeds=3)
    evaluation = make.evaluation_of(other, study.data.X, study.data.y)
    with pytest.raises(InputError, match=r"an evaluation of the explained seeds .*\[0, 1, 2\]"):
        report(study.explanations, path, evaluation=evaluation)
    three = make.attributions(other, study.X, study.background, "kernel_shap")
    with pytest.raises(InputError, match="audit"):
        report(study.explanations, path, audit=xg.audit(three))
    with pytest.raises(InputError, match="got the folder"):
        report(shap, tmp_path)
    with pytest.raises(InputError, match="a view of two numeric columns"):
        report(study.explanations, path, views=[("island", "sex")])
    assert not path.exists()


def _check(kind, explanation):
    """A check with numbers at random, of the models that were explained."""
    sizes = {"seed": len(explanation.seeds), "instance": len(explanation.instances)}
    sizes |= {"step": 4, "draw": 3, "layer": 3}
    rng = np.random.default_rng(0)
    arrays = {n: (d, rng.random([sizes[one] for one in d])) for n, d in SHAPES[kind].items()}
    coordinates = {
        "seed": explanation.seeds,
        "instance": explanation.instances,
        "step": np.linspace(0, 1, 4),
        "layer": ["2", "0", "all"],
    }
    used = {one for d in SHAPES[kind].values() for one in d}
    return Check(
        kind=kind,
        method=explanation.method,
        data=xr.Dataset(arrays, coords={n: v for n, v in coordinates.items() if n in used}),
        seeds=explanation.seeds,
        provenance={"ensemble": explanation.provenance["ensemble"], "parameters": {}},
    )


def test_checks_are_drawn_beside_the_reasons(study, written, tmp_path):
    found = next(e for e in study.explanations if e.method == "kernel_shap")
    checks = [_check(kind, found) for kind in ("deletion", "insertion", "randomisation")]
    text = report(found, tmp_path / "with.html", checks=checks).read_text()
    assert "Do the reasons describe the models?" in text
    for kind in ("deletion", "insertion", "randomisation"):
        assert f'id="picture-{kind}"' in text
    assert "Do the reasons describe the models?" not in written.read_text()  # without checks
    with pytest.raises(InputError, match=r"checks to be made by xaigeo\.faithfulness, got str"):
        report(found, tmp_path / "with.html", checks=["deletion"])
    other = replace(checks[0], method="lime")
    with pytest.raises(InputError, match=r"explanations that were passed \(kernel_shap\)"):
        report(found, tmp_path / "with.html", checks=other)
    with pytest.raises(InputError, match="one check of each kind and method"):
        report(found, tmp_path / "with.html", checks=[checks[0], replace(checks[0])])
