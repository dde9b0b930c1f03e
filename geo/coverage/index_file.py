"""A grid index in one file: mapped into memory, so that processes share it; checked whole before it is believed.

8 bytes   b"GWCELLS\\n"
u32       version of this layout
u32       length of the header
32 bytes  SHA-256 of the length and of all that follows
header    JSON: codes, box, raster, and dtype, shape and place of each array
arrays    each on a multiple of 64 bytes; little-endian
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.coverage.cells import Cells
from geo.coverage.edges import Corner
from geo.coverage.raster import Raster
from geo.errors import IndexFileUnusable

VERSION = 1
_MAGIC = b"GWCELLS\n"
_START = struct.Struct("<8sII32s")
_LENGTH = struct.Struct("<I")
_ALIGN = 64
_ARRAYS = {"cells": "<i4", "corner": "<i4", "first": "<i8", "pieces": "<i4"}


def save(path: str | os.PathLike[str], codes: Sequence[str], index: Cells) -> None:
    """Write the file in one step: whoever opens it finds all of the old or all of the new."""
    raster = index.raster
    frame = [*raster.corner, raster.width, raster.height, raster.x_bits, raster.y_bits]
    arrays = {name: np.ascontiguousarray(getattr(index, name), dtype) for name, dtype in _ARRAYS.items()}
    layout, end = {}, 0
    body: list[Any] = []
    for name, array in arrays.items():
        layout[name] = [list(array.shape), end]
        body += [array.data.cast("B") if array.size else b"", bytes(-array.nbytes % _ALIGN)]
        end += array.nbytes + -array.nbytes % _ALIGN
    header = json.dumps({"codes": list(codes), "box": index.box, "raster": frame, "arrays": layout}).encode()
    header += b" " * (-(_START.size + len(header)) % _ALIGN)
    digest = hashlib.sha256(_LENGTH.pack(len(header)))
    for part in [header, *body]:
        digest.update(part)
    target = Path(path)
    draft = target.with_name(f"{target.name}.{os.getpid()}.new")
    try:
        with draft.open("wb") as file:
            file.write(_START.pack(_MAGIC, VERSION, len(header), digest.digest()))
            file.write(header)
            file.writelines(body)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def load(path: str | os.PathLike[str]) -> tuple[list[str], Cells]:
    """Codes and index; its arrays are read-only and lie in the file.

    Raises IndexFileUnusable for anything but an undamaged file of this version, FileNotFoundError where there is none.
    """
    name = Path(path).name
    if Path(path).stat().st_size < _START.size:
        raise _unusable(name, "is too short to be a grid index")
    file = np.memmap(path, np.uint8, mode="r")
    magic, version, length, digest = _START.unpack(file[: _START.size].tobytes())
    if magic != _MAGIC:
        raise _unusable(name, "is no grid index")
    if version != VERSION:
        raise _unusable(name, f"is a grid index of version {version}, and this release reads version {VERSION}")
    found = hashlib.sha256(_LENGTH.pack(length))
    found.update(file.data[_START.size :])
    if found.digest() != digest:
        raise _unusable(name, "is damaged or was cut short")
    header = json.loads(file[_START.size : _START.size + length].tobytes())
    x, y, *size = header["raster"]
    bodies = np.asarray(file[_START.size + length :])
    arrays = {name: _array(bodies, dtype, *header["arrays"][name]) for name, dtype in _ARRAYS.items()}
    box = tuple(header["box"]) if header["box"] else None
    return header["codes"], Cells(Raster(Corner(x, y), *size), **arrays, box=box)


def _array(bodies: NDArray[np.uint8], dtype: str, shape: list[int], start: int) -> NDArray[Any]:
    """One array, where it lies in the file."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return bodies[start : start + size].view(dtype).reshape(shape)


def _unusable(name: str, why: str) -> IndexFileUnusable:
    return IndexFileUnusable(f"{name} {why}; delete it and let the index be built anew", file=name)
