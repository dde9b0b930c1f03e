"""The nouns of Gridwarden as values: enums and frozen dataclasses. No I/O, no clock, no geometry engine.

Words are those of the glossary in docs/ARCHITECTURE.md. Times are aware UTC datetimes, lengths metres, lon/lat degrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any


class AreaLevel(StrEnum):
    """Levels of the administrative tree (区, 街道/乡镇, 社区/村)."""

    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"


class GridLevel(StrEnum):
    """A grid (网格) or a division inside one (微网格)."""

    GRID = "grid"
    MICRO_GRID = "micro_grid"


class Method(StrEnum):
    """How an assignment found its grid."""

    WITHIN = "within"
    NEAREST = "nearest"
    PLACE = "place"


class Queue(StrEnum):
    """Where a subject without a grid waits: 界外待核, 待落图."""

    OUTSIDE = "outside"
    NO_LOCATION = "no_location"


class Subject(StrEnum):
    """What an assignment or an event is about."""

    ISSUE = "issue"
    UNIT = "unit"
    GRID = "grid"
    AREA = "area"
    PLACE = "place"
    PERSON = "person"
    BATCH = "batch"
    SCHEME = "scheme"


class IssueState(StrEnum):
    """States of an issue (问题). The full loop comes later on the same events."""

    OPEN = "open"
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"  # its import was undone

    @property
    def is_open(self) -> bool:
        return self in (IssueState.OPEN, IssueState.REOPENED)


OPEN_STATES = tuple(state for state in IssueState if state.is_open)
DONE_STATES = tuple(state for state in IssueState if not state.is_open)


class RiskClass(StrEnum):
    """Inspection class of a rental unit (巡查等级), reddest first: the redder, the shorter the cycle.

    Not to be confused with PennantColour, where red is praise.
    """

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"
    GREEN = "green"

    @property
    def letter(self) -> str:
        return self.value[0].upper()

    @property
    def rank(self) -> int:
        """0 for red to 4 for green; also the code in binary snapshots."""
        return RISK_ORDER.index(self)

    def shifted(self, steps_toward_red: int) -> RiskClass:
        """The class so many steps toward red (negative: toward green), kept within red and green."""
        return RISK_ORDER[min(max(self.rank - steps_toward_red, 0), len(RISK_ORDER) - 1)]


RISK_ORDER = tuple(RiskClass)


class InspectionResult(StrEnum):
    """Outcome of one visit to a rental unit."""

    PASS = "pass"
    MINOR = "minor"
    MAJOR = "major"
    NOT_HOME = "not_home"  # an attempt; the cycle goes on as if nobody had come
    NOT_ADMITTED = "not_admitted"  # goes to a person

    @property
    def counts(self) -> bool:
        """Whether the visit happened, so that the next due date counts from it."""
        return self in (InspectionResult.PASS, InspectionResult.MINOR, InspectionResult.MAJOR)


class Occupancy(StrEnum):
    """What a rental unit is used for at a time."""

    LET = "let"
    VACANT = "vacant"
    NOT_LET = "not_let"  # no longer a rental unit


class DueState(StrEnum):
    OK = "ok"
    DUE_SOON = "due_soon"
    DUE = "due"
    OVERDUE = "overdue"


class SlaClock(StrEnum):
    """How a time limit is counted."""

    CALENDAR_HOURS = "calendar_hours"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    SAME_DAY = "same_day"


class PostKind(StrEnum):
    """Duties on a grid, area or building (岗位)."""

    LEAD = "lead"  # 网格长: answers for the grid
    DEPUTY = "deputy"
    GRID_WORKER = "grid_worker"  # 网格员
    GUIDE = "guide"
    AREA_LEAD = "area_lead"
    STEWARD = "steward"  # 红管家
    BUILDING_HEAD = "building_head"  # 楼栋长
    MICRO_GRID_HEAD = "micro_grid_head"


class PlaceKind(StrEnum):
    """Points, lines and polygons of interest other than grids and rental units."""

    COMPOUND = "compound"  # 小区
    BUILDING = "building"
    STAIRWELL = "stairwell"  # 楼道
    LANE = "lane"  # 背街小巷
    MARKET = "market"
    RELIEF_POINT = "relief_point"  # 疏导点
    OTHER = "other"


class BatchState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    UNDONE = "undone"


class DatumVerdict(StrEnum):
    """What the names that rows carry say about the datum that was named."""

    FITS = "fits"  # clearly better than every other
    HELD = "held"  # another fits clearly better: nothing is written until somebody confirms
    UNPROVEN = "unproven"  # too few rows say anything: a person looks at sample points
    NO_RIVAL = "no_rival"  # the same numbers lie in the same places under every datum there is


class Register(StrEnum):
    """What is imported again and again, each field of it owned by one system."""

    UNITS = "units"
    PLACES = "places"
    PEOPLE = "people"


class ChangeState(StrEnum):
    """What became of a value that a register says otherwise than the store."""

    APPLIED = "applied"  # its system owns the field
    WAITING = "waiting"  # another system owns it: a person decides
    TAKEN = "taken"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"  # its import was undone


class HeldState(StrEnum):
    """Where an import stands whose points look like another datum than they say."""

    WAITING = "waiting"  # for somebody to say which datum it is
    TAKING = "taking"  # somebody said it; the rows go in, or were cut off
    TAKEN = "taken"
    DROPPED = "dropped"


class DraftState(StrEnum):
    """Where a boundary change stands that is not published yet. It may be edited while open or returned."""

    OPEN = "open"
    SUBMITTED = "submitted"  # waits for a second person
    RETURNED = "returned"  # with a comment, to go on
    SCHEDULED = "scheduled"  # approved, to be published at a set time
    PUBLISHED = "published"
    DISCARDED = "discarded"

    @property
    def is_editable(self) -> bool:
        return self in (DraftState.OPEN, DraftState.RETURNED)

    @property
    def is_over(self) -> bool:
        return self in (DraftState.PUBLISHED, DraftState.DISCARDED)


class LineageKind(StrEnum):
    """How the ground of one grid came to another with an edition."""

    SPLIT = "split"  # to a grid that is new, from one that stays or goes
    MERGED = "merged"  # from a grid that went, to one that was there
    TRANSFERRED = "transferred"  # between two that were there and stay
    CREATED = "created"  # from no grid
    RETIRED = "retired"  # to no grid


class SnapshotFlag(IntEnum):
    """Bits of the flags column in binary snapshots."""

    OVERDUE = 1
    AMBIGUOUS = 2
    DUE_SOON = 4


@dataclass(frozen=True, slots=True)
class Position:
    """A point as it is kept: WGS84 degrees beside what was received and the datum it came in."""

    lon: float
    lat: float
    lon_received: float
    lat_received: float
    datum: str
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A grid that a point could belong to, and how far the point is from that grid's edge, metres.

    share: how much of the disc of a stated accuracy lies in it, 0 to 1; None where no accuracy was stated.
    """

    grid_id: int
    code: str
    edge_m: float
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """The decision which grid answers for a point (落格). ``grid_id`` is None while it waits in ``queue``.

    distance_m: to the grid, 0 inside. edge_m: to the nearest edge, only where nearer than the tolerance.
    lon, lat: the point that was decided on (WGS84), None without one. share, outside_share: what of the disc of the
    stated accuracy lies in the grid, and outside every grid; with the other candidates they make 1. None without one.
    confirmed_by: who settled the doubt, since when; ambiguous is False then, and the candidates stay. evidence: what
    decided where it is beside or instead of coordinates, {"decided_by", "source", "place", ...}; None: they alone.
    """

    grid_id: int | None
    code: str | None
    edition: int
    method: Method | None
    queue: Queue | None
    distance_m: float | None = None
    edge_m: float | None = None
    ambiguous: bool = False
    candidates: tuple[Candidate, ...] = ()
    lon: float | None = None
    lat: float | None = None
    share: float | None = None
    outside_share: float | None = None
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None
    evidence: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NewReport:
    """What someone sent, before anything is decided. Immutable once filed."""

    source: str
    source_ref: str | None
    category: str | None = None
    description: str = ""
    position: Position | None = None
    address: str | None = None
    place_code: str | None = None
    occurred_at: datetime | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """How a rental unit is used from a day on. ``months`` is the agreed lease term; None when unknown.

    since: first day of this use. until: agreed last day of the lease, if any.
    registered: the tenant is registered. rooms and rooms_vacant serve units let room by room.
    """

    occupancy: Occupancy
    since: date
    until: date | None = None
    months: float | None = None
    registered: bool = True
    rooms: int = 1
    rooms_vacant: int = 0


@dataclass(frozen=True, slots=True)
class Visit:
    """One inspection as the rules see it."""

    on: date
    result: InspectionResult


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: an account id and a display name, or a named part of the system."""

    id: str
    name: str


SYSTEM = Actor("system", "system")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a set of grids, with place and size.

    kind: overlap, gap, invalid, unmatched_edge, hole, duplicate_code, ...; severity: error refuses, warning is listed.
    lon, lat: a point in it (WGS84). size: area_m2 or length_m by kind.
    """

    kind: str
    severity: str
    codes: tuple[str, ...]
    message: str
    lon: float | None = None
    lat: float | None = None
    area_m2: float | None = None
    length_m: float | None = None
    geometry: Any = field(default=None, compare=False)  # metric CRS; for the GeoJSON that lies beside the list


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did. ``counts`` adds up to ``rows`` as the contract says."""

    batch: int
    kind: str
    rows: int
    counts: Mapping[str, int]
    notes: tuple[str, ...] = ()
    rejects_file: str | None = None
    dry_run: bool = False
