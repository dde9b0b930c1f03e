from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.rules.access import ROLES, ROOT, Capability, Extent, Grant, Role, reach

TODAY = date(2024, 3, 4)
TOWN, OTHER = "/330802/330802006/", "/330802/330802007/"
COMMUNITY = "/330802/330802006/330802006004/"


def test_every_capability_belongs_to_some_role_and_every_role_to_the_table() -> None:
    assert set(ROLES) == set(Role)
    assert frozenset().union(*ROLES.values()) == set(Capability)


def test_who_sees_single_rental_units() -> None:
    holders = {role for role, capabilities in ROLES.items() if Capability.UNITS_SEE_POINTS in capabilities}
    assert holders == {Role.GRID_WORKER, Role.GIS_REVIEWER}
    assert ROLES[Role.KIOSK] == {Capability.MAP_SEE, Capability.UNITS_COUNT}
    assert ROLES[Role.KIOSK_NAMED] == ROLES[Role.KIOSK] | {Capability.LEADS_SEE}
    assert ROLES[Role.INTAKE] == {Capability.ISSUES_FILE}


@pytest.mark.parametrize(
    ("from_date", "to_date", "holds"),
    [
        (TODAY, None, True),
        (TODAY, TODAY, False),
        (date(2024, 3, 5), None, False),
        (date.min, date(2024, 3, 5), True),
        (date.min, date(2024, 3, 4), False),  # to_date is the first day without it
    ],
)
def test_grants_begin_and_end(from_date: date, to_date: date | None, holds: bool) -> None:
    found = reach([Grant(Role.DISPATCHER, TOWN, None, from_date, to_date)], TODAY)
    assert bool(found.capabilities) is holds
    assert found.allows(Capability.ISSUES_SEE, COMMUNITY) is holds


def test_a_subtree_is_a_prefix_of_whole_codes() -> None:
    found = reach([Grant(Role.DISPATCHER, "/330802/33080200/")], TODAY)
    assert not found.allows(Capability.ISSUES_SEE, TOWN)
    found = reach([Grant(Role.DISPATCHER, TOWN)], TODAY)
    assert found.allows(Capability.ISSUES_SEE, COMMUNITY) and found.allows(Capability.ISSUES_SEE, TOWN)
    assert not found.allows(Capability.ISSUES_SEE, OTHER)
    assert not found.allows(Capability.ISSUES_SEE, "/330802/")


def test_what_has_no_grid_belongs_to_grants_at_the_root() -> None:
    assert not reach([Grant(Role.DISPATCHER, TOWN)], TODAY).allows(Capability.QUEUES_SEE, None)
    whole = reach([Grant(Role.DISPATCHER)], TODAY)
    assert whole.allows(Capability.QUEUES_SEE, None) and whole.whole(Capability.QUEUES_SEE)


def test_categories_narrow_a_grant() -> None:
    litter = reach([Grant(Role.DISPATCHER, ROOT, frozenset({"0102"}))], TODAY)
    assert litter.allows(Capability.ISSUES_SEE, TOWN, "0102")
    assert not litter.allows(Capability.ISSUES_SEE, TOWN, "0101")
    assert not litter.allows(Capability.ISSUES_SEE, TOWN)
    assert not litter.whole(Capability.ISSUES_SEE)
    assert litter.prefixes(Capability.ISSUES_SEE) == (ROOT,)


def test_roles_add_up_each_in_its_own_place() -> None:
    found = reach([Grant(Role.COMMANDER), Grant(Role.GRID_WORKER, COMMUNITY)], TODAY)
    assert found.whole(Capability.ISSUES_SEE)
    assert found.prefixes(Capability.UNITS_SEE_POINTS) == (COMMUNITY,)
    assert found.prefixes(Capability.ISSUES_SEE) == (ROOT,)  # the narrower grant adds nothing


CODES = st.lists(st.sampled_from(["1", "2", "11", "12"]), max_size=3)
PATHS = CODES.map(lambda codes: "/" + "".join(f"{code}/" for code in codes))
GRANTS = st.builds(
    Grant,
    role=st.sampled_from([Role.DISPATCHER, Role.GRID_WORKER, Role.KIOSK]),
    path=PATHS,
    categories=st.none() | st.frozensets(st.sampled_from("abc"), min_size=1),
    from_date=st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=3)),
    to_date=st.none() | st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=3)),
)


@given(st.lists(GRANTS, max_size=6), PATHS, st.none() | st.sampled_from("abc"), st.sampled_from(list(Capability)))
def test_reach_allows_what_some_grant_that_holds_allows(
    grants: list[Grant], path: str, category: str | None, capability: Capability
) -> None:
    expected = any(
        grant.holds(TODAY)
        and capability in ROLES[grant.role]
        and path.startswith(grant.path)
        and (grant.categories is None or category in grant.categories)
        for grant in grants
    )
    found = reach(grants, TODAY)
    assert found.allows(capability, path, category) is expected
    extents = found.of(capability)
    assert not any(a.contains(b) for a in extents for b in extents if a is not b)


def test_an_extent_contains_what_is_narrower_in_place_and_kind() -> None:
    assert Extent(TOWN).contains(Extent(COMMUNITY, frozenset("a")))
    assert not Extent(TOWN, frozenset("a")).contains(Extent(COMMUNITY))
    assert not Extent(COMMUNITY).contains(Extent(TOWN))
