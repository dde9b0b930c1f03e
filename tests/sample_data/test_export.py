"""Same seed and moment, same bytes; and they say that they are synthetic."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import timedelta
from itertools import islice

from sample_data.export import canonical_digest, canonical_lines
from sample_data.generate import make_land
from sample_data.model import District
from sample_data.people import make_people
from tests.sample_data.conftest import NOW, SEED

# Places and numbers of the other campaigns that the domain was learnt from; none of them belongs in Kecheng.
OTHER_PLACES = ("三明", "银川", "贺州", "八步", "本溪", "平凉", "漳州", "荣昌", "柚苑社区", "白石镇", "福安路", "泰宁")
PART = re.compile(rb'"part":"(\w+)"')


def test_another_process_makes_the_same_district(elsewhere: subprocess.Popen[str], made: District) -> None:
    told, _ = elsewhere.communicate()
    assert elsewhere.returncode == 0
    assert told.strip() == canonical_digest(made)


def test_the_export_begins_by_saying_that_it_is_synthetic(made: District) -> None:
    head = json.loads(next(canonical_lines(made)))
    assert head["synthetic"] is True
    assert head["seed"] == SEED
    assert "合成" in head["name"]
    assert "synthetic" in head["name_en"]


def test_every_row_of_every_part_is_exported(made: District) -> None:
    parts = [PART.search(line)[1].decode() for line in islice(canonical_lines(made), 1, None)]  # type: ignore[index]
    expected = {
        "areas": made.areas, "grids": made.grids, "places": made.places, "people": made.people, "posts": made.posts,
        "background": made.background, "units": made.units, "issues": made.issues,
    }  # fmt: skip
    assert {part: parts.count(part) for part in expected} == {part: len(rows) for part, rows in expected.items()}


def test_nothing_of_another_place_is_mixed_in(made: District) -> None:
    written = "".join(
        [*(row.name for row in made.areas), *(row.name for row in made.grids), *(row.name for row in made.places)]
        + [issue.report.description for issue in made.issues]
    )
    assert [place for place in OTHER_PLACES if place in written] == []


def test_another_seed_is_another_place_and_another_day_is_not(made: District) -> None:
    other = make_land(3)
    assert other.division.outline != made.outline
    assert len([grid for grid in other.grids if grid.parent_grid is None]) == 292
    posts = [
        make_people(
            3, day, other.division.areas, other.grids, other.places.rows, other.places.stewards, other.places.households
        ).people
        for day in (NOW.date(), NOW.date() + timedelta(days=40))
    ]
    assert posts[0] == posts[1]
