"""The live hub: server-sent events with what changed, for each viewer only what he may see.

After each commit (and on PostGIS once a second, for what other processes wrote) the hub reads the new events from the
store, asks the feed for the changed rows of each scope, and hands the encoded message to every listener of that scope.
Time changes things too: with each beat the feed is asked what became overdue. A listener that cannot keep up is told to
reload (``reset``) instead of being waited for.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection

from api.metrics import Metrics
from geo.errors import Busy
from geo.rules.access import Capability, Extent, Reach

log = logging.getLogger("gridwarden.live")

ScopeKey = frozenset[tuple[Capability, tuple[Extent, ...]]]

Messages = dict[ScopeKey, list[bytes]]

BEAT_S = 15.0
POLL_S = 1.0
QUEUE_MESSAGES = 128
STREAMS_EACH = 32  # of one session or token: its tabs and screens, not a program that forgets to close
ROUND_EVENTS = 2000  # more than this at once is an import: reloading is cheaper than telling
RESUME_EVENTS = 5000
RESUME_FOR = timedelta(hours=12)
REV_DIGITS = 18  # every such number is one that a store can compare
EDITION_KINDS = frozenset({"edition.published"})

BEAT = b": beat\n\n"


class EventSource(Protocol):
    """The part of the store that the hub needs."""

    def read(self) -> AbstractContextManager[Connection]: ...
    def events_after(self, conn: Connection, after: int, limit: int) -> Sequence[Any]: ...
    def last_event(self, conn: Connection) -> int: ...


class Feed(Protocol):
    """What the desk says about changes. Called in a worker thread, within one read transaction."""

    def hello(self, conn: Connection, now: datetime) -> Mapping[str, Any]:
        """``edition``, ``today``, ``now`` for a viewer that connects."""
        ...

    def changes(
        self,
        conn: Connection,
        scopes: Mapping[ScopeKey, Reach],
        events: Sequence[Any],
        since: datetime,
        now: datetime,
    ) -> Mapping[ScopeKey, Mapping[str, Any]]:
        """What the events, and the time from ``since`` to ``now``, changed on the map: ``at``, ``items``, ``grids`` and
        ``text`` for each scope that something concerns."""
        ...

    def rehearse(self, conn: Connection, now: datetime) -> None:
        """Make what is made but once, for the first change of a service, before it comes."""
        ...


class Viewer(Protocol):
    """Who listens. ``credential.key`` names the session or token, so that signing out ends the stream."""

    @property
    def reach(self) -> Reach: ...


class ShortWay(Protocol):
    """A stream's connection, past the layers of the application."""

    def write(self, part: bytes) -> bool:
        """Send a part of the stream that has begun. Whether it was taken."""
        ...


def parse_rev(text: str) -> int | None:
    """The event id in a Last-Event-ID header, None when it is not one."""
    return int(text) if len(text) <= REV_DIGITS and text.isascii() and text.isdigit() else None


def frame(event: str, data: Mapping[str, Any], event_id: int | None = None) -> bytes:
    """One message in the wire format of server-sent events."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)
    name = "" if event_id is None else f"id: {event_id}\n"
    return f"{name}event: {event}\ndata: {body}\n\n".encode()


def scope_key(reach: Reach) -> ScopeKey:
    """Viewers with the same key see the same changes."""
    return frozenset(reach.extents.items())


@dataclass(eq=False)
class Listener:
    """One open stream."""

    viewer: Any
    reach: Reach
    key: Hashable
    scope: ScopeKey
    connection: ShortWay | None = None
    is_up_to_date: bool = False  # all that it was told before was handed to its connection
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_MESSAGES))

    def put(self, message: bytes | None, instead: bytes) -> None:
        """Send a message, or queue it behind those that wait.

        When the queue is full, throw its content away and queue ``instead`` (a reset).
        """
        if message is not None and self._sent_at_once(message):
            return
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(instead)
            if message is None:
                self.queue.put_nowait(None)

    def _sent_at_once(self, message: bytes) -> bool:
        if self.connection is None or not self.is_up_to_date or not self.queue.empty():
            return False
        return self.connection.write(message)

    async def next(self) -> bytes | None:
        """What waits, when the one before has been sent; None at the end."""
        self.is_up_to_date = True
        queued = await self.queue.get()
        self.is_up_to_date = False
        return queued


class Hub:
    """Fans changes out to listeners. Lives in one event loop; only ``poke`` may be called from other threads.

    renew: given a viewer, his reach as it is now, or None when his session or token is no longer valid.
    """

    def __init__(
        self,
        source: EventSource,
        feed: Feed,
        *,
        clock: Callable[[], datetime],
        today: Callable[[], date],
        renew: Callable[[Any], Reach | None],
        metrics: Metrics,
        poll: bool = False,
    ) -> None:
        self._source = source
        self._feed = feed
        self._clock = clock
        self._today = today
        self._renew = renew
        self._metrics = metrics
        self._poll = poll
        self._listeners: set[Listener] = set()
        self._scopes: dict[ScopeKey, ScopeKey] = {}
        self._position = 0  # the last event that listeners know,
        self._as_of = clock()  # and the moment up to which they know what became overdue
        self._day = today()
        self._turn = asyncio.Lock()  # a listener joins between two rounds, never within one
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = False

    # -- life ---------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin at the newest event of the store."""
        self._loop = asyncio.get_running_loop()
        self._position = await asyncio.to_thread(self._last_event)
        self._tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._keep_beating())]

    def poke(self) -> None:
        """Something was committed. Callable from any thread, before start and after close too."""
        loop = self._loop
        if loop is not None and not self._closed:
            with suppress(RuntimeError):  # the loop closed between the look and the call
                loop.call_soon_threadsafe(self._wake.set)

    def close(self) -> None:
        """End every stream; new ones end at once."""
        self._closed = True
        for listener in self._listeners:
            listener.put(None, BEAT)

    async def stop(self) -> None:
        """Close, and wait until the hub's own tasks have ended."""
        self.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- listeners ----------------------------------------------------------------------------------------------------

    def admit(self, key: Hashable) -> None:
        """Raise Busy when a session or token has as many open streams as it may."""
        if self._streams_of(key) >= STREAMS_EACH:
            raise Busy(f"This session or token has {STREAMS_EACH} open streams: close one.", retry_after_s=int(BEAT_S))

    def _streams_of(self, key: Hashable) -> int:
        return sum(listener.key == key for listener in self._listeners)

    async def join(
        self, viewer: Viewer, key: Hashable, last_event_id: str | None, connection: ShortWay | None = None
    ) -> tuple[Listener, list[bytes]]:
        """A new listener and the messages it starts with: hello, then what it missed or a reset."""
        scope = scope_key(viewer.reach)
        # One object for all who see the same: comparing two takes longer than to hand over a message.
        listener = Listener(viewer, viewer.reach, key, self._scopes.setdefault(scope, scope), connection)
        if (parse_rev(last_event_id or "") or 0) > self._position:
            await self.round()  # another process committed it and told the viewer, and we have not looked since
        async with self._turn:
            position = self._position
            first = await asyncio.to_thread(self._first_messages, viewer.reach, last_event_id, position)
            self._listeners.add(listener)
        self._metrics.listeners.set(len(self._listeners))
        # Many that asked at once were all admitted; those too many end here.
        if self._closed or self._streams_of(key) > STREAMS_EACH:
            listener.put(None, BEAT)
        return listener, first

    async def stream(
        self, viewer: Viewer, key: Hashable, last_event_id: str | None, connection: ShortWay | None = None
    ) -> AsyncGenerator[bytes, None]:
        """A viewer's messages until he leaves, his session ends or the hub closes; not those his connection takes.

        He joins when the first message is asked for: a stream that nobody ever reads leaves no listener behind.
        """
        listener, first = await self.join(viewer, key, last_event_id, connection)
        try:
            for message in first:
                yield message
            while (queued := await listener.next()) is not None:
                yield queued
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._scopes.clear()
            self._metrics.listeners.set(len(self._listeners))

    def drop(self, key: Hashable) -> None:
        """End the streams of one session or token, at sign-out or revocation."""
        for listener in self._listeners:
            if listener.key == key:
                listener.put(None, BEAT)

    def _first_messages(self, reach: Reach, last_event_id: str | None, position: int) -> list[bytes]:
        now = self._clock()
        with self._source.read() as conn:
            hello = {**self._feed.hello(conn, now), "rev": str(position)}
            messages = [frame("hello", hello, None if last_event_id else position)]
            if last_event_id is not None:
                messages += self._missed(conn, reach, parse_rev(last_event_id), position, now)
        return messages

    def _missed(self, conn: Connection, reach: Reach, after: int | None, position: int, now: datetime) -> list[bytes]:
        reset = [frame("reset", {}, position)]
        if after is None or after > position:
            return reset
        if after == position == 0:
            return []  # nothing has happened here yet
        # The last event that the viewer saw comes first: it says how long ago that was.
        seen, *missed = self._source.events_after(conn, after - 1, RESUME_EVENTS + 2) or (None,)
        if seen is None or seen.id != after or len(missed) > RESUME_EVENTS:
            return reset
        # Who knows the last event is told what became overdue, be it a week since anything happened: to load all anew
        # would bring him back here with the same event.
        if after != position and now - seen.recorded_at > RESUME_FOR:
            return reset
        events = [event for event in missed if event.id <= position]
        scopes = {scope_key(reach): reach}
        return self._messages(conn, scopes, events, position, seen.recorded_at, now)[scope_key(reach)]

    def _rehearse(self) -> None:
        with self._source.read() as conn:
            self._feed.rehearse(conn, self._clock())

    # -- rounds -------------------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        try:
            await asyncio.to_thread(self._rehearse)
        except Exception:
            log.exception("the live hub could not rehearse; its first change takes longer")
        while not self._closed:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_S if self._poll else None)
            self._wake.clear()
            await self._guarded(self.round())

    async def round(self, *, timed: bool = False) -> None:
        """Read what is new and tell everybody whom it concerns; ``timed``: what became overdue since, too."""
        async with self._turn:
            scopes = {listener.scope: listener.reach for listener in self._listeners}
            now = self._clock()
            position, messages = await asyncio.to_thread(self._read_round, scopes, now, timed)
            reset = frame("reset", {}, position)
            for listener in self._listeners:
                for message in messages.get(listener.scope, ()):
                    listener.put(message, reset)
            if timed or position != self._position or not scopes:
                self._as_of = now
            self._position = position

    def _read_round(self, scopes: Mapping[ScopeKey, Reach], now: datetime, timed: bool) -> tuple[int, Messages]:
        with self._source.read() as conn:
            if not scopes:
                return max(self._position, self._source.last_event(conn)), {}
            events = self._source.events_after(conn, self._position, ROUND_EVENTS + 1)
            if len(events) > ROUND_EVENTS:
                position = self._source.last_event(conn)
                return position, {key: [frame("reset", {}, position)] for key in scopes}
            if not events and not timed:
                return self._position, {}
            position = events[-1].id if events else self._position
            return position, self._messages(conn, scopes, events, position, self._as_of, now)

    def _messages(
        self,
        conn: Connection,
        scopes: Mapping[ScopeKey, Reach],
        events: Sequence[Any],
        position: int,
        since: datetime,
        now: datetime,
    ) -> Messages:
        messages: Messages = {key: [] for key in scopes}
        if any(event.kind in EDITION_KINDS for event in events):
            edition = {"edition": self._feed.hello(conn, now)["edition"], "rev": str(position)}
            for listed in messages.values():
                listed.append(frame("edition", edition))  # no id: what follows in this round is not told yet
        for key, changes in self._feed.changes(conn, scopes, events, since, now).items():
            messages[key].append(frame("change", {**changes, "rev": str(position)}, position))
        self._metrics.messages.inc(sum(map(len, messages.values())))
        return messages

    def _last_event(self) -> int:
        with self._source.read() as conn:
            return self._source.last_event(conn)

    # -- beats --------------------------------------------------------------------------------------------------------

    async def _keep_beating(self) -> None:
        while not self._closed:
            await asyncio.sleep(BEAT_S)
            await self._guarded(self.beat())

    async def beat(self) -> None:
        """End streams whose session ended, reload those whose grants changed, and show the others that we live."""
        listeners = list(self._listeners)
        reaches = await self._renewed({listener.key: listener.viewer for listener in listeners})
        for listener in listeners:
            reach = reaches[listener.key]
            if reach is None or scope_key(reach) != listener.scope:
                if reach is not None:
                    listener.put(frame("reset", {}), BEAT)
                listener.put(None, BEAT)
            elif listener.queue.empty():
                listener.put(BEAT, BEAT)
        if self._day != self._today():
            # Due dates are local dates: at midnight every figure may change with nobody doing anything.
            self._day = self._today()
            self._reset_all()
        await self.round(timed=True)

    async def _renewed(self, viewers: Mapping[Hashable, Any]) -> dict[Hashable, Reach | None]:
        """The reach of each session or token as it is now.

        Asked for once, however many streams it has, and one after another: a thread that is busy with all of them takes
        the interpreter from the loop after each write to a socket, and 300 listeners heard half a second late.
        """
        return {key: await asyncio.to_thread(self._renew, viewer) for key, viewer in viewers.items()}

    async def _guarded(self, work: Awaitable[None]) -> None:
        """The hub goes on whatever happens in one round: viewers reload instead of trusting what they have."""
        try:
            await work
        except Exception:
            log.exception("a round of the live hub failed; viewers reload")
            self._reset_all()

    def _reset_all(self) -> None:
        message = frame("reset", {}, self._position)
        for listener in self._listeners:
            listener.put(message, message)
