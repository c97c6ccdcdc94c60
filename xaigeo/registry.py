"""A registry is a dict and a decorator; third parties join by entry point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from xaigeo.errors import InputError
from xaigeo.options import suggestion

T = TypeVar("T")


class Registry(Generic[T]):
    """Names of one kind of thing, loaded when first asked for.

    Parameters
    ----------
    kind : str
        What is registered, for messages: ``"method"``.
    builtin : dict[str, str]
        Name to module; importing the module registers the name.
    group : str, optional
        Entry-point group in which other packages announce theirs.
    plural : str, optional
        What several are called, by default the kind and an s.
    """

    def __init__(
        self,
        kind: str,
        builtin: dict[str, str],
        group: str | None = None,
        *,
        plural: str | None = None,
    ) -> None:
        self.kind = kind
        self.plural = plural or f"{kind}s"
        self.group = group
        self._modules = dict(builtin)
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that files its argument under `name`; a duplicate raises."""

        def file(entry: T) -> T:
            if name in self._entries:
                raise InputError(
                    expected=f"a new {self.kind} name",
                    arrived=f"{name!r}, which is already registered",
                    do="Choose another name; registered entries are never replaced.",
                )
            self._entries[name] = entry
            return entry

        return file

    def get(self, name: str) -> T:
        """Return the entry called `name`, importing its module when needed."""
        if name not in self._entries and name in self._modules:
            import_module(self._modules[name])
        if name not in self._entries and name in self._announced():
            loaded = self._announced()[name].load()
            self._entries.setdefault(name, loaded)
        if name not in self._entries:
            known = self.names()
            raise InputError(
                expected=f"a known {self.kind} ({', '.join(known)})",
                arrived=repr(name),
                do=self._family(name)
                or suggestion(name, known)
                or f"Choose one of the listed {self.plural}.",
            )
        return self._entries[name]

    def _family(self, word: str) -> str:
        """Return a question about the names, two or more, that hold this word, or nothing."""
        alike = [name for name in self._modules if word in name.split("_")]
        return f"Did you mean one of {', '.join(map(repr, alike))}?" if len(alike) > 1 else ""

    @property
    def builtin(self) -> list[str]:
        """Names that come with the library, in the order in which they were listed."""
        return list(self._modules)

    def names(self) -> list[str]:
        """Return all known names, sorted."""
        return sorted({*self._modules, *self._entries, *self._announced()})

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        # To ask the installed packages takes milliseconds.
        return name in self._modules or name in self._entries or name in self._announced()

    def _announced(self) -> dict[str, EntryPoint]:
        return {} if self.group is None else {e.name: e for e in entry_points(group=self.group)}
