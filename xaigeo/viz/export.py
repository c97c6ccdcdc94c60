"""Charts written to files: pictures, pages and specifications, without a browser or a network."""

from __future__ import annotations

import json
import os
import re
import zlib
from pathlib import Path
from typing import Any, Literal, get_args

import altair as alt

from xaigeo.errors import InputError
from xaigeo.options import check_flag, check_positive
from xaigeo.viz.bundle import vega_lite_version
from xaigeo.viz.chart_page import chart_page, table_page
from xaigeo.viz.checklist import Checklist
from xaigeo.viz.dark import darkened

Suffix = Literal[".png", ".svg", ".pdf", ".html", ".json"]
_PICTURES = (".png", ".svg", ".pdf")
# What XML, and so SVG, cannot hold: control characters and two code points that are none.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SIZE = re.compile(r'(<svg[^>]*?) width="([\d.]+)" height="([\d.]+)"')


def save(
    chart: Any,
    path: str | Path,
    *,
    scale: float = 2.0,
    width: float | None = None,
    dark: bool = False,
) -> Path:
    """Write a chart, or a table such as a checklist, in the format that the file's name ends in.

    Parameters
    ----------
    chart : altair chart, Checklist or another object with `_repr_html_`
        Several charts joined by ``|``, ``&`` or ``+`` are one chart. What is no chart is HTML
        and can be written as a page only.
    path : str or Path
        File to write; missing folders are made. ``.png``, ``.svg`` and ``.pdf`` are pictures,
        ``.html`` is a page with the live chart that needs no network, ``.json`` is the
        Vega-Lite specification with its data.
    scale : float, default 2.0
        Pixels of a PNG for each pixel of the chart.
    width : float, optional
        Width of a picture, titles and legends included: in pixels (``.png``, ``.svg``) or in
        points of 1/72 inch (``.pdf``). All of the picture grows or shrinks with it, letters
        too; `scale` then does not matter.
    dark : bool, default False
        Draw on dark paper.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        For another ending, something that cannot be drawn, a width of what is no picture, or a
        picture or dark paper of what is no chart.

    Notes
    -----
    Letters are those of the machine's fonts; one that no font of it has becomes a box. Control
    characters, which a picture cannot hold, become U+FFFD.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError(
            expected="the path of a file to write",
            arrived=repr(path),
            do="Pass a name such as 'chart.png'.",
        )
    target = Path(path)
    suffix = _suffix(target)
    check_positive("scale", scale)
    check_flag("dark", dark)
    if width is not None:
        _check_width(width, suffix)
    written = (
        _chart(chart, suffix, scale, width, dark=dark)
        if isinstance(chart, alt.TopLevelMixin)
        else _table(chart, suffix, dark=dark)
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(written if isinstance(written, bytes) else written.encode())
    return target


def svg_picture(spec: dict[str, Any], width: float | None = None) -> str:
    """Return a chart as SVG, `width` pixels wide if that is given."""
    import vl_convert

    svg = str(vl_convert.vegalite_to_svg(_writable(spec), vl_version=vega_lite_version()))
    return svg if width is None else _sized(svg, width)


def _writable(part: Any) -> Any:
    """Return a specification with U+FFFD for every character that SVG cannot hold.

    The library that draws ends the process at one of them.
    """
    if isinstance(part, str):
        return _NO_XML.sub("\ufffd", part)
    if isinstance(part, list):
        return [_writable(one) for one in part]
    if isinstance(part, dict):
        return {_writable(name): _writable(one) for name, one in part.items()}
    return part


def png_picture(svg: str, scale: float = 1.0) -> bytes:
    """Return an SVG as PNG, with `scale` pixels for each of its own."""
    import vl_convert

    return _packed(bytes(vl_convert.svg_to_png(svg, scale=scale)))


def _chart(
    chart: alt.TopLevelMixin, suffix: str, scale: float, width: float | None, *, dark: bool
) -> str | bytes:
    spec = chart.to_dict()
    if dark:
        spec = darkened(spec)
    if suffix == ".json":
        return json.dumps(spec, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    svg = svg_picture(spec, width)
    if suffix == ".svg":
        return svg
    if suffix == ".png":
        return png_picture(svg, scale if width is None else 1.0)
    if suffix == ".pdf":
        import vl_convert

        return bytes(vl_convert.svg_to_pdf(svg))
    return chart_page(spec, svg, dark=dark)


def _table(table: Any, suffix: str, *, dark: bool) -> str:
    shown = getattr(table, "_repr_html_", None)
    if isinstance(table, type) or not callable(shown):
        raise InputError(
            expected="a chart, or a table such as a checklist",
            arrived=type(table).__name__,
            do="Pass what a function of xaigeo.viz returns; join several charts with | or &.",
        )
    if suffix != ".html" or dark:
        raise InputError(
            expected=f"a name that ends in .html and light paper for a {type(table).__name__}",
            arrived="dark=True" if dark else repr(suffix),
            do="Write it as a page: a table is HTML, and only charts can be drawn as pictures.",
        )
    if isinstance(table, Checklist):
        return table.to_page()
    return table_page(shown(), title=type(table).__name__)


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in get_args(Suffix):
        raise InputError(
            expected=f"a file name that ends in {', '.join(get_args(Suffix))}",
            arrived=repr(path.name),
            do="The ending chooses the format, as in 'chart.png'.",
        )
    return suffix


def _check_width(width: float, suffix: str) -> None:
    check_positive("width", width)
    if suffix not in _PICTURES:
        raise InputError(
            expected=f"width for a picture ({', '.join(_PICTURES)})",
            arrived=f"width={width!r} for a {suffix} file",
            do="Leave width out; the chart function's own width sets how wide it is drawn.",
        )


def _packed(png: bytes) -> bytes:
    """Return the same PNG in a third of its bytes: vl-convert 1.9 packs its pixels in haste."""
    signature, rest = png[:8], png[8:]
    parts: list[tuple[bytes, bytes]] = []
    while rest:
        length = int.from_bytes(rest[:4], "big")
        parts.append((rest[4:8], rest[8 : 8 + length]))
        rest = rest[12 + length :]
    pixels = zlib.decompress(b"".join(held for kind, held in parts if kind == b"IDAT"))
    packed = [(kind, held) for kind, held in parts if kind not in (b"IDAT", b"IEND")]
    packed += [(b"IDAT", zlib.compress(pixels, 7)), (b"IEND", b"")]
    return signature + b"".join(
        len(held).to_bytes(4, "big") + kind + held + zlib.crc32(kind + held).to_bytes(4, "big")
        for kind, held in packed
    )


def _sized(svg: str, width: float) -> str:
    """Return the picture `width` wide; its viewBox stays, so everything in it is scaled."""

    def size(found: re.Match[str]) -> str:
        height = float(found[3]) * width / float(found[2])
        return f'{found[1]} width="{width:g}" height="{height:.6g}"'

    return _SIZE.sub(size, svg, count=1)
