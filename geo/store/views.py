"""The layers that people open in QGIS: the state in force, with codes instead of keys. The same text on both stores.

Rental units have no layer here: one point with its inspection class says something about a household, and a layer is
opened without anyone asking why. (Who has the file can still read the tables: the file is as secret as its contents.)
For the same reason ``issues`` carries nothing that a reporter wrote.

Every column is a plain column of a table, since GeoPackage wants declared types; the first is the key, under the name
that GDAL takes for one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """A spatial view; its geometry is the ``geom`` of ``source``."""

    name: str
    source: str
    description: str
    select: str


# Grids: the newest edition of the primary scheme; a draft is nothing until it is published.
VIEWS = (
    View(
        "grids",
        "grid_version",
        "The grids of the edition in force",
        """
SELECT version.grid_id AS "OGC_FID", version.geom, version.code, version.name, version.name_en,
       area.code AS area_code, area.name AS area_name, edition.number AS edition, version.households
  FROM grid_version AS version
  JOIN scheme ON scheme.id = version.scheme_id AND scheme.is_primary
  JOIN edition ON edition.scheme_id = scheme.id
   AND edition.number = (SELECT max(number) FROM edition AS newest WHERE newest.scheme_id = scheme.id)
  JOIN area ON area.id = version.area_id
 WHERE version.level = 'grid' AND version.to_edition IS NULL
""",
    ),
    View(
        "micro_grids",
        "grid_version",
        "The micro-grids of the edition in force",
        """
SELECT version.grid_id AS "OGC_FID", version.geom, version.code, version.name, version.name_en,
       parent.code AS grid_code, area.code AS area_code, edition.number AS edition, version.households
  FROM grid_version AS version
  JOIN scheme ON scheme.id = version.scheme_id AND scheme.is_primary
  JOIN edition ON edition.scheme_id = scheme.id
   AND edition.number = (SELECT max(number) FROM edition AS newest WHERE newest.scheme_id = scheme.id)
  JOIN area ON area.id = version.area_id
  LEFT JOIN grid_version AS parent ON parent.grid_id = version.parent_grid_id AND parent.to_edition IS NULL
 WHERE version.level = 'micro_grid' AND version.to_edition IS NULL
""",
    ),
    View(
        "areas",
        "area",
        "Districts, subdistricts and communities, with their official boundary where there is one",
        """
SELECT area.id AS "OGC_FID", area.geom, area.code, area.name, area.name_en, area.level,
       parent.code AS parent_code, parent.name AS parent_name
  FROM area
  LEFT JOIN area AS parent ON parent.id = area.parent_id
 WHERE area.undone_at IS NULL
""",
    ),
    View(
        "places",
        "place",
        "Compounds, buildings, stairwells, lanes, markets and other places",
        """
SELECT place.id AS "OGC_FID", place.geom, place.code, place.kind, place.name, place.name_en, place.address,
       place.households, parent.code AS parent_code, area.code AS area_code
  FROM place
  LEFT JOIN place AS parent ON parent.id = place.parent_id
  LEFT JOIN area ON area.id = place.area_id
 WHERE place.undone_at IS NULL
""",
    ),
    View(
        "issues",
        "issue",
        "Issues as they stand, with the grid that answers for them; nothing that a reporter wrote",
        """
SELECT issue.id AS "OGC_FID", issue.geom, state.state, category.code AS category_code, category.name AS category_name,
       version.code AS grid_code, decided.queue, decided.ambiguous, issue.opened_at, issue.due_at
  FROM issue
  JOIN issue_state AS state ON state.issue_id = issue.id AND state.to_at IS NULL AND state.state <> 'withdrawn'
  LEFT JOIN category ON category.id = issue.category_id
  LEFT JOIN scheme ON scheme.is_primary
  LEFT JOIN assignment AS decided
    ON decided.subject = 'issue' AND decided.subject_id = issue.id AND decided.scheme_id = scheme.id
   AND decided.to_at IS NULL
  LEFT JOIN grid_version AS version
    ON version.grid_id = decided.grid_id AND version.from_edition <= decided.edition
   AND (version.to_edition IS NULL OR version.to_edition > decided.edition)
""",
    ),
)
