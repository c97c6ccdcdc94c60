"""Two networks, the same right answer, other words: one page for readers who train no networks.

    python examples/three_sentences.py

writes three_sentences.html.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

import xaigeo as xg
from xaigeo.explanations import TokenAttributions
from xaigeo.viz.chart_page import svg_address
from xaigeo.viz.export import svg_picture
from xaigeo.viz.number_text import share_text
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.themed import themed
from xaigeo.viz.token_attributions import (
    token_attributions_body,
    token_attributions_tables,
    token_rows,
)

SEEDS = (0, 1)  # the first two, whatever they say
SHOWN = 3
# Answers count as similar if their probabilities are at most so far apart.
SIMILAR = 0.05
# A word matters if at least so much of the probability is lost without it. Of an answer that no
# word matters to, shares are shares of nothing.
MATTERS = 0.05
# Words of a sentence that is easy to take in.
LENGTHS = (6, 20)
WIDTHS = {"wide": 620, "narrow": 340}


@dataclass(frozen=True, eq=False)
class Reasons:
    """What the words of each test sentence do for the right answer, in every network.

    Attributes
    ----------
    explanation : TokenAttributions
        Each word's loss: by how much the probability falls when the word is left out.
    right : ndarray, shape (n_sentences,)
        Place of the right answer.
    """

    explanation: TokenAttributions
    right: np.ndarray

    @property
    def sure(self) -> np.ndarray:
        """Probability of the right answer, shape (n_seeds, n_sentences)."""
        prediction = self.explanation.array("prediction")
        return prediction[:, np.arange(len(self.right)), self.right]

    @property
    def for_right(self) -> np.ndarray:
        """What each word adds to the right answer, shape (n_seeds, n_sentences, n_words)."""
        losses = self.explanation.array("attribution")
        of_right = np.take_along_axis(losses, self.right[None, :, None, None], axis=-1)[..., 0]
        return np.maximum(np.nan_to_num(of_right), 0.0)

    @property
    def support(self) -> np.ndarray:
        """Each word's share of what speaks for the right answer, (n_seeds, n_sentences, n_words).

        NaN where no word speaks for it.
        """
        with np.errstate(invalid="ignore"):
            return self.for_right / self.for_right.sum(axis=-1, keepdims=True)

    @property
    def matters(self) -> np.ndarray:
        """Where both networks have a word that matters to their answer."""
        return (self.for_right[list(SEEDS)].max(axis=-1) >= MATTERS).all(axis=0)

    @property
    def apart(self) -> np.ndarray:
        """How much of the two networks' reasons lies on other words, from 0 to 1."""
        one, other = self.support[list(SEEDS)]
        return np.abs(one - other).sum(axis=-1) / 2

    @property
    def both_right(self) -> np.ndarray:
        """Where both networks are right, and about as sure."""
        one, other = self.sure[list(SEEDS)]
        return (np.minimum(one, other) > 0.5) & (np.abs(one - other) <= SIMILAR)

    @property
    def alike(self) -> np.ndarray:
        """Where they are, and both have a word that matters."""
        return self.both_right & self.matters

    @property
    def other_word(self) -> np.ndarray:
        """Where another word speaks most for the answer."""
        one, other = self.support[list(SEEDS)].argmax(axis=-1)
        return one != other

    def chosen(self) -> list[int]:
        """Return the sentences on which all are right, these two alike, by falling distance."""
        n_words = self.explanation.n_tokens
        fit = self.alike & (self.sure > 0.5).all(axis=0)
        fit &= (n_words >= LENGTHS[0]) & (n_words <= LENGTHS[1])
        places = np.flatnonzero(fit)
        return places[np.argsort(-self.apart[places], kind="stable")][:SHOWN].tolist()


def reasons(ensemble: xg.TextEnsemble, texts: Any, labels: Any) -> Reasons:
    explanation = xg.explain(ensemble, texts, method="occlusion")
    places = np.array([ensemble.classes.index(label) for label in labels])
    return Reasons(explanation, places)


def picture(found: Reasons, place: int, width: int) -> str:
    """Return the words of a sentence in both networks, as the address of a picture."""
    rows = token_rows(
        found.explanation,
        found.explanation.instances[place],
        SEEDS,
        found.explanation.outputs[found.right[place]],
        width=width,
    )
    tables = token_attributions_tables(rows)
    chart = themed(with_tables(token_attributions_body(rows, tables), tables))
    return svg_address(svg_picture(chart.to_dict()))


def sentence(found: Reasons, place: int) -> dict[str, Any]:
    """Return what the page says of one sentence."""
    words = found.explanation.tokens[place]
    support = found.support[list(SEEDS), place]
    left = found.sure[list(SEEDS), place] - found.for_right[list(SEEDS), place].max(axis=-1)
    return {
        "text": found.explanation.texts[place],
        "answer": found.explanation.outputs[found.right[place]],
        "sure": [share_text(found.sure[seed, place]) for seed in SEEDS],
        "leading": [words[own.argmax()] for own in support],
        "without": [share_text(one) for one in left],
        "elsewhere": elsewhere(found.apart[place]),
        "compared": compared(found.apart[place], found.apart[found.alike]),
        "pictures": {name: picture(found, place, width) for name, width in WIDTHS.items()},
    }


def elsewhere(apart: float) -> str:
    """Return how much of the reasons lies on other words, as the beginning of a sentence."""
    shares = {0.0: "None", 1.0: "All"}
    return f"{shares.get(round(apart, 12), share_text(apart).capitalize())} of their reasons"


def compared(apart: float, alike: np.ndarray) -> str:
    """Return among how many sentences that is more; the sentence itself is one of those alike."""
    n_others, n_less = len(alike) - 1, int((alike < apart).sum())
    if not n_others:
        return ""
    less = f"all {n_others}" if n_less == n_others else f"{n_less or 'none'} of the {n_others}"
    return f", more than in {less} other sentences on which the two agree and words matter"


def page(found: Reasons, ensemble: xg.TextEnsemble, accuracy: np.ndarray) -> str:
    """Return the page; whatever comes from the data is escaped."""
    same, both = found.alike, found.both_right
    return (
        jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
        .from_string(_PAGE)
        .render(
            style=Markup(_STYLE),
            sentences=[sentence(found, place) for place in found.chosen()],
            seeds=SEEDS,
            n_seeds=ensemble.n_seeds,
            n_texts=len(found.right),
            accuracy=[f"{accuracy[seed]:.0%}" for seed in SEEDS],
            n_both=int(both.sum()),
            share_both=f"{both.mean():.0%}",
            n_same=int(same.sum()),
            share_same=f"{same.sum() / both.sum():.0%}",
            matters=f"{MATTERS * 100:.0f}",
            n_other=int((same & found.other_word).sum()),
            share_other=f"{found.other_word[same].mean():.0%}",
            middle=f"{np.median(found.apart[same]):.0%}",
            far=f"{(found.apart[same] > 0.5).mean():.0%}",
            similar=f"{SIMILAR * 100:.0f}",
            lengths=LENGTHS,
        )
    )


def main() -> None:
    split = xg.datasets.sentences().split(0.3)
    ensemble = xg.TextEnsemble.train(
        split.train_texts,
        split.train_y,
        seeds=range(5),
        encoder="lstm",
        epochs=5,
        min_count=2,
        max_tokens=80,  # the longest has 79
    )
    accuracy = ensemble.evaluate(split.test_texts, split.test_y).scores["accuracy"].to_numpy()
    found = reasons(ensemble, split.test_texts, split.test_y)
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "three_sentences.html")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(found, ensemble, accuracy), encoding="utf-8")
    print(f"Wrote {target}")


_STYLE = """
:root { --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; color-scheme: light; }
body { margin: 0 auto; padding: 1.4rem 1rem 3rem; max-width: 44rem; background: #fff;
  color: var(--ink); font: 1.06rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .8rem; }
h2 { font-size: 1.15rem; line-height: 1.35; margin: 2.2rem 0 .4rem; padding-top: 1.1rem;
  border-top: 1px solid var(--line); }
img { display: block; max-width: 100%; height: auto; margin: .8rem 0; }
p.small { color: var(--soft); font-size: .93rem; }
"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>Same answer, other words</title>
<style>{{ style }}</style>
</head>
<body>
<h1>Same answer, other words</h1>
<p>{{ n_seeds }} networks learnt from the same sentences whether a sentence is positive or negative.
They differ in the dice alone: the random numbers with which their learning began. Here are two
of them, Seed {{ seeds[0] }} and Seed {{ seeds[1] }}. On {{ n_texts }} sentences that they had never
seen, one is right {{ accuracy[0] }} of the time, the other {{ accuracy[1] }}. Ask them about the
sentences below and they give the same right answer, about equally sure. Ask them <em>why</em>, and
they point at other words.</p>
<p class="small">A word is orange if the network is surer of its answer with the word than without
it, and blue if it is less sure; the darker, the more. Beside its name stands how sure each network
is. “Mean” is the two together, and the bars below it show how far they differ on a word. Words in
italics are words that they never learnt.</p>
{% for one in sentences %}
<h2>“{{ one.text }}”</h2>
<p>Both say <strong>{{ one.answer }}</strong>, and both are right: Seed {{ seeds[0] }} is
{{ one.sure[0] }} sure, Seed {{ seeds[1] }} {{ one.sure[1] }}. Seed {{ seeds[0] }} leans most on
“{{ one.leading[0] }}”: without it, it would be {{ one.without[0] }} sure. Seed {{ seeds[1] }} leans
most on “{{ one.leading[1] }}”: without it, it would be {{ one.without[1] }} sure.
{{ one.elsewhere }} lie on other words{{ one.compared }}.</p>
<picture>
<source media="(max-width: 660px)" srcset="{{ one.pictures.narrow }}">
<img src="{{ one.pictures.wide }}" alt="The words of the sentence, coloured for both networks.">
</picture>
{% endfor %}
<h2>How often does this happen?</h2>
<p>The two networks are both right and about equally sure on {{ n_both }} of the {{ n_texts }}
sentences ({{ share_both }}). On {{ n_same }} of these ({{ share_same }}) both have a word without
which they would be {{ matters }} percentage points less sure, or more; on the others one of them
at least is so sure that no single word matters much. Where words matter, the networks lean most on
different words on {{ n_other }} sentences ({{ share_other }}). Half of the time more than
{{ middle }} of their reasons lie on other words; in {{ far }} of the sentences more than half.</p>
<p class="small">The three sentences were not picked by hand, and they are not typical: of the
sentences of {{ lengths[0] }} to {{ lengths[1] }} words that all {{ n_seeds }} networks answer
rightly, on which the two differ by at most {{ similar }} percentage points and words matter to
both, they are those on which the two networks' reasons lie furthest apart. The two networks are
the first two of the {{ n_seeds }}. A word's part in the answer is the probability that is lost
when it is left out; the page looks at the words that speak for the right answer. Sentences:
Kotzias, Denil, de Freitas and Smyth (2015), doi:10.24432/C57604, CC BY 4.0.</p>
</body>
</html>
"""


if __name__ == "__main__":
    main()
