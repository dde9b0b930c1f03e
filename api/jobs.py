"""What the service does by the clock: after local midnight classes of rental units may change with nobody acting.

Answers kept for retries are forgotten then, too. Drafts of boundaries are published at the time that was set for them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import date

from api.idempotency import forget_old
from api.service import Service
from geo.desk import publishing, units
from geo.desk.tx import Tx
from geo.errors import Busy, GridwardenError
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


async def keep_publishing(service: Service) -> None:
    """Publish each draft at its set time, for as long as the service runs; what fell due while none ran comes first."""
    while True:
        try:
            await publish_due(service)
        except Exception:
            log.exception("drafts whose time has come are not published; tried again")
        await asyncio.sleep(LOOK_EVERY_S)


async def publish_due(service: Service) -> int:
    """Publish the drafts whose time has come, in a thread of their own. Returns how many there were."""
    done = await asyncio.to_thread(publishing.publish_due, service.desk, service.clock)
    for draft_id, outcome in done:
        if isinstance(outcome, GridwardenError):
            log.warning("draft %s is returned: %s", draft_id, outcome)
        else:
            log.info("draft %s is edition %s", draft_id, outcome.edition)
    if done:
        service.hub.poke()
    return len(done)
