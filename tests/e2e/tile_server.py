"""Somebody else's tiles: a host on loopback whose map, in GCJ-02, has one cross."""

from __future__ import annotations

import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from geo.crs import from_wgs84

TILE = 256
ARM_PX = 40
PAPER, INK = (250, 250, 250), (255, 0, 255)


class TileServer:
    """Serves /z/x/y.png. ``fails``: answers 503 instead. ``referers``: what browsers said where they come from."""

    def __init__(self) -> None:
        self._place = 0.0, 0.0
        self.fails = False
        self.referers: set[str | None] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever)

    def draw_cross(self, lon: float, lat: float) -> None:
        """At a place that is given in WGS84, and drawn where GCJ-02 has it."""
        x, y = from_wgs84(lon, lat, "gcj02")
        self._place = (float(x) + 180) / 360, 0.5 - float(np.arctanh(np.sin(np.radians(y)))) / (2 * np.pi)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def tile(self, z: int, x: int, y: int) -> bytes:
        """Paper, and on it the part of the cross that lies in this tile."""
        pixels = np.full((TILE, TILE, 3), PAPER, np.uint8)
        column, row = (round(self._place[at] * 2**z * TILE) - (x, y)[at] * TILE for at in (0, 1))
        for across, down in ((ARM_PX, 1), (1, ARM_PX)):
            rows = slice(max(0, row - down), max(0, row + down + 1))
            columns = slice(max(0, column - across), max(0, column + across + 1))
            pixels[rows, columns] = INK
        return png(pixels)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        tiles = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                tiles.referers.add(self.headers["referer"])
                if tiles.fails:
                    self.send_error(503)
                    return
                z, x, y = (int(part) for part in self.path.removesuffix(".png").split("/")[1:])
                body = tiles.tile(z, x, y)
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler


def png(pixels: np.ndarray) -> bytes:
    """Red, green and blue (h, w, 3) as a PNG picture."""
    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)  # no filter

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows.tobytes())), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
