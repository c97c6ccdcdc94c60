from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "sklearn", "scipy", "xarray", "altair", "pip")


def test_importing_and_reading_texts_loads_nothing_heavy():
    code = (
        "import sys, xaigeo.datasets as d; d.sentences('imdb').n_repeated; "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"
