"""Looks at the points of an import under every datum before anything is written: does each lie where its row says?

The figures go to ``geo.rules.datum_fit``, which decides. Where names say too little, twenty sample points are shown
under each datum, for a person to look at. A datum is never switched: whoever imports names another, or confirms his.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, select

from geo.crs import Metric, is_geographic, parse_datum, rivals, to_wgs84
from geo.desk.atlas import Atlas
from geo.desk.named_things import NamedThings, Thing
from geo.desk.pins import Pin
from geo.errors import WrongDatum
from geo.model import DatumVerdict, Subject
from geo.rules.address_book import AddressBook
from geo.rules.datum_fit import FIT_M, Floats, Judgement, judge
from geo.store.tables import area, event, grid_version
from geo.store.types import utc_text

SAMPLES = 20
CHECKED = "batch.datum_checked"  # the event that keeps who imported, or confirmed, what figures
SAME_M = 1.0  # datums that put every point this near to each other are one


@dataclass(frozen=True)
class Look:
    """What was seen of the pins of one named datum. pins: looked at. samples: where twenty lie, where names say too
    little."""

    judgement: Judgement
    pins: int
    samples: tuple[Mapping[str, Any], ...] = ()
    confirmed: bool = field(default=False)

    def figures(self) -> dict[str, Any]:
        """What is kept with the batch: no coordinates, no references."""
        return {**self.judgement.as_json(), "points": self.pins, "confirmed": self.confirmed}

    def as_json(self) -> dict[str, Any]:
        return {**self.figures(), "samples": [dict(sample) for sample in self.samples]}

    def in_words(self) -> str:
        """One sentence for people."""
        told = self.judgement
        if told.verdict is DatumVerdict.NO_RIVAL:
            return f"{self.pins:,} points in {told.datum}: they lie in the same places under every datum"
        if not told.naming:
            return f"{self.pins:,} points in {told.datum}: no row names a compound, community or street that is known"
        shares = "; ".join(
            f"{fit.share:.0%} under {fit.datum} (median {fit.median_m:,.0f} m)"
            for fit in told.fits
            if fit.median_m is not None
        )
        return f"{told.naming:,} of {self.pins:,} points name where they are; within {FIT_M:.0f} m of it lie {shares}"


def look(
    conn: Connection, atlas: Atlas, book: AddressBook, pins: Sequence[Pin], confirmed: Iterable[str] = ()
) -> list[Look]:
    """What the pins of each datum that is named say about it. book: what rows name is looked up in. Looks only."""
    if not pins:
        return []
    things = NamedThings(conn, book)
    by_datum: dict[str, list[Pin]] = {}
    for pin in pins:
        by_datum.setdefault(pin.datum, []).append(pin)
    said = {parse_datum(each) for each in confirmed}
    return [_look(conn, atlas, datum, by_datum[datum], things, datum in said) for datum in sorted(by_datum)]


def check(looks: Sequence[Look]) -> None:
    """Raise WrongDatum where another datum fits clearly better and nobody has confirmed the named one."""
    held = [each for each in looks if each.judgement.verdict is DatumVerdict.HELD and not each.confirmed]
    if not held:
        return
    told = held[0]
    datum, better = told.judgement.datum, told.judgement.better
    raise WrongDatum(
        f"these points say {datum}, and look like {better}: {told.in_words()}. Nothing of it is taken. Name "
        f"{better} as their datum; or, if {datum} is right and what the store knows of those places is not, confirm "
        f"it: --confirm-datum {datum}, or confirm_datum among the options.",
        datum=[each.as_json() for each in held],
    )


def kept(conn: Connection, batch_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """What was kept of the points of imports: figures, who imported them, whether he confirmed them, and when."""
    rows = conn.execute(
        select(event.c.subject_id, event.c.actor, event.c.recorded_at, event.c.data)
        .where(event.c.subject == Subject.BATCH, event.c.subject_id.in_(batch_ids), event.c.kind == CHECKED)
        .order_by(event.c.id)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        about = {**row.data, "by": row.actor, "at": utc_text(row.recorded_at)}
        found.setdefault(row.subject_id, []).append(about)
    return found


def _look(
    conn: Connection, atlas: Atlas, datum: str, pins: Sequence[Pin], things: NamedThings, confirmed: bool
) -> Look:
    x, y = np.array([pin.x for pin in pins]), np.array([pin.y for pin in pins])
    places = _under_each(atlas.metric, x, y, datum)
    named = [things.find(pin.places, pin.texts, pin.area) for pin in pins]
    judgement = judge(datum, _distances(named, things, places))
    unsure = judgement.verdict in (DatumVerdict.UNPROVEN, DatumVerdict.HELD)
    return Look(judgement, len(pins), tuple(_samples(conn, atlas, pins, places)) if unsure else (), confirmed)


def _under_each(metric: Metric, x: Floats, y: Floats, datum: str) -> dict[str, Floats]:
    """Datum -> (n, 2) metric points, NaN where it has none; the named one and those that put the points elsewhere."""
    found = {datum: np.stack(metric.project(*to_wgs84(x, y, datum)), axis=1)}
    fit = not is_geographic(datum) or bool((np.abs(x) <= 180.0).all() and (np.abs(y) <= 90.0).all())
    for rival in rivals(datum) if fit else ():
        points = np.stack(metric.project(*to_wgs84(x, y, rival)), axis=1)
        if all(_apart(points, other) for other in found.values()):
            found[rival] = points
    return found


def _apart(a: Floats, b: Floats) -> bool:
    distance_m = np.hypot(*(a - b).T)
    known = distance_m[np.isfinite(distance_m)]
    return bool(len(known)) and float(np.median(known)) > SAME_M


def _distances(named: Sequence[Thing | None], things: NamedThings, places: Mapping[str, Floats]) -> dict[str, Floats]:
    """Datum -> (m,) metres between the points that name something and what they name."""
    geoms = things.geometries([thing for thing in named if thing is not None])
    rows = [i for i, thing in enumerate(named) if thing in geoms]
    targets = np.array([geoms[thing] for thing in named if thing is not None and thing in geoms], dtype=object)
    shapely.prepare(targets)
    return {
        datum: shapely.distance(shapely.points(points[rows]), targets).astype(float) for datum, points in places.items()
    }


def _samples(
    conn: Connection, atlas: Atlas, pins: Sequence[Pin], places: Mapping[str, Floats]
) -> Iterable[dict[str, Any]]:
    """Twenty points evenly over the file, and where each would fall."""
    rows = np.unique(np.linspace(0, len(pins) - 1, SAMPLES).round().astype(int))
    falls = {datum: _falls(conn, atlas, points[rows]) for datum, points in places.items()}
    for n, i in enumerate(rows):
        pin = pins[i]
        under = [{"datum": datum, **falls[datum][n]} for datum in places]
        yield {"line": pin.line, "ref": pin.ref, "x": pin.x, "y": pin.y, "under": under}


def _falls(conn: Connection, atlas: Atlas, points: Floats) -> list[dict[str, Any]]:
    """Where metric points lie: degrees, grid, and the area that it belongs to; grid is None outside."""
    lon, lat = atlas.metric.unproject(points[:, 0], points[:, 1])
    sheets = atlas.sheets(conn)
    rows = sheets[0].index.locate(points[:, 0], points[:, 1]) if sheets else np.full(len(points), -1)
    ids = [int(sheets[0].grid_ids[row]) if row >= 0 else None for row in rows]
    names = _names(conn, [i for i in ids if i is not None])
    return [
        {
            "lon": round(float(a), 6) if np.isfinite(a) else None,
            "lat": round(float(b), 6) if np.isfinite(b) else None,
            "grid": names[i].code if i is not None else None,
            "name": names[i].name if i is not None else None,
            "area": names[i].area if i is not None else None,
        }
        for a, b, i in zip(lon, lat, ids, strict=True)
    ]


def _names(conn: Connection, grid_ids: Sequence[int]) -> dict[int, Any]:
    rows = conn.execute(
        select(grid_version.c.grid_id, grid_version.c.code, grid_version.c.name, area.c.name.label("area"))
        .join(area, area.c.id == grid_version.c.area_id)
        .where(grid_version.c.grid_id.in_(grid_ids), grid_version.c.to_edition.is_(None))
    )
    return {row.grid_id: row for row in rows}
