"""A year of issues: where and when they are reported, by whom, how long they take, and which are open now."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import Metric, from_wgs84, to_wgs84
from geo.desk.issue_write import IssueLife, IssueStep
from geo.model import IssueState, NewReport, Position
from geo.rules.catalogue import CATEGORIES
from geo.rules.due import due_at
from sample_data.curves import Floats
from sample_data.ground import Ints
from sample_data.issue_ends import SETTLES_S, Ends, make_ends
from sample_data.sites import SiteKind, Sites
from sample_data.streams import stream

DAYS = 365
A_DAY = 90.0
# Sunday has fewer; on Tuesdays, the days without meetings, the offices are out in the grids.
_WEEKDAY = (1.08, 1.3, 1.06, 1.03, 1.0, 0.82, 0.71)
_MONTH = (0.92, 0.72, 0.96, 1.02, 1.04, 1.08, 1.12, 1.08, 1.06, 1.08, 1.04, 0.94)
_SUMMER = {5: 1.3, 6: 1.8, 7: 2.0, 8: 1.9, 9: 1.4}
_AUTUMN = {10: 2.5, 11: 3.0, 12: 1.8}
_HOURS = np.array([1.0, 1, 1, 1, 1, 3, 9, 22, 44, 58, 55, 36, 22, 30, 52, 56, 48, 34, 26, 28, 22, 12, 5, 2])


@dataclass(frozen=True)
class Source:
    """A way in. late_min: how long after the sighting it is recorded. accuracy_m: as stated, None where it never is."""

    name: str
    share: float
    actor: str
    datum: str
    late_min: tuple[int, int]
    accuracy_m: tuple[float, float] | None


SOURCES = (
    Source("patrol", 0.39, "巡查", "wgs84", (0, 4), (2.0, 5.0)),
    Source("citizen", 0.33, "随手拍", "gcj02", (0, 8), (4.0, 14.0)),
    Source("hotline", 0.16, "热线", "wgs84", (3, 50), None),
    Source("monitor_team", 0.08, "督导组", "wgs84", (5, 120), (2.0, 5.0)),
    Source("leader_onsite", 0.04, "现场交办", "wgs84", (10, 180), None),
)
_NO_PIN = 0.28  # of calls to the hotline: an address, nothing else
_OUTSIDE = 0.004
# What a caller says who knows no address: it names something, and does not lie in it, so that a person has to look.
_BESIDE = {
    SiteKind.COMPOUND: ("{0}南门对面的快餐店", "{0}后面的小公园", "{0}北门附近的公交站", "{0}对面的幼儿园"),
    SiteKind.SHOPS: ("{0}对面的小超市", "{0}旁边的水果店", "{0}隔壁的理发店", "{1}附近路口"),
    SiteKind.LANE: ("{0}口子旁边的五金店", "{0}附近的公共厕所"),
    SiteKind.MARKET: ("{0}后门对面", "{0}旁边的停车场"),
    SiteKind.VILLAGE: ("{0}文化礼堂旁边", "{0}附近的小公园", "{0}附近路口"),
}


@dataclass(frozen=True)
class Texts:
    """What people write about a category, and what they are told."""

    share: float
    season: str
    reports: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)


@cache
def texts() -> tuple[dict[str, Texts], tuple[str, ...]]:
    """By category code; and the reasons for reopening."""
    found: dict[str, Texts] = {}
    reasons = []
    text = resources.files("sample_data").joinpath("kecheng_texts.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        if row["kind"] == "reopen":
            reasons.append(row["text"])
            continue
        own = found.setdefault(row["category"], Texts(float(row["share"]), row["season"]))
        (own.reports if row["kind"] == "report" else own.replies).append(row["text"])
    return found, tuple(reasons)


@dataclass(frozen=True)
class _Year:
    """Every issue of the year, in order of sighting, column by column. Moments are epoch seconds."""

    occurred: Floats
    recorded: Floats
    due: Floats
    source: Ints
    category: NDArray[np.object_]
    site: Ints


def make_issues(
    seed: int,
    now: datetime,
    sites: Sites,
    outline: shapely.Polygon,
    workers: dict[int, list[str]],
    metric: Metric,
    zone: str,
) -> tuple[IssueLife, ...]:
    """Lives of about 90 issues a day for a year, up to ``now``. workers: names of those who close them, by grid."""
    rng = stream(seed, "issues")
    year = _year(rng, now, sites, zone)
    ends = make_ends(rng, year.recorded, year.due, sites.grid[year.site], sites.backlog, now.timestamp())
    spots = _spots(rng, year, sites, outline, metric)
    names = [workers[grid][i % len(workers[grid])] for i, grid in enumerate(sites.grid[year.site].tolist())]
    return tuple(_lives(rng, year, sites, spots, ends, names, zone))


# -- when, what, where ------------------------------------------------------------------------------------------------


def _year(rng: np.random.Generator, now: datetime, sites: Sites, zone: str) -> _Year:
    local = now.astimezone(ZoneInfo(zone))
    occurred = _moments(rng, local)
    months = np.array([datetime.fromtimestamp(s, ZoneInfo(zone)).month for s in occurred])
    source = rng.choice(len(SOURCES), len(occurred), p=[s.share for s in SOURCES])
    span = np.array([s.late_min for s in SOURCES])[source]
    recorded = np.minimum(occurred + 60 * rng.uniform(span[:, 0], span[:, 1]), now.timestamp() - SETTLES_S)
    category = _categories(rng, months)
    site = sites.draw(rng, category)
    limits = {c.code: (c.limit_value, c.limit_clock) for c in CATEGORIES}
    due = [
        due_at(datetime.fromtimestamp(s, UTC), *limits[c], zone).timestamp()
        for s, c in zip(occurred.tolist(), category, strict=True)
    ]
    return _Year(occurred, recorded, np.array(due), source, category, site)


def _moments(rng: np.random.Generator, local: datetime) -> Floats:
    """Whole seconds, sorted: about 90 a day with the rhythm of week and year, none after now."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    for ago in range(DAYS - 1, -1, -1):
        day = midnight - timedelta(days=ago)
        pace = A_DAY * _WEEKDAY[day.weekday()] * _MONTH[day.month - 1] * rng.lognormal(0, 0.1)
        count = int(rng.poisson(pace))
        hours = rng.choice(24, count, p=_HOURS / _HOURS.sum())
        found.append(day.timestamp() + 3600 * hours + rng.integers(0, 3600, count))
    moments = np.sort(np.concatenate(found))
    return moments[moments < local.timestamp() - 240].astype(float)


def _categories(rng: np.random.Generator, months: Ints) -> NDArray[np.object_]:
    kinds, _ = texts()
    codes = np.array(sorted(kinds), dtype=object)
    chosen = np.empty(len(months), dtype=object)
    for month in range(1, 13):
        season = {"even": 1.0, "summer": _SUMMER.get(month, 0.7), "autumn": _AUTUMN.get(month, 0.5)}
        weight = np.array([kinds[c].share * season[kinds[c].season] for c in codes])
        here = months == month
        chosen[here] = rng.choice(codes, int(here.sum()), p=weight / weight.sum())
    return chosen


# -- as reports and steps ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Spots:
    """Where each report says it is. lon, lat: in the datum of its source, NaN without a pin; wgs: the same in WGS84."""

    lon: Floats
    lat: Floats
    wgs_lon: Floats
    wgs_lat: Floats
    accuracy_m: Floats  # NaN where none is stated
    by_code: NDArray[np.bool_]  # without a pin, but with the code of a place


def _spots(rng: np.random.Generator, year: _Year, sites: Sites, outline: shapely.Polygon, metric: Metric) -> _Spots:
    n = len(year.site)
    x, y = sites.x[year.site] + rng.normal(0, 2.5, n), sites.y[year.site] + rng.normal(0, 2.5, n)
    away = np.flatnonzero(rng.uniform(size=n) < _OUTSIDE)
    beyond = shapely.line_interpolate_point(
        outline.exterior.buffer(260).exterior, rng.uniform(size=len(away)), normalized=True
    )
    x[away], y[away] = shapely.get_x(beyond), shapely.get_y(beyond)
    wgs_lon, wgs_lat = (np.round(values, 7) for values in metric.unproject(x, y))
    lon, lat = wgs_lon.copy(), wgs_lat.copy()
    shifted = np.array([source.datum == "gcj02" for source in SOURCES])[year.source]
    lon[shifted], lat[shifted] = (np.round(v, 6) for v in from_wgs84(wgs_lon[shifted], wgs_lat[shifted], "gcj02"))
    wgs_lon[shifted], wgs_lat[shifted] = to_wgs84(lon[shifted], lat[shifted], "gcj02")
    called = np.array([source.name == "hotline" for source in SOURCES])[year.source]
    told = rng.uniform(size=n)
    by_address, by_code = called & (told < _NO_PIN), ~called & (told < 0.008) & sites.has_code[year.site]
    unpinned = by_address | by_code
    for column in (lon, lat, wgs_lon, wgs_lat):
        column[unpinned] = np.nan
    span = np.array([source.accuracy_m or (np.nan, np.nan) for source in SOURCES])[year.source]
    accuracy_m = np.round(span[:, 0] + (span[:, 1] - span[:, 0]) * rng.uniform(size=n), 1)
    return _Spots(lon, lat, wgs_lon, wgs_lat, accuracy_m, by_code)


def _lives(
    rng: np.random.Generator, year: _Year, sites: Sites, spots: _Spots, ends: Ends, workers: list[str], zone: str
) -> Iterator[IssueLife]:
    kinds, reasons = texts()
    picks = rng.integers(0, 1 << 20, (len(year.site), 3)).tolist()
    tz, serial = ZoneInfo(zone), 0
    day_before = ""
    for i, (pick, site, worker) in enumerate(zip(picks, year.site.tolist(), workers, strict=True)):
        source, kind = SOURCES[year.source[i]], kinds[year.category[i]]
        occurred = _instant(year.occurred[i])
        day = occurred.astimezone(tz).strftime("%Y%m%d")
        serial, day_before = (serial + 1 if day == day_before else 1), day
        report = NewReport(
            source=source.name,
            source_ref=f"{day}-{serial:04d}",
            category=str(year.category[i]),
            description=kind.reports[pick[0] % len(kind.reports)].format(place=sites.names[site]),
            position=_position(spots, i, source),
            address=_address(sites, site, pick[1]) if source.name == "hotline" else None,
            place_code=sites.codes[site] if spots.by_code[i] else None,
            occurred_at=occurred,
        )
        reply = kind.replies[pick[1] % len(kind.replies)]
        steps = [
            IssueStep(_instant(at), state, worker if state is IssueState.CLOSED else "督导组", text)
            for at, state, text in (
                (ends.closed[i], IssueState.CLOSED, reply),
                (ends.reopened[i], IssueState.REOPENED, reasons[pick[2] % len(reasons)]),
                (ends.closed_again[i], IssueState.CLOSED, reply),
            )
            if not np.isnan(at)
        ]
        yield IssueLife(report, _instant(year.recorded[i]), source.actor, tuple(steps))


def _position(spots: _Spots, i: int, source: Source) -> Position | None:
    if np.isnan(spots.lon[i]):
        return None
    accuracy_m = None if np.isnan(spots.accuracy_m[i]) else float(spots.accuracy_m[i])
    lon, lat = float(spots.lon[i]), float(spots.lat[i])
    return Position(float(spots.wgs_lon[i]), float(spots.wgs_lat[i]), lon, lat, source.datum, accuracy_m)


def _address(sites: Sites, site: int, pick: int) -> str:
    """What a caller says: mostly an address that the gazetteer knows, sometimes one that nobody could find."""
    known = sites.addresses[site]
    if known and pick % 5:
        return known
    said = _BESIDE[SiteKind(sites.kind[site])]
    return said[pick // 5 % len(said)].format(sites.landmarks[site], sites.names[site])


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
