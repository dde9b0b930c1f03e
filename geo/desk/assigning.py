"""From positions to assignment rows: one decision a scheme, the same for one report and for a million."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geo.coverage.disc import DECIMALS
from geo.crs import Floats, snap
from geo.desk.atlas import Sheet
from geo.model import Assignment, Candidate, Method, Position, Queue, Subject
from geo.rules.assign import Decisions, decide


@dataclass(frozen=True)
class Spot:
    """Where something is to be assigned: a position, or the place that stands for it, or neither.

    evidence: what decided on it where that was more than coordinates.
    """

    position: Position | None
    place_id: int | None = None
    evidence: Mapping[str, Any] | None = None

    @property
    def lon(self) -> float:
        return self.position.lon if self.position else float("nan")

    @property
    def lat(self) -> float:
        return self.position.lat if self.position else float("nan")

    @property
    def accuracy_m(self) -> float:
        return (self.position.accuracy_m or 0.0) if self.position else 0.0


def assign(sheet: Sheet, spots: Sequence[Spot]) -> list[Assignment]:
    """One assignment a spot, in order, by the edition that ``sheet`` holds."""
    if not spots:
        return []
    x, y = sheet.metric.project(
        np.array([spot.lon for spot in spots], dtype=float), np.array([spot.lat for spot in spots], dtype=float)
    )
    accuracy = np.array([spot.accuracy_m for spot in spots], dtype=float)
    decisions = decide(sheet.index, x, y, accuracy)
    shares = _shares(sheet, decisions, x, y, accuracy)
    return [_assignment(sheet, decisions, i, spot, shares[i]) for i, spot in enumerate(spots)]


@dataclass(frozen=True, slots=True)
class Shares:
    """Of one disc: what lies in the grid that was decided on, outside every grid, and in each candidate, in order."""

    own: float | None = None
    outside: float | None = None
    candidates: tuple[float, ...] = ()


_NO_DISC = Shares()


def _shares(sheet: Sheet, decisions: Decisions, x: Floats, y: Floats, radius_m: Floats) -> list[Shares]:
    """The shares of n discs. A disc is made by a stated accuracy around a point that has a grid.

    Where no edge is near, the disc lies wholly in the grid, or wholly beside the one that answers as the nearest.
    """
    found = [_NO_DISC] * len(decisions)
    discs = np.flatnonzero((radius_m > 0.0) & (decisions.row >= 0))
    if not len(discs):
        return found
    near = [decisions.candidates[i] for i in discs]
    point = np.repeat(discs, [len(each) for each in near])
    row = np.array([other for each in near for other, _ in each], dtype=np.int64)
    share = sheet.outlines.disc_shares(row, snap(x[point]), snap(y[point]), radius_m[point]).tolist()
    start = 0
    for i, each in zip(discs.tolist(), near, strict=True):
        part, start = tuple(share[start : start + len(each)]), start + len(each)
        if part:
            own = next((part[k] for k, (other, _) in enumerate(each) if other == decisions.row[i]), 0.0)
            outside = round(max(0.0, 1.0 - sum(part)), DECIMALS)
        else:
            own, outside = (1.0, 0.0) if decisions.method[i] is Method.WITHIN else (0.0, 1.0)
        found[i] = Shares(own, outside, part)
    return found


def _assignment(sheet: Sheet, decisions: Decisions, i: int, spot: Spot, shares: Shares) -> Assignment:
    row = int(decisions.row[i])
    at = spot.position
    lon, lat = (at.lon, at.lat) if at else (None, None)
    if row < 0:
        queue = Queue(decisions.queue[i])
        return Assignment(None, None, sheet.edition, None, queue, lon=lon, lat=lat, evidence=spot.evidence)
    method = Method(decisions.method[i])
    candidates = tuple(
        Candidate(
            int(sheet.grid_ids[other]),
            str(sheet.codes[other]),
            float(edge_m),
            shares.candidates[k] if shares.candidates else None,
        )
        for k, (other, edge_m) in enumerate(decisions.candidates[i])
    )
    edge_m = float(decisions.edge_m[i])
    return Assignment(
        grid_id=int(sheet.grid_ids[row]),
        code=str(sheet.codes[row]),
        edition=sheet.edition,
        method=Method.PLACE if spot.place_id is not None and method is Method.WITHIN else method,
        queue=None,
        distance_m=float(decisions.distance_m[i]),
        edge_m=None if np.isnan(edge_m) else edge_m,
        ambiguous=bool(decisions.ambiguous[i]),
        candidates=candidates,
        lon=lon,
        lat=lat,
        share=shares.own,
        outside_share=shares.outside,
        evidence=spot.evidence,
    )


def assignment_row(
    subject: Subject, subject_id: int, sheet: Sheet, spot: Spot, decision: Assignment, event_id: int, from_at: Any
) -> dict[str, Any]:
    """The interval row of one decision."""
    return {
        "subject": subject,
        "subject_id": subject_id,
        "scheme_id": sheet.scheme_id,
        "grid_id": decision.grid_id,
        "queue": decision.queue,
        "edition": decision.edition,
        "method": decision.method,
        "lon": spot.position.lon if spot.position else None,
        "lat": spot.position.lat if spot.position else None,
        "accuracy_m": spot.position.accuracy_m if spot.position else None,
        "distance_m": decision.distance_m,
        "edge_m": decision.edge_m,
        "ambiguous": decision.ambiguous,
        "candidates": candidates_json(decision),
        "from_at": from_at,
        "to_at": None,
        "event_id": event_id,
        "share": decision.share,
        "outside_share": decision.outside_share,
        "confirmed_by": decision.confirmed_by,
        "evidence": decision.evidence,
    }


def candidates_json(decision: Assignment) -> list[dict[str, Any]] | None:
    if not decision.candidates:
        return None
    return [{"grid": c.code, "edge_m": round(c.edge_m, 3), "share": c.share} for c in decision.candidates]
