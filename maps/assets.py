"""Where the built front end lies: names of sources -> URLs of the hashed files that the build made of them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
STATIC_URL = "/static"
MANIFEST = STATIC / "manifest.json"


class FrontEndNotBuilt(RuntimeError):
    """maps/static is missing or incomplete."""


def url_of(name: str) -> str:
    """URL of a built asset by its logical name, such as ``app.js``. Hashed names may be cached for ever."""
    try:
        return f"{STATIC_URL}/{_manifest(MANIFEST.stat().st_mtime_ns)[name]}"
    except (OSError, KeyError) as error:
        raise FrontEndNotBuilt("the front end is not built: run `python -m maps.build_frontend`") from error


@lru_cache(maxsize=1)
def _manifest(_modified_ns: int) -> dict[str, str]:
    """Read again when the front end was built again under a running service."""
    manifest: dict[str, str] = json.loads(MANIFEST.read_text("utf-8"))
    return manifest
