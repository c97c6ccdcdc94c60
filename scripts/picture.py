"""Take the README's picture: the demo's report in Chromium, saved as a small PNG.

Usage: ``python scripts/picture.py [--report out/demo/report.html] [--to docs/report.png]``
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

MOST_BYTES = 300_000
TALLEST = 1_270
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", type=Path, default=Path("out/demo/report.html"))
    parser.add_argument("--to", type=Path, default=Path("docs/report.png"))
    parser.add_argument("--section", default="#explorer", help="CSS selector of what to show")
    parser.add_argument("--row", default="144", help="label of the row to show")
    parser.add_argument("--method", default="All together", help="button to press first")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not options.report.is_file():
        what = "Chromium" if chromium is None else str(options.report)
        print(f"{what} is missing. Install chromium and run `make demo` first.", file=sys.stderr)
        return 1
    options.to.parent.mkdir(parents=True, exist_ok=True)
    picture = screenshot(chromium, options.report, options.section, options.row, options.method)
    options.to.write_bytes(compress(picture))
    print(f"Wrote {options.to} ({options.to.stat().st_size / 1000:.0f} kB)")
    return 0


def screenshot(chromium: str, report: Path, section: str, row: str, method: str) -> bytes:
    """Return a PNG of one section of the report, with one row and method chosen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, device_scale_factor=1.5)
        page.goto(report.resolve().as_uri())
        page.wait_for_selector(f"{section} svg, {section} canvas")
        labels = page.locator("#row option").all_inner_texts()
        page.select_option("#row", label=next(t for t in labels if t.split()[0].rstrip(":") == row))
        page.get_by_role("button", name=method).click()
        page.wait_for_timeout(1500)
        picture: bytes = page.locator(section).screenshot()
        browser.close()
    return picture


def compress(png: bytes) -> bytes:
    """Return the top of the picture with as many colours and pixels as fit the limit."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image = image.crop((0, 0, image.width, min(image.height, TALLEST)))
    for colours, share in ((256, 1.0), (128, 1.0), (128, 0.8), (64, 0.67)):
        size = (round(image.width * share), round(image.height * share))
        small = image.resize(size, Image.Resampling.LANCZOS) if share < 1 else image
        buffer = io.BytesIO()
        small.quantize(colours, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
        if buffer.tell() < MOST_BYTES:
            break
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())
