"""The live hub: each viewer hears of what he may see, resumes where he left, and is told to reload when he cannot."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import live
from api.live import BEAT, Hub, Listener, ScopeKey
from api.metrics import Metrics
from api.middleware import RequestLog
from api.status_line import WRITTEN
from geo.errors import Busy
from geo.rules.access import Capability, Grant, Reach, Role, reach

DAY = date(2026, 3, 18)
WHOLE = reach([Grant(Role.COMMANDER)], DAY)
FUSHAN = reach([Grant(Role.COMMANDER, "/330802/330802001/")], DAY)


@dataclass
class Event:
    id: int
    area: str
    recorded_at: datetime
    kind: str = "report.filed"


@dataclass
class Past:
    """A store that is nothing but its events, and a feed that tells an event's id to those who cover its area."""

    now: datetime
    events: list[Event] = field(default_factory=list)
    overdue: list[tuple[datetime, datetime]] = field(default_factory=list)
    rehearsed: int = 0

    def happens(self, area: str = "/330802/330802001/", kind: str = "report.filed") -> int:
        self.events.append(Event(len(self.events) + 1, area, self.now, kind))
        return len(self.events)

    @contextmanager
    def read(self) -> Iterator[Any]:
        yield None

    def events_after(self, conn: Any, after: int, limit: int) -> Sequence[Any]:
        return [event for event in self.events if event.id > after][:limit]

    def last_event(self, conn: Any) -> int:
        return len(self.events)

    def hello(self, conn: Any, now: datetime) -> Mapping[str, Any]:
        return {"edition": 3, "today": now.date(), "now": now}

    def rehearse(self, conn: Any, now: datetime) -> None:
        self.rehearsed += 1

    def changes(
        self, conn: Any, scopes: Mapping[ScopeKey, Reach], events: Sequence[Any], since: datetime, now: datetime
    ) -> Mapping[ScopeKey, Mapping[str, Any]]:
        self.overdue.append((since, now))
        told = {
            key: [event.id for event in events if scope.allows(Capability.ISSUES_SEE, event.area)]
            for key, scope in scopes.items()
        }
        return {key: {"items": ids} for key, ids in told.items() if ids}


@dataclass(eq=False)
class Viewer:
    reach: Reach
    valid: bool = True


@dataclass
class Stage:
    """A hub over a made-up past, with its clock and day in the test's hands."""

    past: Past
    day: date = DAY
    hub: Hub = field(init=False)
    renewed: list[Viewer] = field(default_factory=list)

    def renew(self, viewer: Viewer) -> Reach | None:
        self.renewed.append(viewer)
        return viewer.reach if viewer.valid else None

    def __post_init__(self) -> None:
        self.hub = Hub(
            self.past,
            self.past,
            clock=lambda: self.past.now,
            today=lambda: self.day,
            renew=self.renew,
            metrics=Metrics(),
        )


@pytest.fixture
def stage(now: datetime) -> Stage:
    return Stage(Past(now))


def parsed(message: bytes) -> tuple[str, Any]:
    lines = dict(line.split(": ", 1) for line in message.decode().strip().split("\n"))
    return lines["event"], json.loads(lines["data"])


def waiting(listener: Listener) -> list[tuple[str, Any]]:
    """What is queued for a listener, decoded; beats left out, the end as ("end", None)."""
    told = []
    while not listener.queue.empty():
        message = listener.queue.get_nowait()
        if message != BEAT:
            told.append(("end", None) if message is None else parsed(message))
    return told


async def joined(hub: Hub, viewer: Viewer, last: str | None = None) -> tuple[Listener, list[tuple[str, Any]]]:
    listener, first = await hub.join(viewer, ("session", id(viewer)), last)
    return listener, [parsed(message) for message in first]


def test_a_viewer_may_know_of_more_than_this_process_has_read_yet(stage: Stage) -> None:
    """Several processes share a store: the map may come from one and the stream from another."""

    async def scene() -> None:
        stage.past.happens()
        newest = stage.past.happens()
        _, first = await joined(stage.hub, Viewer(WHOLE), str(newest))
        assert [name for name, _ in first] == ["hello"]
        assert first[0][1]["rev"] == str(newest)

    asyncio.run(scene())


def test_one_session_has_so_many_streams_and_no_more(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "STREAMS_EACH", 2)

    async def scene() -> None:
        hub, viewer = stage.hub, Viewer(WHOLE)
        hub.admit("session")
        first, second = hub.stream(viewer, "session", None), hub.stream(viewer, "session", None)
        assert [parsed(await anext(stream))[0] for stream in (first, second)] == ["hello", "hello"]
        with pytest.raises(Busy):
            hub.admit("session")
        hub.admit("another")
        # One that was admitted before the others joined: greeted, and ended.
        assert [parsed(message)[0] async for message in hub.stream(viewer, "session", None)] == ["hello"]
        await first.aclose()
        hub.admit("session")
        await second.aclose()

    asyncio.run(scene())


def test_the_first_change_was_rehearsed(stage: Stage) -> None:
    """What the feed makes once is there before anybody waits for it, and nobody hears of what was told long ago."""

    async def scene() -> None:
        stage.past.happens()
        await stage.hub.start()
        viewer, _ = await joined(stage.hub, Viewer(WHOLE))
        while not stage.past.rehearsed:
            await asyncio.sleep(0)
        stage.past.happens()
        await stage.hub.round()
        assert waiting(viewer) == [("change", {"items": [2], "rev": "2"})]
        await stage.hub.stop()

    asyncio.run(scene())


def test_a_rehearsal_that_fails_makes_nobody_reload(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("the feed")

    async def scene() -> None:
        stage.past.happens()
        viewer, _ = await joined(stage.hub, Viewer(WHOLE))
        with monkeypatch.context() as patch:
            patch.setattr(stage.past, "rehearse", fails)
            await stage.hub.start()
            while not caplog.records:
                await asyncio.sleep(0)
        assert "rehearse" in caplog.text
        assert waiting(viewer) == []
        await stage.hub.stop()

    asyncio.run(scene())


def test_each_scope_hears_its_own(stage: Stage) -> None:
    async def scene() -> None:
        await stage.hub.round()
        whole, first = await joined(stage.hub, Viewer(WHOLE))
        fushan, _ = await joined(stage.hub, Viewer(FUSHAN))
        assert first[0][0] == "hello" and first[0][1]["rev"] == "0" and first[0][1]["edition"] == 3
        stage.past.happens("/330802/330802001/")
        stage.past.happens("/330802/330802999/")
        await stage.hub.round()
        assert waiting(whole) == [("change", {"items": [1, 2], "rev": "2"})]
        assert waiting(fushan) == [("change", {"items": [1], "rev": "2"})]
        await stage.hub.round()
        assert waiting(whole) == []

    asyncio.run(scene())


def test_a_commit_reaches_an_open_stream(stage: Stage) -> None:
    async def scene() -> None:
        await stage.hub.start()
        stream = stage.hub.stream(Viewer(WHOLE), "key", None)
        assert parsed(await anext(stream))[0] == "hello"
        stage.past.happens()
        await asyncio.to_thread(stage.hub.poke)
        assert parsed(await anext(stream)) == ("change", {"items": [1], "rev": "1"})
        await stage.hub.stop()
        assert [message async for message in stream] == []

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_resuming_tells_what_was_missed(stage: Stage) -> None:
    async def scene() -> None:
        for _ in range(3):
            stage.past.happens()
        await stage.hub.round()
        listener, first = await joined(stage.hub, Viewer(WHOLE), "1")
        assert [name for name, _ in first] == ["hello", "change"]
        assert first[1][1] == {"items": [2, 3], "rev": "3"}
        _, first = await joined(stage.hub, Viewer(WHOLE), "3")
        assert [name for name, _ in first] == ["hello"]
        assert waiting(listener) == []

    asyncio.run(scene())


@pytest.mark.parametrize("last", ["9", "nonsense", "", "0-1", "-1", "１", "9" * 30])
def test_an_id_that_is_not_ours_means_reload(stage: Stage, last: str) -> None:
    async def scene() -> None:
        stage.past.happens()
        await stage.hub.round()
        _, first = await joined(stage.hub, Viewer(WHOLE), last)
        assert [name for name, _ in first] == ["hello", "reset"]

    asyncio.run(scene())


def test_an_id_from_too_long_ago_means_reload(stage: Stage) -> None:
    async def scene() -> None:
        stage.past.happens()
        stage.past.now += live.RESUME_FOR + timedelta(seconds=1)
        stage.past.happens()
        await stage.hub.round()
        _, first = await joined(stage.hub, Viewer(WHOLE), "1")
        assert [name for name, _ in first] == ["hello", "reset"]

    asyncio.run(scene())


def test_the_newest_id_is_never_too_old(stage: Stage) -> None:
    """Nothing happened since, so what a viewer loads ends with that event, too: a reset would never end."""

    async def scene() -> None:
        _, first = await joined(stage.hub, Viewer(WHOLE), "0")
        assert [name for name, _ in first] == ["hello"], "in a store in which nothing ever happened"
        stage.past.happens()
        happened = stage.past.now
        stage.past.now += 2 * live.RESUME_FOR
        await stage.hub.round()
        _, first = await joined(stage.hub, Viewer(WHOLE), "1")
        assert [name for name, _ in first] == ["hello"]
        assert stage.past.overdue[-1] == (happened, stage.past.now)

    asyncio.run(scene())


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_a_viewer_who_joins_misses_nothing_and_hears_nothing_twice(before: int, between: int, after: int) -> None:
    async def scene() -> list[int]:
        stage = Stage(Past(datetime(2026, 3, 18, 4).astimezone()))
        last = stage.past.happens()
        for count in (before, between):
            for _ in range(count):
                stage.past.happens()
            if count is before:
                await stage.hub.round()  # the hub has not read what happens between
        listener, first = await joined(stage.hub, Viewer(WHOLE), str(last))
        for _ in range(after):
            stage.past.happens()
        await stage.hub.round()
        return [i for name, data in [*first, *waiting(listener)] if name == "change" for i in data["items"]]

    assert asyncio.run(scene()) == list(range(2, before + between + after + 2))


def test_a_listener_that_does_not_read_is_told_to_reload(stage: Stage) -> None:
    async def scene() -> None:
        slow, _ = await joined(stage.hub, Viewer(WHOLE))
        for _ in range(live.QUEUE_MESSAGES + 5):
            stage.past.happens()
            await stage.hub.round()
        told = waiting(slow)
        assert told[0] == ("reset", {})
        assert len(told) == 5

    asyncio.run(scene())


@dataclass
class Wire:
    """A connection that takes parts or does not, and all that went over it, whichever way."""

    takes: bool = True
    sent: list[tuple[str, Any]] = field(default_factory=list)

    def write(self, part: bytes) -> bool:
        if self.takes:
            self.sent.append(parsed(part))
        return self.takes


def test_a_connection_that_takes_messages_gets_them_in_their_order(stage: Stage) -> None:
    """One after another straight away; while it takes none they wait, and what follows waits behind them."""

    async def scene() -> None:
        wire = Wire()
        stream = stage.hub.stream(Viewer(WHOLE), "key", None, wire)

        async def send_all() -> None:
            async for message in stream:
                wire.sent.append(parsed(message))
                await asyncio.sleep(0)

        async def happens() -> None:
            stage.past.happens()
            await stage.hub.round()

        sending = asyncio.create_task(send_all())
        while not wire.sent:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.001)
        await happens()
        assert [data["rev"] for _, data in wire.sent] == ["0", "1"]
        wire.takes = False
        await happens()
        wire.takes = True
        listener = next(iter(stage.hub._listeners))
        listener.put(live.frame("change", {"rev": "3"}), BEAT)  # the one before is queued, nobody has sent it yet
        stage.hub.close()
        await sending
        assert [data["rev"] for _, data in wire.sent] == ["0", "1", "2", "3"]

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_an_import_means_reload(stage: Stage) -> None:
    async def scene() -> None:
        listener, _ = await joined(stage.hub, Viewer(WHOLE))
        for _ in range(live.ROUND_EVENTS + 1):
            stage.past.happens()
        await stage.hub.round()
        assert waiting(listener) == [("reset", {})]

    asyncio.run(scene())


def test_a_new_edition_is_told_to_everybody(stage: Stage) -> None:
    async def scene() -> None:
        listener, _ = await joined(stage.hub, Viewer(FUSHAN))
        stage.past.happens("/", "edition.published")
        await stage.hub.round()
        assert waiting(listener) == [("edition", {"edition": 3, "rev": "1"})]

    asyncio.run(scene())


def test_a_beat_ends_what_is_no_longer_valid(stage: Stage) -> None:
    async def scene() -> None:
        stays, leaves, changes = Viewer(WHOLE), Viewer(WHOLE), Viewer(WHOLE)
        heard = [(await joined(stage.hub, viewer))[0] for viewer in (stays, leaves, changes)]
        leaves.valid = False
        changes.reach = FUSHAN
        await stage.hub.beat()
        assert heard[0].queue.get_nowait() == BEAT
        assert waiting(heard[1]) == [("end", None)]
        assert waiting(heard[2]) == [("reset", {}), ("end", None)]

    asyncio.run(scene())


def test_a_beat_asks_once_for_all_streams_of_a_session(stage: Stage) -> None:
    async def scene() -> None:
        viewer = Viewer(WHOLE)
        heard = [(await joined(stage.hub, viewer))[0] for _ in range(3)]
        await stage.hub.beat()
        assert stage.renewed == [viewer]
        viewer.valid = False
        await stage.hub.beat()
        assert [waiting(listener) for listener in heard] == [[("end", None)]] * 3

    asyncio.run(scene())


def test_signing_out_ends_only_ones_own_streams(stage: Stage) -> None:
    async def scene() -> None:
        mine, theirs = Viewer(WHOLE), Viewer(WHOLE)
        (my_stream, _), (their_stream, _) = await joined(stage.hub, mine), await joined(stage.hub, theirs)
        stage.hub.drop(("session", id(mine)))
        assert waiting(my_stream) == [("end", None)]
        assert waiting(their_stream) == []

    asyncio.run(scene())


def test_a_beat_asks_what_became_overdue_and_leaves_no_gap(stage: Stage) -> None:
    async def scene() -> None:
        await joined(stage.hub, Viewer(WHOLE))
        for _ in range(3):
            stage.past.now += timedelta(seconds=15)
            await stage.hub.beat()
        stage.past.happens()
        stage.past.now += timedelta(seconds=1)
        await stage.hub.round()
        spans = stage.past.overdue
        assert len(spans) == 4
        assert all(earlier[1] == later[0] for earlier, later in itertools.pairwise(spans))

    asyncio.run(scene())


def test_at_midnight_everybody_reloads(stage: Stage) -> None:
    async def scene() -> None:
        await stage.hub.start()
        listener, _ = await joined(stage.hub, Viewer(WHOLE))
        stage.day += timedelta(days=1)
        await stage.hub.beat()
        assert waiting(listener) == [("reset", {})]
        await stage.hub.stop()

    asyncio.run(scene())


def test_a_fault_in_one_round_does_not_end_the_hub(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        await stage.hub.start()
        listener, _ = await joined(stage.hub, Viewer(WHOLE))

        def broken(*_: Any) -> Any:
            raise OSError("disk")

        with monkeypatch.context() as patch:
            patch.setattr(stage.past, "events_after", broken)
            stage.hub.poke()
            assert parsed(await listener.queue.get() or b"")[0] == "reset"
        stage.past.happens()
        stage.hub.poke()
        assert parsed(await listener.queue.get() or b"")[0] == "change"
        await stage.hub.stop()

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_names_full_of_markup_stay_text() -> None:
    message = live.frame("change", {"text": "</script>\n\ndata: ${x}\r\n"}, 79)
    assert message.count(b"\n\n") == 1 and b"\r" not in message
    assert message.startswith(b"id: 79\nevent: change\ndata: ")


def test_a_closed_hub_ends_new_streams(stage: Stage) -> None:
    async def scene() -> None:
        await stage.hub.start()
        await stage.hub.stop()
        assert [parsed(m)[0] async for m in stage.hub.stream(Viewer(WHOLE), "key", None)] == ["hello"]

    asyncio.run(scene())


def test_the_log_counts_what_went_the_short_way(caplog: pytest.LogCaptureFixture) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello", "more_body": True})
        scope["state"][WRITTEN] = 1000
        await send({"type": "http.response.body", "body": b""})

    async def taken(*_: Any) -> Any:
        pass

    caplog.set_level("INFO", "gridwarden.access")
    scope = {"type": "http", "method": "GET", "headers": []}
    asyncio.run(RequestLog(application, Metrics())(scope, taken, taken))
    assert json.loads(caplog.messages[-1])["bytes"] == 1005
