"""Small static HTML for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from xaigeo import dims

if TYPE_CHECKING:
    from xaigeo.ensemble.seed_ensemble import SeedEnsemble
    from xaigeo.explanations import Explanation
    from xaigeo.schema import FeatureSchema

MOST_ROWS = 5


def facts_html(title: str, facts: dict[str, object], table: str = "") -> str:
    """Return a heading, a list of facts and a table; facts are escaped, `table` must be HTML."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(str(name))}</th>"
        f"<td style='text-align:left'>{escape(str(value))}</td></tr>"
        for name, value in facts.items()
    )
    return f"<div><strong>{escape(title)}</strong><table>{rows}</table>{table}</div>"


def explanation_html(explanation: Explanation) -> str:
    """Return the facts of an explanation and its first rows."""
    data = explanation.data
    facts: dict[str, object] = {
        "method": explanation.method,
        "seeds": data.sizes[dims.SEED],
        "instances": data.sizes[dims.INSTANCE],
        "features": ", ".join(explanation.features),
        "outputs": ", ".join(explanation.outputs),
        "explainer seed": explanation.provenance.get("random_state", "unknown"),
    }
    if explanation.is_lazy:
        facts["arrays"] = "on disk, read when asked for"
    first = explanation.sel(
        seed=explanation.seeds[:1].tolist(), instance=explanation.instances[:1].tolist()
    )
    table = first.to_frame().head(MOST_ROWS).to_html(index=False, escape=True, border=0)
    return facts_html(type(explanation).__name__, facts, table)


def ensemble_html(ensemble: SeedEnsemble) -> str:
    """Return the facts of an ensemble and its validation scores when it has some."""
    facts: dict[str, object] = {
        "models": f"{ensemble.n_seeds} {ensemble.members.kind}",
        "task": ensemble.task,
        "outputs": ", ".join(ensemble.output_names),
    } | _what_is_read(ensemble.schema)
    scores = (ensemble.record.get("validation") or {}).get("scores", {})
    for name, values in scores.items():
        if name != "seed":
            facts[f"validation {name}"] = f"{min(values):.3f} to {max(values):.3f} over seeds"
    return facts_html(type(ensemble).__name__, facts)


def _what_is_read(schema: FeatureSchema) -> dict[str, object]:
    from xaigeo.text.schema import TextSchema
    from xaigeo.text.vocabulary_size import vocabulary_size

    if isinstance(schema, TextSchema):
        return {
            "tokens": vocabulary_size(schema.tokenizer),
            "most tokens of a text": schema.max_tokens,
        }
    return {"features": ", ".join(feature.label for feature in schema.features)}
