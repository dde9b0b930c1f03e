"""Addresses: what they may mean, and what people call places."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import Body, Told, UtcText, example
from api.schemas.reports import ShortText
from api.schemas.search import COMMUNITY, NamedOut
from geo.model import AreaLevel, PlaceKind
from geo.rules.address import MAX_LETTERS
from geo.rules.address_context import Reason

_PLACE = "330802006004-C01-B03-2"


class PlaceCandidateOut(Told):
    """Something that an address may mean. place or area: its code."""

    place: str | None
    area: str | None
    about: PlaceKind | AreaLevel
    name: str = Field(description="Whole: with the compound that a building is in.")
    name_en: str | None
    score: float = Field(description="1: everything that the address says fits.")
    reasons: list[Reason] = Field(description="What speaks for it and against it.")
    said: str = Field(description="The part of the address that names it, in the form in which texts are compared.")
    alias: int | None = Field(description="The learnt name by which it was found.")
    where: list[NamedOut] = Field(description="What it lies in, the smallest first.")
    grid: str | None = Field(description="Code of the grid that it lies in.")
    lon: float | None
    lat: float | None


class AddressOut(Told):
    model_config = example(
        {
            "address": "府山街道锦绣花园３幢二单元",
            "parsed": {
                "subdistrict": "府山街道",
                "compound": "锦绣花园",
                "building": "3",
                "stairwell": "2",
                "room": "501",
            },
            "decides": _PLACE,
            "candidates": [
                {
                    "place": _PLACE,
                    "area": None,
                    "about": "stairwell",
                    "name": "锦绣花园3幢2单元",
                    "name_en": None,
                    "score": 1.0,
                    "reasons": ["name", "area"],
                    "said": "锦绣花园",
                    "alias": None,
                    "where": [COMMUNITY],
                    "grid": "FM-01",
                    "lon": 118.8698,
                    "lat": 28.95815,
                }
            ],
        }
    )

    address: str = Field(description="What was read: the address of the report, or its description without one.")
    parsed: dict[str, str] = Field(description="Its levels, province to room, as far as it has them.")
    decides: str | None = Field(description="The place where such a report is put without asking.")
    candidates: list[PlaceCandidateOut] = Field(description="Best first; only what you may see.")


class PlaceBody(Body):
    """Put an issue at a place."""

    model_config = example({"place": _PLACE, "learn": True})

    place: Annotated[ShortText, Field(description="Code of the place.")]
    learn: Annotated[bool, Field(description="Remember what the address calls the place.")] = True
    reason: Annotated[str | None, Field(max_length=2_000)] = None


class AliasBody(Body):
    """What a place or an area is called; one of the two."""

    model_config = example({"text": "老厂宿舍", "place": "330802006004-C01"})

    text: Annotated[str, Field(min_length=1, max_length=MAX_LETTERS)]
    place: Annotated[ShortText | None, Field(description="Code of the place.")] = None
    area: Annotated[ShortText | None, Field(description="Code of the area.")] = None


class AliasOut(Told):
    id: int
    text: str
    place: str | None
    area: str | None
    name: str = Field(description="Of the place or area, in the register.")
    actor: str | None = Field(description="Who taught it: a name, or null where you may not know people.")
    actor_en: str | None = Field(description="The same in English, where it is known.")
    learnt_at: UtcText
    taken_back_at: UtcText | None


class AliasPage(Told):
    model_config = example(
        {
            "items": [
                {
                    "id": 7,
                    "text": "老厂宿舍",
                    "place": "330802006004-C01",
                    "area": None,
                    "name": "锦绣花园",
                    "actor": "示例甲",
                    "actor_en": "Jia Shili",
                    "learnt_at": "2026-11-22T01:30:00.000Z",
                    "taken_back_at": None,
                }
            ],
            "next": None,
        }
    )

    items: list[AliasOut]
    next: str | None


class AliasMade(Told):
    model_config = example({"id": 7})

    id: int
