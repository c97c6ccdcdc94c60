"""Who plays the coalition game: single columns, and groups of columns that act as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from xaigeo.errors import InputError
from xaigeo.options import suggestion
from xaigeo.schema import Feature, FeatureSchema, Matrix

Groups = Mapping[str, Sequence[str]]

# Columns of a group whose values are written out.
SHOWN_MEMBERS = 3


@dataclass(frozen=True, eq=False)
class Players:
    """Columns gathered into players, in the order of each player's first column.

    Attributes
    ----------
    schema : FeatureSchema
        The columns that the models read.
    names : tuple of str
    columns : tuple of ndarray of int
        Places of each player's columns.
    """

    schema: FeatureSchema
    names: tuple[str, ...]
    columns: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, schema: FeatureSchema, groups: Groups | None) -> Players:
        """Make one player of each group and of each column that no group names.

        Raises
        ------
        InputError
            For a column that is unknown, or named twice, and for a group named as a column is.
        """
        check_groups(groups)
        places: dict[str, list[int]] = {}
        for name, members in (groups or {}).items():
            if name in schema.names:
                raise InputError(
                    expected="names of groups that no column has",
                    arrived=repr(name),
                    do="Give the group a name of its own.",
                )
            _check_members(name, members, schema.names)
            places[name] = [schema.index(member) for member in members]
        taken = [place for members in places.values() for place in members]
        twice = sorted({schema.names[place] for place in taken if taken.count(place) > 1})
        if twice:
            raise InputError(
                expected="every column in one group at most, and there once",
                arrived=f"{', '.join(twice)} named again",
                do="Name each column once; a column that no group names is a player of its own.",
            )
        places |= {schema.names[j]: [j] for j in range(schema.n_features) if j not in taken}
        ordered = sorted(places, key=lambda name: min(places[name]))
        return cls(schema, tuple(ordered), tuple(np.array(sorted(places[n])) for n in ordered))

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def owners(self) -> np.ndarray:
        """Place of the player that holds each column, shape (n_columns,)."""
        owners = np.empty(self.schema.n_features, dtype=np.intp)
        for place, columns in enumerate(self.columns):
            owners[columns] = place
        return owners

    @cached_property
    def single(self) -> np.ndarray:
        """Mask of the players that are a column under its own name, shape (n_players,)."""
        return np.array([name in self.schema.names for name in self.names])

    def varying(self, instance: np.ndarray, rows: Matrix) -> np.ndarray:
        """Return the places of the players in which the instance differs from some row."""
        differs = (rows != instance).any(axis=0)
        return np.flatnonzero(np.bincount(self.owners, differs, len(self)) > 0)

    def of_columns(self, values: np.ndarray) -> np.ndarray:
        """Return values of columns by player, shape (n_players,); NaN for a group."""
        first = values[[columns[0] for columns in self.columns]]
        return np.where(self.single, first, np.nan)

    def shown(self, rows: Matrix, background: Matrix) -> tuple[FeatureSchema, Matrix, Matrix]:
        """Return schema and rows with one column a player.

        A group becomes a categorical column whose categories are the combinations met in the
        rows, written ``"lat = 3.2, lon = 4.5"``, of many columns the first three, and numbered
        where rounded values read the same; where every row has 1 in one of the columns
        and 0 in the others, the name of that column.
        """
        if self.single.all():
            return self.schema, rows, background
        both = np.vstack([rows, background])
        features: list[Feature] = []
        shown: list[np.ndarray] = []
        for name, columns, single in zip(self.names, self.columns, self.single, strict=True):
            if single:
                features.append(self.schema.features[columns[0]])
                shown.append(both[:, columns[0]])
                continue
            members = [self.schema.features[j] for j in columns]
            distinct, codes = distinct_rows(both[:, columns])
            features.append(
                Feature(
                    name=name,
                    kind="categorical",
                    lower=0.0,
                    upper=float(len(distinct) - 1),
                    categories=_combinations(members, distinct),
                )
            )
            shown.append(codes.astype(np.float64))
        matrix = np.column_stack(shown)
        schema = FeatureSchema(features=tuple(features))
        return schema, matrix[: len(rows)], matrix[len(rows) :]


@dataclass(frozen=True, eq=False)
class PlayerCodes:
    """Players as places in their sorted combinations of values: one column of codes each.

    Libraries then see a group as one column, and their tests of equality, which depend on
    units, cannot take two values for one.
    """

    players: Players
    values: list[Matrix]

    @classmethod
    def of(cls, players: Players, rows: Matrix) -> PlayerCodes:
        """Hold the combinations met in these rows."""
        return cls(players, [distinct_rows(rows[:, columns])[0] for columns in players.columns])

    def encode(self, rows: Matrix) -> np.ndarray:
        """Return the codes of rows whose combinations are held, shape (n_rows, n_players)."""
        codes = [
            distinct_rows(np.vstack([held, rows[:, columns]]))[1][len(held) :]
            for held, columns in zip(self.values, self.players.columns, strict=True)
        ]
        return np.column_stack(codes).astype(np.float64)

    def decode(self, codes: np.ndarray) -> Matrix:
        """Return the rows of codes, shape (n_rows, n_columns)."""
        places = codes.astype(np.intp)
        rows = np.empty((len(codes), self.players.schema.n_features))
        for place, (held, columns) in enumerate(
            zip(self.values, self.players.columns, strict=True)
        ):
            rows[:, columns] = held[places[:, place]]
        return rows


def check_groups(groups: Any) -> None:
    """Raise unless `groups` maps names to at least one column name each."""
    wrong = "" if groups is None else _wrong_with(groups)
    if wrong:
        raise InputError(
            expected="groups to map names to lists of column names",
            arrived=wrong,
            do="Write groups={'place': ['latitude', 'longitude']}.",
        )


def _wrong_with(groups: Any) -> str:
    """Return what is not as it should be, or an empty string."""
    if not isinstance(groups, Mapping):
        return repr(groups)
    for name, members in groups.items():
        if not isinstance(name, str) or not name:
            return f"{name!r} as the name of a group, which is no text or empty"
        if isinstance(members, str) or not isinstance(members, Sequence):
            return f"{members!r} as the columns of group {name!r}, which is no list"
        if not len(members):
            return f"no column in group {name!r}"
        for member in members:
            if not isinstance(member, str):
                return f"{member!r} in group {name!r}, which is no name"
    return ""


def _check_members(name: str, members: Sequence[str], columns: Sequence[str]) -> None:
    """Raise for a member that is no column, and propose none that the group already has."""
    free = [column for column in columns if column not in members]
    for member in members:
        if member not in columns:
            raise InputError(
                expected=f"groups[{name!r}] to name columns ({', '.join(columns)})",
                arrived=repr(member),
                do=suggestion(member, free) or "Remove the name or correct it.",
            )


def distinct_rows(rows: Matrix) -> tuple[Matrix, np.ndarray]:
    """Return the distinct rows in sorted order and the place of each row among them."""
    if rows.shape[1] == 1:
        values, places = np.unique(rows[:, 0], return_inverse=True)
        return values[:, None], places
    distinct, places = np.unique(rows, axis=0, return_inverse=True)
    return distinct, places.reshape(-1)


def _combinations(members: list[Feature], distinct: Matrix) -> tuple[str, ...]:
    hot = _indicators(members, distinct)
    if hot is not None:
        return tuple(members[place].name for place in hot.argmax(axis=1))
    shown = members[:SHOWN_MEMBERS]
    texts = np.array(
        [
            [f"{f.name} = {text}" for text in _texts(f, column)]
            for f, column in zip(shown, distinct.T[: len(shown)], strict=True)
        ]
    )
    rest = len(members) - len(shown)
    more = f" and {rest} more" if rest else ""
    return _told_apart([", ".join(column) + more for column in texts.T])


def _told_apart(texts: list[str]) -> tuple[str, ...]:
    """Write numbers behind texts that stand for several combinations."""
    total = Counter(texts)
    met: Counter[str] = Counter()
    answer = []
    for text in texts:
        met[text] += 1
        answer.append(f"{text} ({met[text]})" if total[text] > 1 else text)
    return tuple(answer)


def _indicators(members: list[Feature], distinct: Matrix) -> np.ndarray | None:
    """Return the rows as 0 and 1 when they are indicators with one 1 in each, or None."""
    try:
        columns = [
            np.array([float(f.categories[int(v)]) for v in column]) if f.is_discrete else column
            for f, column in zip(members, distinct.T, strict=True)
        ]
    except (TypeError, ValueError):
        return None  # categories that are text
    values = np.column_stack(columns)
    hot = values == 1.0
    fine = (hot | (values == 0.0)).all() and (hot.sum(axis=1) == 1).all() and len(members) > 1
    return values if fine else None


def _texts(feature: Feature, column: np.ndarray) -> list[str]:
    """Return values as text: rounded numbers, and different categories as different text."""
    if not feature.is_discrete:
        return [feature.text(float(v)) for v in column]
    texts = [str(category) for category in feature.categories]
    if len(set(texts)) < len(texts):  # the number 1 and the text "1"
        texts = [repr(category) for category in feature.categories]
    return [texts[int(v)] for v in column]
