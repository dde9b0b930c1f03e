"""One file out of what people call a file: a Shapefile with its parts, a GeoPackage with its log."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo.errors import BadInput
from geo.files.layers import SHAPEFILE_PARTS, opened


@contextmanager
def as_one_file(path: Path) -> Iterator[Path]:
    """A file that holds all of ``path``, to be sent to another process: a Shapefile comes zipped, most as they are.

    Raises BadInput for a folder, such as a FileGDB.
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        raise BadInput(f"{path.name} is a folder and cannot be sent: export the layer to a GeoPackage first")
    if suffix == ".shp":
        with tempfile.TemporaryDirectory(prefix="gridwarden-") as folder:
            yield _zipped(path, Path(folder) / f"{path.stem}.zip")
    elif suffix == ".gpkg":
        with opened(path) as copy:
            yield copy
    else:
        yield path


def _zipped(path: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(path.parent.glob(f"{path.stem}.*")):
            if part.suffix.lower() in SHAPEFILE_PARTS and part.is_file():
                archive.write(part, part.name)
    return target
