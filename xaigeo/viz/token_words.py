"""What the words of a text say over the seeds: a finding, and how the picture is read."""

from __future__ import annotations

from collections import Counter

import numpy as np

from xaigeo.viz.method_words import method_title
from xaigeo.viz.number_text import all_seeds, counted, number_text, range_text
from xaigeo.viz.text_fit import middle
from xaigeo.viz.token_flow import word_parts
from xaigeo.viz.token_rows import TokenRows

# Letters of a word that a sentence quotes; words that it lists.
LETTERS, LISTED = 24, 4


def token_finding(rows: TokenRows) -> str:
    """Return whether the seeds that answer alike name the same words, without full stop."""
    if rows.role == "attributions":
        return f"{_answering(rows)}{_leading(rows)}"
    return _chosen(rows)


def token_notes(rows: TokenRows) -> list[str]:
    """Return how the picture is read, in sentences."""
    return [
        note
        for note in (
            _method(rows),
            _colours(rows),
            _consensus(rows),
            _number(rows),
            _marks(rows),
            _stretch(rows),
            _unread(rows),
        )
        if note
    ]


def _answering(rows: TokenRows) -> str:
    """Return what the seeds answer, the head of a sentence."""
    n, total = int(rows.spread.alike.sum()), len(rows.explanation.seeds)
    if rows.classes:
        answer = f"“{rows.explanation.outputs[rows.spread.answer]}”"
        if total == 1:
            return f"Seed {rows.explanation.seeds[0]} answers {answer}"
        if n == 1:
            return f"No two seeds answer alike; seed {_first(rows)} says {answer}"
        who = all_seeds(n).capitalize() if n == total else f"{n} of {total} seeds"
        return f"{who} answer {answer}"
    predicted = rows.explanation.array("prediction")[:, rows.place, rows.spread.output]
    reach = range_text(*(number_text(v) for v in (predicted.min(), predicted.max())))
    who = f"Seed {rows.explanation.seeds[0]} predicts" if total == 1 else f"{total} seeds predict"
    return f"{who} {reach}"


def _first(rows: TokenRows) -> str:
    return str(rows.explanation.seeds[int(np.flatnonzero(rows.spread.alike)[0])])


def _leading(rows: TokenRows) -> str:
    """Return which words lead in the seeds that answer alike, the end of a sentence."""
    leading = rows.spread.leading[rows.spread.alike]
    words = _written(rows)
    counts = Counter(words[int(k)] for k in leading if k >= 0)
    if not counts:
        return ", and no word counts"
    word, most = counts.most_common(1)[0]
    if len(leading) == 1:
        return f": {_quoted(word)} counts most{_against(rows)}"
    if len(counts) == 1:
        return f", and {_quoted(word)} leads in {_of(most, len(leading))}"
    if most == 1:
        return f", but another word leads in each{_of_those(len(leading), len(counts))}"
    return f", but {len(counts)} different words lead: {_quoted(word)} in {most}"


def _against(rows: TokenRows) -> str:
    """Return that the leading word of the one seed speaks against what is explained, if so."""
    seed = int(np.flatnonzero(rows.spread.alike)[0])
    if not rows.signed or rows.spread.values[seed, rows.spread.leading[seed]] >= 0:
        return ""
    output = rows.explanation.outputs[rows.spread.output]
    # Only a plain gradient has the parameter `absolute`; it speaks neither for nor against.
    plain = "absolute" in rows.explanation.provenance["parameters"]
    return f", {'below zero for' if plain else 'against'} “{output}”"


def _of_those(n_seeds: int, n_words: int) -> str:
    return "" if n_seeds == n_words else " in which one does"


def _of(n: int, total: int) -> str:
    return all_seeds(total) if n == total else f"{n} of them"


def _written(rows: TokenRows) -> list[str]:
    """Return the explained words, without the signs of parts of words."""
    written = word_parts(rows.explanation.tokens[rows.place])[0]
    return [written[place] for place in rows.spread.places]


def _quoted(word: str) -> str:
    return f"“{middle(word, LETTERS)}”"


def _chosen(rows: TokenRows) -> str:
    """Return whether the seeds choose the same words, a sentence."""
    spread, place = rows.spread, rows.place
    own = np.flatnonzero(spread.alike)
    noun, found = "rule", own
    if rows.role == "counterfactuals":
        noun, valid = "change", rows.explanation.array("valid").astype(bool)[:, place]
        found = own[valid[own]]
    if not len(found):
        return f"{_answering(rows)}, and no change of words was found"
    ways = {_way(rows, seed) for seed in found.tolist()}
    counts = spread.values[found].sum(axis=0)
    head, missing = _answering(rows), len(own) - len(found)
    if len(ways) == 1 and noun == "rule":
        return f"{head}, and {_one_rule(rows, own, np.flatnonzero(counts))}"
    end = f"; {counted(missing, 'seed')} found none" if missing else ""
    by = "choose" if noun == "rule" else "change"
    if len(ways) == 1:
        words = _listed(rows, np.flatnonzero(counts))
        if len(own) == 1:
            return f"{head} and changes {words}"
        who = f"the {len(found)} that find a way" if missing and len(found) > 1 else "all"
        if missing and len(found) == 1:
            return f"{head}, and 1 that finds a way changes {words}{end}"
        return f"{head}, and {who} change {words}{end}"
    first = int(counts.argmax())
    most = f": {int(counts[first])} of {len(found)} {by} {_quoted(_written(rows)[first])}"
    return f"{head}, with {len(ways)} different {noun}s{most}{end}"


def _one_rule(rows: TokenRows, own: np.ndarray, words: np.ndarray) -> str:
    """Return what the words of one rule for all seeds `own` do, the end of a sentence."""
    met = rows.explanation.array("met")[own, rows.place].astype(bool)
    n, total = int(met.sum()), len(own)
    who = "" if total == 1 else f" for {all_seeds(total)}"
    if n == total:
        if not len(words):
            return f"no word is needed{who}"
        return f"{_listed(rows, words)} {'is' if len(words) == 1 else 'are'} enough{who}"
    shown = f"shown to be enough in {n} of {total}" if n else "not shown to be enough"
    return f"{'it chooses' if total == 1 else 'all choose'} {_listed(rows, words)}, {shown}"


def _way(rows: TokenRows, seed: int) -> tuple[tuple[int, float], ...]:
    """Return the chosen words of a seed, each with what takes its place."""
    chosen = np.flatnonzero(rows.spread.values[seed])
    codes = np.zeros(len(rows.spread.places))
    if "replacement" in rows.explanation.data:
        codes = rows.explanation.array("replacement")[seed, rows.place][rows.spread.places]
    return tuple((int(k), float(codes[k])) for k in chosen)


def _listed(rows: TokenRows, words: np.ndarray) -> str:
    if not len(words):
        return "no word"
    told = [_quoted(_written(rows)[k]) for k in words[:LISTED].tolist()]
    rest = len(words) - len(told)
    more = f" and {counted(rest, 'more word')}" if rest else ""
    return ", ".join(told) + more


def _method(rows: TokenRows) -> str:
    title = method_title(rows.explanation)
    if rows.role == "anchors":
        met = rows.explanation.array("met")[:, rows.place].astype(bool)
        empty = bool((met & ~rows.spread.values.any(axis=1)).any())
        none = " Where none is outlined, the answer holds without any." if empty else ""
        return f"{title}. Outlined words are enough for the answer.{none}"
    if rows.role == "counterfactuals":
        if not rows.explanation.array("valid")[:, rows.place].any():
            return f"{title}."
        outcome = " It then says what follows the arrow." if _tells_outcome(rows) else ""
        said = "A seed answers otherwise without struck words, or with those beneath"
        return f"{title}. {said}.{outcome}"
    return f"{title}."


def _tells_outcome(rows: TokenRows) -> bool:
    return bool(rows.classes) and "changed_prediction" in rows.explanation.data


def _colours(rows: TokenRows) -> str:
    whose = "of the largest in its row" if rows.normalise == "seed" else "of the largest of all"
    if rows.role != "attributions":
        return ""
    if not rows.signed:
        steps = f"in {100 // 5}% steps {whose}"
        return f"The darker, the larger, {steps}."
    output = rows.explanation.outputs[rows.spread.output]
    target = f"the answer “{output}”" if rows.classes else f"the prediction of “{output}”"
    # Only a plain gradient has the parameter `absolute`; it is no share of the output.
    if "absolute" in rows.explanation.provenance["parameters"]:
        said = f"Orange: above zero for {target}; blue: below"
    else:
        said = f"Orange speaks for {target}, blue against it"
    return f"{said}; the stronger, the larger, as a share {whose}."


def _consensus(rows: TokenRows) -> str:
    if not rows.several:
        return ""
    n, total = int(rows.spread.alike.sum()), len(rows.explanation.seeds)
    who = all_seeds(n) if n == total else f"the {n} seeds that give the answer of most"
    if rows.role != "attributions":
        verb = "choose" if rows.role == "anchors" else "change"
        return f"Framed row: the share of {who} that {verb} a word, the darker the more."
    said = f"Framed row: mean of {who}"
    longest = float(rows.spread.sd.max(initial=0.0))
    if not longest:
        return f"{said}, which do not differ."
    return f"{said}; a bar under a word is the SD between them, the longest {_text(longest)}."


def _text(value: float) -> str:
    return number_text(value, 2)


def _number(rows: TokenRows) -> str:
    if not rows.classes:
        return "Number: the seed's prediction."
    return "Number: probability that the seed gives its answer."


def _marks(rows: TokenRows) -> str:
    """Return what marks on words mean, of those that are there."""
    start, stop, _ = rows.shown.indices(len(rows.explanation.tokens[rows.place]))
    said = []
    unknown = rows.explanation.schema.tokenizer.unknown  # type: ignore[attr-defined]
    codes = rows.explanation.array("input")[rows.place, start:stop]
    if unknown is not None and (codes == unknown).any():
        said.append("Italic over dots: a word that the tokenizer does not know.")
    if not rows.explanation.mask[rows.place, start:stop].all():
        said.append("Grey: not explained.")
    if rows.role == "anchors" and not rows.explanation.array("met")[:, rows.place].all():
        said.append("Dashed outline: not shown to reach the precision that is asked.")
    if rows.role == "counterfactuals":
        chosen = rows.spread.values.any(axis=1)
        if (chosen & ~rows.explanation.array("valid")[:, rows.place].astype(bool)).any():
            said.append("Dashed outline: no change was found; of those tried this came nearest.")
    return " ".join(said)


def _stretch(rows: TokenRows) -> str:
    n = len(rows.explanation.tokens[rows.place])
    start, stop, _ = rows.shown.indices(n)
    if stop - start == n:
        return ""
    return f"Words {start + 1} to {stop} of {n}, where most counts."


def _unread(rows: TokenRows) -> str:
    n, most = len(rows.unread), rows.explanation.schema.n_features
    if not n:
        return ""
    who = "The last token was" if n == 1 else f"The last {n} tokens were"
    return f"{who} not read: the models take {most} of a text."
