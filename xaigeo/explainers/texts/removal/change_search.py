"""The fewest words whose removal or replacement changes one model's answer to one text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.explainers.shapley.worths import rows_at_once
from xaigeo.explainers.texts.removal.token_removal import TokenRemoval
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT

# A token's new number by its place in the text; ABSENT where it is removed.
Change = tuple[tuple[int, float], ...]


@dataclass(frozen=True, kw_only=True)
class ChangeLimits:
    """How far a search may go.

    Attributes
    ----------
    deletes, replaces : bool
        Whether tokens may be removed, and replaced.
    max_changes : int
    beam : int
    """

    deletes: bool
    replaces: bool
    max_changes: int
    beam: int


class ChangeSearch:
    """The search of one text, each seed for its own answer.

    Parameters
    ----------
    text : TokenRemoval
    words : list of ndarray
        Words that may take the place of each token that may be removed.
    target : int or None
        Place of the class wanted; None wants any other than the model's own.
    limits : ChangeLimits
    scale : {"logit", "probability"}
        Of the outputs whose differences tell how near a change is.
    going_on : frozenset of float
        Tokens that may take others' places and go on with the word before them: they need one.
    """

    def __init__(
        self,
        text: TokenRemoval,
        words: list[np.ndarray],
        target: int | None,
        limits: ChangeLimits,
        scale: Scale,
        going_on: frozenset[float] = frozenset(),
    ) -> None:
        self.text, self.words, self.target = text, words, target
        self.going_on = going_on
        self.limits, self.scale = limits, scale
        outputs = text.ensemble.outputs_encoded(text.row[None], scale=scale)
        self.own = outputs[:, 0].argmax(axis=1)
        # All seeds are asked at once about the changes of one token, which all of them begin with.
        self._first: dict[bool, tuple[list[Change], np.ndarray]] = {}

    def find(self, seed: int) -> Change:
        """Return the change found for the seed at a place: its answer's, or the one that came next.

        Changes of fewer tokens come first; of equally many, those that end in a removal; of these
        the one that moves the model most.
        """
        if self.target is not None and self.own[seed] == self.target:
            return ()
        kept: list[Change] = [()]
        best: tuple[float, Change] = (-np.inf, ())
        for size in range(1, self._longest + 1):
            level: list[tuple[float, Change]] = []
            for replaces in self._kinds:
                changes, margins = self._margins(seed, kept, size, replaces)
                # The first of equals: the order of places and words settles ties.
                ranked = np.argsort(-margins, kind="stable")[: self.limits.beam]
                found: list[tuple[float, Change]] = [
                    (float(margins[place]), changes[place]) for place in ranked.tolist()
                ]
                if found and self._changes_answer(seed, found[0][1]):
                    return found[0][1]
                level += found
            level.sort(key=lambda one: -one[0])
            kept = [change for _, change in level[: self.limits.beam]]
            if level and level[0][0] > best[0]:
                best = level[0]
            if not kept:
                break
        return best[1]

    def rows(self, changes: Iterable[Change]) -> Matrix:
        """Return the text under changes, shape (n_changes, max_tokens)."""
        listed = list(changes)
        rows = np.repeat(self.text.row[None], len(listed), axis=0)
        for place, change in enumerate(listed):
            for token, code in change:
                pieces = self.text.standing[token]
                rows[place, pieces[0]] = code
                rows[place, pieces[1:]] = ABSENT
        return rows

    @property
    def _kinds(self) -> list[bool]:
        """Whether tokens are replaced, in the order in which that is tried."""
        return [False] * self.limits.deletes + [True] * self.limits.replaces

    @property
    def _longest(self) -> int:
        return min(self.limits.max_changes, self.text.n_tokens)

    def _margins(
        self, seed: int, kept: list[Change], size: int, replaces: bool
    ) -> tuple[list[Change], np.ndarray]:
        """Return the changes with one token more, and how far each is beyond the border."""
        if size == 1:
            if replaces not in self._first:
                changes = list(self._longer(kept, replaces))
                self._first[replaces] = changes, self._outputs(changes, None)
            changes, outputs = self._first[replaces]
            return changes, self._beyond(seed, outputs[seed])
        changes = list(self._longer(kept, replaces))
        return changes, self._beyond(seed, self._outputs(changes, seed)[0])

    def _longer(self, kept: list[Change], replaces: bool) -> Iterator[Change]:
        """Yield the different changes with one token more; none removes the whole text."""
        seen: set[Change] = set()
        for change in kept:
            changed = {token for token, _ in change}
            n_left = self.text.n_tokens - sum(code == ABSENT for _, code in change)
            for token in range(self.text.n_tokens):
                if token in changed or (not replaces and n_left == 1):
                    continue
                for code in self.words[token].tolist() if replaces else [ABSENT]:
                    longer = tuple(sorted((*change, (token, code))))
                    if longer not in seen and not self._dangles(longer):
                        seen.add(longer)
                        yield longer

    def _dangles(self, change: Change) -> bool:
        """Whether a part of a word is put where the token before it is not, or not any more."""
        removed = {token for token, code in change if code == ABSENT}
        return any(
            code in self.going_on and (token == 0 or token - 1 in removed) for token, code in change
        )

    def _outputs(self, changes: list[Change], seed: int | None) -> np.ndarray:
        """Return outputs of one model, or of all, shape (n_models, n_changes, n_outputs)."""
        ensemble = self.text.ensemble
        n_models = ensemble.n_seeds if seed is None else 1
        found = np.empty((n_models, len(changes), ensemble.n_outputs))
        step = rows_at_once(ensemble, len(self.text.row), self.text.max_memory // 4)
        for start in range(0, len(changes), step):
            rows = self.rows(changes[start : start + step])
            found[:, start : start + step] = (
                ensemble.outputs_encoded(rows, scale=self.scale)
                if seed is None
                else ensemble.member_outputs_encoded(seed, rows, scale=self.scale)
            )
        return found

    def _beyond(self, seed: int, outputs: np.ndarray) -> np.ndarray:
        """Return the wanted output less the largest of the others, shape (n_changes,)."""
        wanted = np.zeros(outputs.shape[1], dtype=bool)
        if self.target is None:
            wanted[:] = True
            wanted[self.own[seed]] = False
        else:
            wanted[self.target] = True
        return np.asarray(outputs[:, wanted].max(axis=1) - outputs[:, ~wanted].max(axis=1))

    def _changes_answer(self, seed: int, change: Change) -> bool:
        """Whether the model, asked about this text alone, gives a wanted answer."""
        outputs = self.text.ensemble.outputs_encoded(self.rows([change]), scale=self.scale)
        answer = int(outputs[seed, 0].argmax())
        return answer != self.own[seed] if self.target is None else answer == self.target
