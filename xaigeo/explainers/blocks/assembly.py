"""The parts of a finished run written into one store, in bounded memory."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from xaigeo import dims
from xaigeo.explainers.blocks.cut import Cut
from xaigeo.explainers.blocks.joining import padded
from xaigeo.explainers.blocks.labelling import Labeller
from xaigeo.explainers.blocks.threads import one_thread
from xaigeo.explanations import Shapes
from xaigeo.store.leaves import instance_axis
from xaigeo.store.manifest import ARRAYS, write_manifest
from xaigeo.store.parts import JOB, Headers, PartFolder
from xaigeo.store.writing import ArrayWriter


def assemble(parts: PartFolder, labeller: Labeller, cut: Cut, folder: Path) -> None:
    """Write the parts of all tasks into the store `folder`, checking what they hold."""
    import zarr

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    headers = common_headers([parts.headers(task) for task in range(cut.n_tasks)], labeller.shapes)
    group = zarr.open_group(str(folder / ARRAYS), mode="w")
    writers: dict[str, ArrayWriter] = {}
    for task in range(cut.n_tasks):
        arrays = parts.read(task)
        for name, (shape, dtype) in headers.items():
            if (axis := instance_axis(labeller.shapes[name])) is not None:
                arrays[name] = padded(arrays[name].astype(dtype, copy=False), shape, axis)
        with one_thread():
            found = labeller.explanation(arrays, cut.task_rows(task))
        for name in map(str, found.data.data_vars):
            names, values = labeller.shapes[name], found.array(name)
            if task and dims.INSTANCE not in names:
                continue  # it is the same in every part, or the first part's
            if name not in writers:
                sizes = dict(found.data.sizes) | {dims.INSTANCE: cut.n_rows}
                whole = [sizes[dim] for dim in names]
                writers[name] = ArrayWriter(group, name, names, whole, values.dtype)
            writers[name].append(values)
    records = {name: writer.record() for name, writer in writers.items()}
    shutil.copy(parts.path / JOB, folder / JOB)
    write_manifest(folder, labeller.described(writers), records)


def common_headers(headers: list[Headers], shapes: Shapes) -> Headers:
    """Return for every array the longest shape of all parts and a type that holds all.

    The size along the instances is that of the largest part, and of no use.
    """
    answer: Headers = {}
    for name in headers[0]:
        longest = np.max([one[name][0] for one in headers], axis=0) if shapes[name] else ()
        dtype = np.result_type(*(one[name][1] for one in headers))
        answer[name] = tuple(int(size) for size in longest), dtype
    return answer
