"""What the service does by the clock: after local midnight classes of rental units may change with nobody acting.

Answers kept for retries are forgotten then, too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import date

from api.idempotency import forget_old
from api.service import Service
from geo.desk import units
from geo.desk.tx import Tx
from geo.errors import Busy
from geo.model import SYSTEM

log = logging.getLogger("gridwarden.jobs")

LOOK_EVERY_S = 60.0


async def keep_daily(service: Service) -> None:
    """Run the daily refresh at the start and after each local midnight, for as long as the service runs."""
    done_for: date | None = None
    while True:
        today = service.today()
        if today != done_for:
            try:
                changed = await daily(service)
                done_for = today
                log.info("daily refresh: %s rental units decided again", changed)
            except Busy:
                log.info("daily refresh waits: the writer is busy")
            except Exception:
                log.exception("daily refresh failed; tried again")
        await asyncio.sleep(LOOK_EVERY_S)


async def daily(service: Service) -> int:
    """Decide again every rental unit whose review day has come, and forget old answers. Returns how many units."""
    await _all(service, forget_old)
    return await _all(service, units.refresh)


async def _all(service: Service, some: Callable[[Tx], int]) -> int:
    """Have a verb that does some of its work do all of it; what arrives meanwhile is answered in between."""
    total = 0
    while done := await service.perform(some, SYSTEM):
        total += done
    return total
