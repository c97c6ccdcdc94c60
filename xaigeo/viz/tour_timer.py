"""The timer that lets the frames of a tour follow each other."""

from __future__ import annotations

from typing import Any, Final

FRAME: Final = "tour_frame"
PLAY: Final = "tour_play"
# Milliseconds that a frame is shown.
PAUSE: Final = 140


def with_timer(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a specification whose sliders of frames move on while the box `PLAY` is ticked.

    Vega-Lite hands the `on` of a parameter through to Vega's signal of that name, though its
    schema has no such key; Altair's check would refuse it, so it is added afterwards.

    Examples
    --------
    >>> slider = {"name": "tour_frame_3_1", "value": 1, "bind": {"input": "range", "max": 3}}
    >>> with_timer({"params": [slider]})["params"][0]["on"][0]["update"]
    'tour_play ? tour_frame_3_1 % 3 + 1 : tour_frame_3_1'
    """
    if "params" not in spec:
        return spec
    return spec | {"params": [_timed(one) for one in spec["params"]]}


def _timed(param: dict[str, Any]) -> dict[str, Any]:
    name = param["name"]
    if not name.startswith(f"{FRAME}_"):
        return param
    update = f"{PLAY} ? {name} % {param['bind']['max']} + 1 : {name}"
    return param | {"on": [{"events": {"type": "timer", "throttle": PAUSE}, "update": update}]}
