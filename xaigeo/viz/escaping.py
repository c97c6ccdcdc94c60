"""JSON that may stand inside a script element, and hashes for scripts that may run."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from markupsafe import Markup

# "<" could open "</script>" or "<!--", ">" close "-->"; U+2028 and U+2029 end a line in old
# JavaScript. json.dumps writes them, like all that is not ASCII, as escapes by itself.
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


def script_json(value: Any) -> Markup:
    r"""Return a value as JSON that cannot leave its script element.

    Examples
    --------
    >>> print(script_json({"name": "</script>"}))
    {"name":"\u003c/script\u003e"}
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return Markup(text.translate(_ESCAPES))  # escaped one line above


def script_source(code: str) -> Markup:
    """Return our own JavaScript for a script element.

    Raises
    ------
    ValueError
        If the code would end its element early, or holds a carriage return, which the HTML
        parser rewrites so that its hash no longer fits.
    """
    lowered = code.lower()
    if "</script" in lowered or "<!--" in lowered or "\r" in code:
        raise ValueError("The script holds a sequence that HTML would not leave alone.")
    return Markup(code)  # checked above, and never made of a user's text


def csp_hash(text: str) -> str:
    """Return the hash by which a content security policy admits an inline element."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
