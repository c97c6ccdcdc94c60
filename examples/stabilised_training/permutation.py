"""Does the answer of text networks follow their attention, and does weighting classes change it?

    python examples/stabilised_training/permutation.py --page docs/attention_permutation.md

trains, shuffles attention (out/attention_permutation), and writes the page with its pictures.
What was measured is kept, so a second run only writes the page.
"""

import argparse
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import permutation_page
import permutation_pictures
from permutation_measuring import EQUAL_EPOCHS, measured
from permutation_summary import Compared
from text_cases import NETWORKS, QUICK, Amounts, Network

import xaigeo as xg

# Both encoders, each with additive attention.
CHOSEN = tuple(network for network in NETWORKS if network.attention == "additive")
QUICK_EPOCHS = (1, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/attention_permutation"))
    parser.add_argument("--page", type=Path, help="where it goes; <out>/attention_permutation.md")
    parser.add_argument("--quick", action="store_true", help="a few seeds and texts, in seconds")
    given = parser.parse_args()
    amounts = QUICK if given.quick else Amounts()
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    shown: Path = given.page or out / "attention_permutation.md"
    equal_epochs = QUICK_EPOCHS if given.quick else EQUAL_EPOCHS
    found = [compared(network, amounts, equal_epochs, out) for network in CHOSEN]
    results = {
        "amounts": asdict(amounts),
        "versions": {"xaigeo": xg.__version__, "python": platform.python_version()},
    }
    pictures = permutation_pictures.draw(found, shown.with_suffix(""))
    shown.write_text(permutation_page.write(results, found, shown.stem, pictures))
    print(f"Wrote {shown}")


def compared(
    network: Network, amounts: Amounts, equal_epochs: Sequence[int], folder: Path
) -> Compared:
    """Return both losses stopped by the validation loss, and both after equal training."""
    n_bootstrap = amounts.n_bootstrap
    equal = {
        epochs: Compared(
            network, *measured(network, amounts, folder, epochs=epochs), n_bootstrap=n_bootstrap
        )
        for epochs in equal_epochs
    }
    stopped = measured(network, amounts, folder)
    return Compared(network, *stopped, n_bootstrap=n_bootstrap, equal=equal)


if __name__ == "__main__":
    main()
