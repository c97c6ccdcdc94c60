"""One thread of arithmetic, so that numbers do not depend on how many there are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any

_LOCK = Lock()
_INSIDE = 0
_RESTORE: list[Any] = []


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch and the linear algebra behind numpy on one thread, and restore them after.

    A sum in two threads rounds otherwise than in one, and worker processes have fewer threads
    than the process that starts them. Several threads of one process may be inside at a time:
    the first to come sets the limits, the last to leave lifts them.
    """
    global _INSIDE
    torch = sys.modules.get("torch")
    with _LOCK:
        if not _INSIDE:
            # Before the limits are set, which torch's own number follows.
            n_threads = torch.get_num_threads() if torch else None
            _RESTORE[:] = [_controller(len(sys.modules)).limit(limits=1), n_threads]
        _INSIDE += 1
        if torch:
            torch.set_num_threads(1)  # which counts for the calling thread alone
    try:
        yield
    finally:
        with _LOCK:
            _INSIDE -= 1
            if not _INSIDE:
                limits, n_threads = _RESTORE
                limits.restore_original_limits()
                if n_threads is not None:
                    sys.modules["torch"].set_num_threads(n_threads)


@lru_cache(maxsize=1)
def _controller(n_modules: int) -> Any:
    """Return threadpoolctl's view of the loaded libraries, which takes it milliseconds.

    A library comes with a module, so the view holds while their number does.
    """
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
