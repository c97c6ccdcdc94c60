"""The words of one text laid out once a seed: cells, their colours, labels and deviations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from xaigeo.explanations import TokenAttributions
from xaigeo.geometry.token_spread import TokenSpread
from xaigeo.viz.number_text import number_text
from xaigeo.viz.records import plain
from xaigeo.viz.text_fit import LETTER, middle
from xaigeo.viz.token_flow import PAD, STARTS, TokenFlow, letters_px, token_flow

Record = dict[str, Any]
Normalise = Literal["seed", "common"]
# Steps of an amount: words stay readable on each of their colours, on white and on dark paper.
STEPS = 5
# The step of a chosen word, on which frames and strokes are seen.
CHOSEN = 2
# Of a signed number: more would hide the word.
STRONGEST = 0.58
# Pixels: a line of words, its cells, what stands beneath one, a heading, room between rows.
LINE, CELL, BENEATH, HEADING, BETWEEN = 20.0, 17.0, 12.0, 21.0, 5.0
# The bar of a deviation: its longest, its width.
BAR, BAR_WIDTH = 12.0, 5.0
SMALL = 11.0
# Letters of an answer's name behind a row.
OUTCOME = 18
_WORDS = (
    *("row", "seed", "token", "word", "text", "attribution", "step", "strength", "above"),
    *("explained", "known", "chosen", "met", "replacement", "beneath"),
    *("x1", "x2", "x", "y1", "y2", "y", "y3"),
)
_ROWS = (
    *("row", "seed", "label", "number", "told", "said", "mean"),
    *("x", "x2", "y", "left", "right", "y1", "y2", "height"),
)
_ANSWERS = ("predicted", "text", "x", "x2", "y", "y1", "y2", "xt")
_ENDS = ("row", "seed", "text", "outcome", "x", "y")
_SPREAD = ("token", "word", "sd", "mean", "x1", "x2", "y1", "y2")


@dataclass(frozen=True, eq=False)
class TokenRows:
    """A row of words a seed, and one of the mean, in pixels.

    Attributes
    ----------
    explanation : TokenAttributions
        Of the drawn seeds.
    place : int
        Of the text.
    spread : TokenSpread
    normalise : {"seed", "common"}
    max_words : int
    width : int
    """

    explanation: TokenAttributions
    place: int
    spread: TokenSpread
    normalise: Normalise
    max_words: int
    width: int

    @property
    def role(self) -> str:
        """What the words say: "attributions", "anchors" or "counterfactuals"."""
        return self.explanation.role

    @property
    def signed(self) -> bool:
        """Whether colours tell signs."""
        return self.role == "attributions" and self.explanation.signed

    @property
    def several(self) -> bool:
        """Whether there is a mean: of two seeds or more that answer alike."""
        return int(self.spread.alike.sum()) > 1

    @property
    def value(self) -> str:
        """Name of one number."""
        if self.explanation.method == "attention":
            return "Attention"
        return "Attribution" if self.signed else "Size"

    @property
    def unit(self) -> str:
        """Unit of one number: of a regression the target; attention has none."""
        if self.explanation.method == "attention":
            return ""
        scale = self.explanation.scale
        return scale if scale != "value" else self.explanation.outputs[self.spread.output]

    @property
    def classes(self) -> list[str]:
        """Names of the answers; none for a regression."""
        regression = self.explanation.task == "regression"
        return [] if regression else self.explanation.outputs

    @property
    def shown(self) -> slice:
        """The stretch of tokens that is drawn: of a long text the one that counts most."""
        n = len(self.explanation.tokens[self.place])
        if n <= self.max_words:
            return slice(0, n)
        sizes = np.zeros(n)
        sizes[self.spread.places] = np.abs(self.spread.values).mean(axis=0)
        sums = np.concatenate([[0.0], np.cumsum(sizes)])
        start = int((sums[self.max_words :] - sums[: -self.max_words]).argmax())
        return slice(start, start + self.max_words)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return `words`, `rows` (labels), `answers` (headings), `ends` and `spread`, in pixels."""
        names = ("words", "rows", "answers", "ends", "spread")
        made: dict[str, list[Record]] = {name: [] for name in names}
        labels = self._labels()
        gutter = _gutter(labels.values())
        flow = self._flow(self.width - gutter)
        y = 0.0
        for answer, seeds in self._groups():
            top = y
            if self.classes:
                y += HEADING
            own = bool(self.spread.alike[seeds[0]])
            for seed in [*([-1] if own and self.several else []), *seeds.tolist()]:
                y = self._row(seed, flow, gutter, y, labels[seed], made)
            if self.classes:
                said = self._heading(answer, len(seeds))
                made["answers"].append(
                    {
                        "predicted": self.explanation.outputs[answer],
                        "text": said,
                        "x": 6.0,
                        "x2": 1.0,
                        "y": top + 9.0,
                        "y1": top + HEADING,
                        "y2": y - BETWEEN,
                        "xt": 15.0,
                    }
                )
            y += BETWEEN
        for label in made["rows"]:
            label["height"] = y - BETWEEN
        columns = dict(zip(names, (_WORDS, _ROWS, _ANSWERS, _ENDS, _SPREAD), strict=True))
        return {n: pd.DataFrame(rows, columns=list(columns[n])) for n, rows in made.items()}

    @property
    def unread(self) -> list[str]:
        """Words at the end of the text that the models did not read."""
        return self.explanation.schema.unread(  # type: ignore[attr-defined, no-any-return]
            self.explanation.texts[self.place]
        )

    def _flow(self, px: float) -> TokenFlow:
        """Return where words stand, and behind them room for the longest ending."""
        ends = [self._ending(seed) for seed in range(-1, len(self.explanation.seeds))]
        longest = max(ends, key=letters_px)
        if not longest:
            return token_flow(self._tokens, px, self._beneath)
        # Written as the start of a word, whatever the tokenizer writes before those.
        tokens = [*self._tokens, f"{STARTS[0]}{longest}" if self._has_starts else longest]
        beneath = self._beneath
        return token_flow(tokens, px, [*beneath, ""] if beneath else [])

    @property
    def _has_starts(self) -> bool:
        return any(token.startswith(STARTS) for token in self._tokens)

    def _ending(self, seed: int) -> str:
        """Return what stands behind a row's words: that more was not read, and the new answer."""
        cut = self.shown.stop == len(self.explanation.tokens[self.place]) and self.unread
        parts = [f"… {len(self.unread)} not read"] if cut else []
        return " ".join([*parts, *filter(None, [self._outcome(seed)])])

    def _outcome(self, seed: int) -> str:
        """Return the answer that a seed's change gets, with its probability."""
        data, place = self.explanation.data, self.place
        told = self.classes and seed >= 0 and "changed_prediction" in data
        if not told or self.role != "counterfactuals" or not self._met(seed):
            return ""
        after = self.explanation.array("changed_prediction")[seed, place]
        answer = int(after.argmax())
        return f"→ {middle(self.classes[answer], OUTCOME)} {self._number(float(after[answer]))}"

    def _groups(self) -> list[tuple[int, np.ndarray]]:
        """Return answers and their seeds, that of most seeds first."""
        predicted = self.explanation.predicted[:, self.place]
        counts = np.bincount(predicted, minlength=len(self.explanation.outputs))
        order = sorted(np.unique(predicted), key=lambda a: (a != self.spread.answer, -counts[a]))
        return [(int(answer), np.flatnonzero(predicted == answer)) for answer in order]

    def _heading(self, answer: int, n: int) -> str:
        total = len(self.explanation.seeds)
        outputs, target = self.explanation.outputs, self.spread.output
        # Attention is the same for every answer, as are rules and changes.
        of_output = self.role == "attributions" and self.explanation.method != "attention"
        told = of_output and target != answer
        # Room for the words around the names.
        room = (self.width - 240.0) / 2 if told else self.width - 150.0
        letters = max(8, int(room / (SMALL * LETTER)))
        name = f"Answer “{middle(outputs[answer], letters)}”"
        name = name if total == 1 else f"{name}: {n} of {total} seeds"
        return f"{name}, coloured for “{middle(outputs[target], letters)}”" if told else name

    def _labels(self) -> dict[int, tuple[str, str]]:
        """Return the label and the number of each row, that of the mean under −1."""
        prediction = self.explanation.array("prediction")[:, self.place]
        answers = self.explanation.predicted[:, self.place]
        if not self.classes:
            answers = np.full(len(prediction), self.spread.output)
        own = prediction[np.arange(len(prediction)), answers]
        labels = {
            s: (f"Seed {seed}", self._number(own[s]))
            for s, seed in enumerate(self.explanation.seeds)
        }
        labels[-1] = ("Mean", self._number(own[self.spread.alike].mean()))
        return labels

    def _number(self, value: float) -> str:
        return f"{value:.2f}" if self.classes else number_text(value)

    @property
    def _tokens(self) -> list[str]:
        return self.explanation.tokens[self.place][self.shown]

    @property
    def _beneath(self) -> list[str]:
        """The longest word that takes each word's place in any seed, or nothing."""
        if self.role != "counterfactuals":
            return []
        words = [self._replacements(s) for s in range(len(self.explanation.seeds))]
        return [max(column, key=len) for column in zip(*words, strict=True)]

    def _replacements(self, seed: int) -> list[str]:
        places = range(*self.shown.indices(len(self.explanation.tokens[self.place])))
        if "replacement" not in self.explanation.data:
            return ["" for _ in places]
        codes = self.explanation.array("replacement")[seed, self.place]
        shown = self.explanation.schema.tokenizer.shown  # type: ignore[attr-defined]
        return [shown(int(codes[place])) if codes[place] >= 0 else "" for place in places]

    def _row(
        self,
        seed: int,
        flow: TokenFlow,
        gutter: float,
        y: float,
        label: tuple[str, str],
        made: dict[str, list[Record]],
    ) -> float:
        """Add a row of words and return where the next one begins."""
        mean = seed < 0
        beneath = [""] * len(flow.texts) if mean else self._replacements(seed)
        bars = mean and self.role == "attributions" and bool(np.nan_to_num(self.spread.sd).any())
        rooms = np.full(flow.n_lines, LINE + BAR if bars else LINE)
        # A line is higher where something stands beneath one of its words.
        rooms[flow.line[[n for n, text in enumerate(beneath) if text]]] += BENEATH
        tops = y + np.concatenate([[0.0], np.cumsum(rooms)])
        name = "mean" if mean else str(plain(self.explanation.seeds[seed]))
        own = f"mean of {int(self.spread.alike.sum())} seeds" if mean else label[0]
        made["rows"].append(
            {
                "row": own,
                "seed": name,
                "label": label[0],
                "number": label[1],
                "told": self._told(seed, label[1]),
                "said": self._said(seed),
                "mean": mean,
                "x": 8.0,
                "x2": gutter - 9.0,
                "y": y + CELL / 2,
            }
        )
        if ending := self._ending(seed):
            y_end = float(tops[flow.line[-1]]) + CELL / 2
            told = {"row": label[0], "seed": name, "outcome": bool(self._outcome(seed))}
            at = {"x": gutter + float(flow.x1[-1]) + PAD, "y": y_end}
            room = float(flow.x2[-1] - flow.x1[-1]) - 2 * PAD
            if letters_px(ending) > room + 0.5:
                ending = middle(ending, len(flow.texts[-1]))
            made["ends"].append(told | {"text": ending} | at)
        frame = made["rows"][-1]
        frame |= {"left": gutter - 3.0, "right": gutter + float(flow.x2.max()) + 3.0}
        frame |= {"y1": y - 3.0, "y2": float(tops[-1]) - (0.0 if bars else 1.0)}
        cells = self._cells(seed, beneath)
        for n, cell in enumerate(cells):
            top = float(tops[flow.line[n]])
            x1, x2 = gutter + flow.x1[n], gutter + flow.x2[n]
            at = {"x1": x1, "x2": x2, "x": (x1 + x2) / 2, "y1": top, "y2": top + CELL}
            at |= {"y": top + CELL / 2, "y3": top + CELL + BENEATH / 2}
            made["words"].append({"row": label[0], "seed": name, "text": flow.texts[n]} | cell | at)
            if bars and cell["explained"]:
                made["spread"].append(self._bar(cell, at))
        return float(tops[-1]) + (BETWEEN if flow.n_lines > 1 or mean else BETWEEN - 3.0)

    def _bar(self, cell: Record, at: Record) -> Record:
        k = int(np.flatnonzero(self.spread.places == cell["token"] - 1)[0])
        sd = float(self.spread.sd[k])
        length = (BAR - 1.0) * sd / float(self.spread.sd.max())
        return {
            "token": cell["token"],
            "word": cell["word"],
            "sd": sd,
            "mean": cell["attribution"],
            "x1": at["x"] - BAR_WIDTH / 2,
            "x2": at["x"] + BAR_WIDTH / 2,
            "y1": at["y2"] + 1.0,
            "y2": at["y2"] + 1.0 + length,
        }

    def _cells(self, seed: int, beneath: list[str]) -> list[Record]:
        """Return what is told of each drawn word in one row, without its place on the paper."""
        spread = self.spread
        values = self._mean if seed < 0 else spread.values[seed]
        every = np.concatenate([spread.values.ravel(), spread.mean])
        reach = float(np.abs(values if self.normalise == "seed" else every).max(initial=0.0))
        if self.role != "attributions":
            reach = 1.0
        share = np.abs(values) / (reach or 1.0)
        at = {int(place): k for k, place in enumerate(spread.places)}
        codes = self.explanation.array("input")[self.place]
        unknown = self.explanation.schema.tokenizer.unknown  # type: ignore[attr-defined]
        start, met = self.shown.start, self._met(seed)
        # A change that was only tried is not coloured, and told as such.
        failed = self.role == "counterfactuals" and not met
        step, tried = (0, " (tried)") if failed else (CHOSEN, "")
        cells = []
        for n, word in enumerate(self._tokens):
            k = at.get(start + n)
            chosen = k is not None and seed >= 0 and self.role != "attributions" and values[k] > 0
            cells.append(
                {
                    "token": start + n + 1,
                    "word": word,
                    "attribution": np.nan if k is None else float(values[k]),
                    "step": step if chosen else self._step(0.0 if k is None else share[k]),
                    "strength": 0.0 if k is None else STRONGEST * float(share[k]),
                    "above": k is None or bool(values[k] >= 0),
                    "explained": k is not None,
                    "known": unknown is None or codes[start + n] != unknown,
                    "chosen": bool(chosen),
                    "met": met,
                    "replacement": (beneath[n] or "removed") + tried if chosen else "",
                    "beneath": beneath[n] if chosen else "",
                }
            )
        return cells

    @property
    def _mean(self) -> np.ndarray:
        """Return the mean of the seeds that answer alike; changes that failed are not counted."""
        spread = self.spread
        if self.role != "counterfactuals":
            return spread.mean
        valid = self.explanation.array("valid")[:, self.place].astype(bool)
        found: np.ndarray = (spread.values * valid[:, None])[spread.alike].mean(axis=0)
        return found

    @staticmethod
    def _step(share: float) -> int:
        return min(int(share * STEPS), STEPS - 1)

    def _told(self, seed: int, number: str) -> str:
        """Return the answer of a seed with its number, in words."""
        if not self.classes:
            return number
        answer = self.spread.answer
        if seed >= 0:
            answer = int(self.explanation.predicted[seed, self.place])
        return f"“{self.explanation.outputs[answer]}”, probability {number}"

    def _met(self, seed: int) -> bool:
        name = {"anchors": "met", "counterfactuals": "valid"}.get(self.role, "")
        if seed < 0 or name not in self.explanation.data:
            return True
        return bool(self.explanation.array(name)[seed, self.place])

    def _said(self, seed: int) -> str:
        """Return what the rule holds or the change reaches, in words."""
        data, place = self.explanation.data, self.place
        if seed < 0 or self.role == "attributions":
            return ""
        if self.role == "anchors":
            precision = float(self.explanation.array("precision")[seed, place])
            return f"precision {precision:.2f}" + (
                "" if self._met(seed) else ", not shown to be enough"
            )
        if not self._met(seed):
            return "no change found"
        if "changed_prediction" not in data:
            return "answer changed"
        after = self.explanation.array("changed_prediction")[seed, place]
        target = int(self.explanation.array("target")[seed, place]) if self.classes else 0
        name = f"“{self.explanation.outputs[target]}” " if self.classes else ""
        return f"then {name}{self._number(float(after[target]))}"


def _gutter(labels: Any) -> float:
    """Return the pixels left of the words: a label, a number, and room between."""
    every = list(labels)
    label = max(letters_px(text, SMALL) for text, _ in every)
    number = max(letters_px(text, SMALL) for _, text in every)
    return label + number + 27.0
