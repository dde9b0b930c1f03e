"""What one running application holds: store, accounts, writer, live hub. Made in the lifespan, never on import."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from api.accounts import Accounts
from api.answers import Answers
from api.clock import Clock, local_date, utc_now
from api.live import Hub
from api.metrics import Metrics
from api.settings import Settings
from geo.desk.asof import When
from geo.desk.details import Reading
from geo.desk.gazetteer import Gazetteers
from geo.desk.gridmap import GridShapes
from geo.desk.tx import Desk, Tx
from geo.desk.writer import Writer
from geo.model import Actor
from geo.rules.access import Capability, Reach
from geo.store.store import Store
from maps.base_map import LOCAL, BaseMap
from maps.tile_file import TileFile

T = TypeVar("T")


@dataclass
class Service:
    """The parts of a running service, shared by its routes."""

    settings: Settings
    store: Store
    accounts: Accounts
    desk: Desk
    shapes: GridShapes
    writer: Writer
    hub: Hub
    metrics: Metrics
    clock: Clock = field(default=utc_now)
    answers: Answers = field(default_factory=Answers)
    tiles: Answers = field(default_factory=lambda: Answers(capacity=256))
    gazetteers: Gazetteers = field(default_factory=Gazetteers)
    base_map: BaseMap = LOCAL
    tile_file: TileFile | None = None

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return self.clock()

    def today(self) -> date:
        """The local date of the jurisdiction."""
        return local_date(self.store, self.now())

    def when(self) -> When:
        """The present moment as reads take it."""
        return When(self.now(), ZoneInfo(self.store.jurisdiction.timezone))

    def reading(self, reach: Reach, when: When) -> Reading:
        """How details are read at that moment by somebody who may know people where ``reach`` says."""
        return Reading(when, self.desk.atlas, reach.of(Capability.PEOPLE_SEE))

    async def perform(self, verb: Callable[[Tx], T], actor: Actor) -> T:
        """Have the writer do ``verb`` and wait for its commit. Raises what the verb raises, or Busy."""
        return await asyncio.wrap_future(self.writer.submit(verb, actor))
