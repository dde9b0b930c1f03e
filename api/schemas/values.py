"""Values that many requests hold, within what a store can compare: beyond it a database fails instead of answering."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime

MAX_ID = 2**63 - 1
YEARS = (1900, 2999)  # nothing that people record lies outside; every zone can tell the time within


def _in_calendar(moment: datetime) -> datetime:
    first, last = YEARS
    if not first <= moment.year <= last:
        raise ValueError(f"a time between {first} and {last} is needed")
    return moment.astimezone(UTC)


Id = Annotated[int, Path(ge=0, le=MAX_ID)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_calendar)]
