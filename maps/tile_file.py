"""A PMTiles file of raster tiles: one file that holds a whole base map, for places without internet.

The file is read here and its tiles are served one by one, so that the page draws them as it draws any others and its
browser keeps them as it keeps any picture.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from pmtiles.tile import (
    Compression,
    Entry,
    HeaderDict,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from geo.errors import BadInput

HEADER_BYTES = 127
MAX_DEPTH = 4  # directories on the way to a tile, by the specification
KEPT_DIRECTORIES = 32

MEDIA_TYPES = {
    TileType.PNG: "image/png",
    TileType.JPEG: "image/jpeg",
    TileType.WEBP: "image/webp",
    TileType.AVIF: "image/avif",
}


class TileFile:
    """An open file. Reading is safe from several threads; another file put in its place is seen after a restart."""

    def __init__(self, path: Path) -> None:
        """Raises BadInput when there is no such file, or it holds no raster tiles that a browser can show."""
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
        try:
            self._header = self._read_header(path)
        except BaseException:
            self.close()
            raise
        self.media_type = MEDIA_TYPES[self._header["tile_type"]]
        self.min_zoom, self.max_zoom = self._header["min_zoom"], self._header["max_zoom"]
        state = os.fstat(self._file.fileno())
        self.version = f"{state.st_mtime_ns:x}-{state.st_size:x}"
        self._directory = lru_cache(KEPT_DIRECTORIES)(self._read_directory)

    def close(self) -> None:
        self._file.close()

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """One tile as it stands in the file; None where it has none."""
        if not self.min_zoom <= z <= self.max_zoom or not (0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        tile_id = zxy_to_tileid(z, x, y)
        header = self._header
        offset, length = header["root_offset"], header["root_length"]
        for _ in range(MAX_DEPTH):
            found = find_tile(self._directory(offset, length), tile_id)
            if found is None:
                return None
            if found.run_length:
                return self._read(header["tile_data_offset"] + found.offset, found.length)
            offset, length = header["leaf_directory_offset"] + found.offset, found.length
        return None

    def _read_header(self, path: Path) -> HeaderDict:
        try:
            header = deserialize_header(self._read(0, HEADER_BYTES))
        except (MagicNumberNotFound, SpecVersionUnsupported, ValueError, IndexError) as error:
            raise BadInput(f"{path} is no PMTiles file of version 3.") from error
        kind = header["tile_type"]
        if kind not in MEDIA_TYPES:
            raise BadInput(f"{path} holds tiles of type {kind.name}; a base map is of PNG, JPEG, WEBP or AVIF tiles.")
        packed = header["tile_compression"] not in (Compression.NONE, Compression.UNKNOWN)
        if packed or header["internal_compression"] is not Compression.GZIP:
            raise BadInput(f"{path} is compressed otherwise than pictures are: directories by gzip, tiles not at all.")
        return header

    def _read_directory(self, offset: int, length: int) -> list[Entry]:
        return deserialize_directory(self._read(offset, length))

    def _read(self, offset: int, length: int) -> bytes:
        return os.pread(self._file.fileno(), length, offset)
