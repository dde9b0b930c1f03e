"""Tiles of the operator's own PMTiles file. Tiles of other hosts are asked for by the browser, never by us."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.auth import Needs, Principal
from api.base_map import TILE_URL
from api.deps import ServiceDep
from geo.errors import NotFound

router = APIRouter(include_in_schema=False)

# The URL in the page has the file's version in it.
FOR_EVER = "private, max-age=31536000, immutable"
# One transparent pixel: where the file has no tile, the local vectors are seen.
NOTHING = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000b4944415478da6360000200000500"
    "01e9fadcd80000000049454e44ae426082"
)

Number = Annotated[int, Path(ge=0, lt=2**31)]


@router.get(TILE_URL)
def get_tile(
    service: ServiceDep, _: Annotated[Principal, Needs("map.see")], z: Number, x: Number, y: Number
) -> Response:
    """One tile."""
    if service.tile_file is None:
        raise NotFound("This service has no base map of its own.")
    found = service.tile_file.tile(z, x, y)
    media_type = service.tile_file.media_type if found is not None else "image/png"
    return Response(found if found is not None else NOTHING, media_type=media_type, headers={"Cache-Control": FOR_EVER})
