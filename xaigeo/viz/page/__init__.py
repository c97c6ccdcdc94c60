"""The HTML report: what was found -> a summary -> one self-contained page."""

from xaigeo.viz.page.report import report

__all__ = ["report"]
