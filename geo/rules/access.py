"""Who may do what, where, until when: capabilities, roles that bundle them, and what a person's grants add up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

ROOT = "/"


class Capability(StrEnum):
    MAP_SEE = "map.see"
    ISSUES_SEE = "issues.see"
    ISSUES_FILE = "issues.file"
    ISSUES_MOVE = "issues.move"
    ISSUES_CONFIRM = "issues.confirm"  # whose an issue is that lies near an edge
    ISSUES_CLOSE = "issues.close"
    UNITS_COUNT = "units.count"
    UNITS_SEE_POINTS = "units.see_points"
    UNITS_OPEN = "units.open"  # one unit at a time, with a purpose that is audited
    UNITS_INSPECT = "units.inspect"
    LEADS_SEE = "leads.see"  # the name of who answers for a grid, on the map
    PEOPLE_SEE = "people.see"
    PEOPLE_SEE_CONTACTS = "people.see_contacts"
    PEOPLE_MANAGE = "people.manage"  # leave, cover, the end of an appointment
    PLACES_SEE = "places.see"
    QUEUES_SEE = "queues.see"
    IMPORTS_RUN = "imports.run"
    REGISTERS_DECIDE = "registers.decide"  # take or keep what a register says of a field that is another's
    BOUNDARIES_DRAFT = "boundaries.draft"  # start, change, submit and discard drafts of grids of one's areas
    BOUNDARIES_OUTLINE = "boundaries.outline"  # move the outer line of a scheme, open or close a gap
    BOUNDARIES_PUBLISH = "boundaries.publish"  # return what others submitted, or publish it
    BOUNDARIES_ALONE = "boundaries.alone"  # publish what one submitted oneself
    ACCOUNTS_MANAGE = "accounts.manage"
    AUDIT_SEE = "audit.see"
    METRICS_SEE = "metrics.see"


class Role(StrEnum):
    COMMANDER = "commander"
    DISPATCHER = "dispatcher"
    GRID_WORKER = "grid_worker"
    GIS_EDITOR = "gis_editor"
    GIS_REVIEWER = "gis_reviewer"
    INTAKE = "intake"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    KIOSK = "kiosk"
    KIOSK_NAMED = "kiosk_named"


_C = Capability
_READING = frozenset(
    {_C.MAP_SEE, _C.ISSUES_SEE, _C.UNITS_COUNT, _C.LEADS_SEE, _C.PEOPLE_SEE, _C.PLACES_SEE, _C.QUEUES_SEE}
)
_ISSUE_WORK = frozenset({_C.ISSUES_FILE, _C.ISSUES_MOVE, _C.ISSUES_CLOSE})

# Single rental units are personal: points only for those who work on them there, counts for everybody else.
ROLES: Mapping[Role, frozenset[Capability]] = MappingProxyType(
    {
        Role.COMMANDER: _READING | {_C.UNITS_OPEN, _C.PEOPLE_SEE_CONTACTS},
        Role.DISPATCHER: _READING | _ISSUE_WORK | {_C.ISSUES_CONFIRM, _C.PEOPLE_SEE_CONTACTS, _C.PEOPLE_MANAGE},
        Role.GRID_WORKER: _READING
        | _ISSUE_WORK
        | {_C.UNITS_SEE_POINTS, _C.UNITS_INSPECT, _C.PEOPLE_SEE_CONTACTS, _C.REGISTERS_DECIDE},
        Role.GIS_EDITOR: _READING | {_C.IMPORTS_RUN, _C.BOUNDARIES_DRAFT},
        Role.GIS_REVIEWER: _READING
        | {_C.UNITS_SEE_POINTS, _C.REGISTERS_DECIDE, _C.BOUNDARIES_PUBLISH, _C.BOUNDARIES_OUTLINE},
        Role.INTAKE: frozenset({_C.ISSUES_FILE}),
        Role.OPERATOR: frozenset(
            {
                _C.MAP_SEE,
                _C.PLACES_SEE,
                _C.QUEUES_SEE,
                _C.IMPORTS_RUN,
                _C.REGISTERS_DECIDE,
                _C.PEOPLE_MANAGE,
                _C.BOUNDARIES_DRAFT,
                _C.BOUNDARIES_OUTLINE,
                _C.BOUNDARIES_PUBLISH,
                _C.BOUNDARIES_ALONE,
                _C.ACCOUNTS_MANAGE,
                _C.METRICS_SEE,
            }
        ),
        Role.AUDITOR: _READING | {_C.AUDIT_SEE, _C.METRICS_SEE},
        Role.KIOSK: frozenset({_C.MAP_SEE, _C.UNITS_COUNT}),
        Role.KIOSK_NAMED: frozenset({_C.MAP_SEE, _C.UNITS_COUNT, _C.LEADS_SEE}),
    }
)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role for somebody. path: of an area with slashes at both ends, "/" for the whole jurisdiction.

    categories: issue categories, None for all. to_date: the first day without it.
    """

    role: Role
    path: str = ROOT
    categories: frozenset[str] | None = None
    from_date: date = date.min
    to_date: date | None = None

    def holds(self, on: date) -> bool:
        return self.from_date <= on and (self.to_date is None or on < self.to_date)


@dataclass(frozen=True, slots=True)
class Extent:
    """A subtree of areas, for some issue categories or all (None)."""

    path: str
    categories: frozenset[str] | None = None

    def covers(self, path: str) -> bool:
        return path.startswith(self.path)

    def contains(self, other: Extent) -> bool:
        every = self.categories is None
        wider = every or (other.categories is not None and other.categories <= (self.categories or frozenset()))
        return wider and self.covers(other.path)


EVERYWHERE = (Extent(ROOT),)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where each capability holds at one time. Extents are disjoint or overlap, never one inside another."""

    extents: Mapping[Capability, tuple[Extent, ...]]

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset(self.extents)

    def of(self, capability: Capability) -> tuple[Extent, ...]:
        """Empty where the person does not hold it at all."""
        return self.extents.get(capability, ())

    def whole(self, capability: Capability) -> bool:
        """Everywhere and for every category, queues without a grid included."""
        return any(extent.path == ROOT and extent.categories is None for extent in self.of(capability))

    def prefixes(self, capability: Capability) -> tuple[str, ...]:
        """Area paths under which it holds for at least some category, for a query to filter by."""
        return tuple(sorted({extent.path for extent in self.of(capability)}))

    def allows(self, capability: Capability, path: str | None, category: str | None = None) -> bool:
        """Whether it holds for something in the area ``path``; None: something without a grid, root grants only.

        A grant for some categories does not reach what has none: nobody said it was theirs.
        """
        return any(
            extent.covers(path if path is not None else ROOT)
            and (extent.categories is None or (category is not None and category in extent.categories))
            for extent in self.of(capability)
        )


EVERYTHING = Reach(MappingProxyType(dict.fromkeys(Capability, EVERYWHERE)))


def reach(grants: Iterable[Grant], on: date) -> Reach:
    """What the grants that hold on that local day add up to."""
    found: dict[Capability, list[Extent]] = {}
    for grant in grants:
        if grant.holds(on):
            for capability in ROLES[grant.role]:
                found.setdefault(capability, []).append(Extent(grant.path, grant.categories))
    return Reach(MappingProxyType({capability: _outermost(extents) for capability, extents in found.items()}))


def _outermost(extents: list[Extent]) -> tuple[Extent, ...]:
    kept: list[Extent] = []
    for extent in sorted(set(extents), key=lambda e: (len(e.path), e.categories is not None, -len(e.categories or ()))):
        if not any(other.contains(extent) for other in kept):
            kept.append(extent)
    return tuple(kept)
