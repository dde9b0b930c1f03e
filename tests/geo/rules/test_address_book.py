"""What an address may mean: found where it says enough, asked about where it does not, never guessed."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.model import AreaLevel, PlaceKind
from geo.rules.address_book import AddressBook, AliasName, Candidate, Reason
from geo.rules.address_tree import AreaName, PlaceName, Tree

AREAS = [
    AreaName(1, "K", AreaLevel.DISTRICT, "柯城区", "Kecheng District", "/K/"),
    AreaName(2, "F", AreaLevel.SUBDISTRICT, "府山街道", "Fushan Subdistrict", "/K/F/"),
    AreaName(3, "H", AreaLevel.SUBDISTRICT, "荷花街道", "Hehua Subdistrict", "/K/H/"),
    AreaName(4, "FM", AreaLevel.COMMUNITY, "坊门街社区", "Fangmenjie Community", "/K/F/FM/"),
    AreaName(5, "HH", AreaLevel.COMMUNITY, "童村碓村", "Tongcundui Village", "/K/H/HH/"),
]


class Register:
    """Places of a small district, numbered as they come."""

    def __init__(self) -> None:
        self.places: list[PlaceName] = []
        self._ids = count(1)

    def add(
        self, kind: PlaceKind, name: str, path: str, parent: int | None = None, english: str | None = None,
        address: str | None = None,
    ) -> int:  # fmt: skip
        key = next(self._ids)
        self.places.append(PlaceName(key, f"P{key}", kind, name, english, parent, path, address))
        return key

    def compound(
        self,
        name: str,
        path: str,
        buildings: int = 3,
        stairwells: int = 2,
        english: str | None = None,
        bare: bool = False,
    ) -> int:
        compound = self.add(PlaceKind.COMPOUND, name, path, english=english)
        for b in range(1, buildings + 1):
            called = f"{b}幢" if bare else f"{name}{b}幢"
            building = self.add(PlaceKind.BUILDING, called, path, compound)
            for s in range(1, stairwells + 1):
                self.add(PlaceKind.STAIRWELL, f"{s}单元" if bare else f"{called}{s}单元", path, building)
        return compound


def _register() -> Register:
    here = Register()
    here.compound("锦绣花园", "/K/F/FM/", english="Jinxiu Garden")
    here.compound("梅花小区", "/K/F/FM/", bare=True)
    here.compound("翠湖花园", "/K/F/FM/")
    here.compound("翠湖花园", "/K/H/HH/")
    here.compound("新锦绣花园", "/K/H/HH/")
    here.compound("城市花园", "/K/F/FM/")
    here.compound("荷花公寓", "/K/H/HH/", buildings=0)
    here.add(PlaceKind.LANE, "天皇巷", "/K/F/FM/")
    here.add(PlaceKind.MARKET, "府山第一农贸市场", "/K/F/FM/")
    here.add(PlaceKind.BUILDING, "童村碓村1号", "/K/H/HH/")
    here.add(PlaceKind.BUILDING, "童村碓村12号", "/K/H/HH/")
    here.add(PlaceKind.COMPOUND, "教工宿舍", "/K/F/FM/", address="浙江省衢州市柯城区府山街道上街12号")
    here.add(PlaceKind.COMPOUND, "百汇里", "/K/F/FM/", address="锦西路120弄")
    return here


REGISTER = _register()
TREE = Tree(AREAS, REGISTER.places)
BOOK = AddressBook(TREE)


def name(candidate: Candidate | None) -> str | None:
    """The whole name of a candidate, by way of what it hangs under."""
    if candidate is None:
        return None
    place, above = candidate.node.place, candidate.node.above
    if place is None:
        assert candidate.node.area is not None
        return candidate.node.area.name
    whole = place.name
    while above is not None and above.place is not None and not whole.startswith(above.place.name):
        whole = above.place.name + whole
        above = above.above
    return whole


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("锦绣花园3幢2单元501室", "锦绣花园3幢2单元"),
        ("府山街道坊门街社区锦绣花园3幢2单元501室", "锦绣花园3幢2单元"),
        ("柯城区府山街道锦绣花园3-2-501", "锦绣花园3幢2单元"),
        ("浙江省衢州市柯城区府山街道锦绣花园3-2-501", "锦绣花园3幢2单元"),
        ("衢州市锦绣花园３栋２單元５０１", "锦绣花园3幢2单元"),
        ("錦繡花園三棟二單元", "锦绣花园3幢2单元"),
        ("3幢2单元，锦绣花园，府山街道", "锦绣花园3幢2单元"),
        ("上街12号锦绣花园3号楼", "锦绣花园3幢"),
        ("锦绣花园小区3幢", "锦绣花园3幢"),
        ("锦绣花园3号", "锦绣花园3幢"),
        ("锦绣花园3幢9单元", None),
        ("锦绣花园", "锦绣花园"),
        ("锦绣花园门口", "锦绣花园"),
        ("锦绣花园3幢楼下垃圾没人收", "锦绣花园3幢"),
        ("梅花小区2幢1单元", "梅花小区2幢1单元"),
        ("梅花2幢1单元", "梅花小区2幢1单元"),
        ("新锦绣花园3幢", "新锦绣花园3幢"),
        ("城市花园1幢", "城市花园1幢"),
        ("荷花公寓7幢2单元", "荷花公寓"),
        ("天皇巷", "天皇巷"),
        ("天皇巷12号锦绣花园1幢", "锦绣花园1幢"),
        ("童村碓村12号", "童村碓村12号"),
        ("荷花街道童村碓村1号", "童村碓村1号"),
        ("上街12号", "教工宿舍"),
        ("府山街道上街12号", "教工宿舍"),
        ("锦西路120弄", "百汇里"),
        ("府山街道翠湖花园2幢", "翠湖花园2幢"),
        ("童村碓村翠湖花园2幢", "翠湖花园2幢"),
        ("Room 501, Unit 2, Building 3, Jinxiu Garden, Fushan Subdistrict", "锦绣花园3幢2单元"),
        ("Jinxiu Garden Building 3", "锦绣花园3幢"),
        # ask, never guess
        ("翠湖花园2幢", None),
        ("锦绣3幢", None),
        ("丁锦绣花园3幢", None),
        ("童村碓12号", None),
        ("新童村碓12号", None),
        ("锦秀花园3幢2单元", None),
        ("阳光锦绣花园3幢", None),
        ("锦绣花园北苑3幢", None),
        ("锦绣花园二期3幢", None),
        ("锦绣花园幼儿园", None),
        ("锦绣花园附近", None),
        ("锦绣花园3幢对面", None),
        ("锦绣花园99幢", None),
        ("锦绣花园1幢和2幢", None),
        ("荷花街道锦绣花园3幢", None),
        ("杭州市锦绣花园3幢2单元", None),
        ("杭州市西湖区锦绣花园3幢2单元", None),
        ("杭州锦绣花园3幢2单元", None),
        ("锦绣花园3幢2单元，杭州市", None),
        ("西湖区锦绣花园3幢", None),
        ("北山街道锦绣花园3幢", None),
        ("上街13号", None),
        ("府山街道", None),
        ("3幢2单元501室", None),
        ("", None),
        ("？？？", None),
    ],
)
def test_what_an_address_means(address: str, meant: str | None) -> None:
    assert name(BOOK.decide(address)) == meant


def test_two_of_one_name_are_told_apart_by_their_subdistrict() -> None:
    first, second = BOOK.decide("府山街道翠湖花园"), BOOK.decide("荷花街道翠湖花园")
    assert first is not None and second is not None and first.node is not second.node
    assert (first.node.path, second.node.path) == ("/K/F/FM/", "/K/H/HH/")


@pytest.mark.parametrize(
    ("address", "first"),
    [
        ("锦秀花园3幢2单元", "锦绣花园3幢2单元"),  # sounds the same
        ("锦锈花圆3幢", "锦绣花园3幢"),
        ("锦绣花3幢", "锦绣花园3幢"),
        ("府山街道棉锈花园2幢", "锦绣花园2幢"),
        ("锦绣花园附近", "锦绣花园"),
        ("杭州市锦绣花园3幢", "锦绣花园3幢"),
        ("锦绣花园99幢", "锦绣花园"),
        ("锦绣3幢", "锦绣花园3幢"),
        ("府山农贸市场", "府山第一农贸市场"),
        ("锦绣花园3幢9单元", "锦绣花园3幢"),
    ],
)
def test_what_is_not_sure_is_ranked(address: str, first: str) -> None:
    ranked = BOOK.rank(address)
    assert name(ranked[0]) == first
    assert not ranked[0].is_sure


def test_why_a_candidate_stands_there() -> None:
    def reasons(address: str) -> tuple[Reason, ...]:
        return BOOK.rank(address)[0].reasons

    assert reasons("府山街道锦绣花园3幢") == (Reason.NAME, Reason.AREA)
    assert reasons("杭州市锦绣花园3幢") == (Reason.NAME, Reason.OTHER_CITY, Reason.UNKNOWN_WORDS)
    assert reasons("锦绣花园附近") == (Reason.NAME, Reason.UNKNOWN_WORDS, Reason.NEARBY)
    assert reasons("锦绣花园99幢") == (Reason.NAME, Reason.NO_SUCH_NUMBER)
    assert reasons("锦绣花园1幢和2幢") == (Reason.NAME, Reason.SEVERAL)
    assert reasons("锦秀花园3幢") == (Reason.ALIKE,)


def _with(*aliases: tuple[str, int]) -> AddressBook:
    return AddressBook(TREE, [AliasName(i, key, place, None) for i, (key, place) in enumerate(aliases, start=1)])


def test_a_learnt_name_leads_on_to_buildings_and_stairwells() -> None:
    book = _with(("老棉纺厂宿舍", 1))
    found = book.decide("府山街道老棉纺厂宿舍3幢2单元501")
    assert name(found) == "锦绣花园3幢2单元"
    assert found is not None and found.alias_id == 1 and Reason.ALIAS in found.reasons


def test_a_learnt_text_stands_for_all_that_it_says() -> None:
    assert name(_with(("老厂3幢对面", 1)).decide("老厂3幢对面")) == "锦绣花园"


def test_a_name_learnt_for_two_places_is_asked_about() -> None:
    other = next(place.id for place in REGISTER.places if place.name == "梅花小区")
    book = _with(("老宿舍", 1), ("老宿舍", other))
    assert book.decide("老宿舍2幢") is None
    assert {name(each) for each in book.rank("老宿舍2幢")[:2]} == {"锦绣花园2幢", "梅花小区2幢"}


def test_an_alias_of_what_is_gone_is_none() -> None:
    assert _with(("老宿舍", 9_999)).decide("老宿舍2幢") is None


def test_a_parent_that_is_its_own_child_does_no_harm() -> None:
    loop = [
        PlaceName(1, "A", PlaceKind.COMPOUND, "东园", None, 2),
        PlaceName(2, "B", PlaceKind.COMPOUND, "西园", None, 1),
    ]
    assert name(AddressBook(Tree([], loop)).decide("东园")) == "东园"


@given(
    st.text(max_size=200) | st.text("锦绣花园梅府山街道坊门社区幢单元号路弄0123456789-# ,栋附近杭州市区", max_size=60)
)
def test_no_text_breaks_it(text: str) -> None:
    decided = BOOK.decide(text)
    ranked = BOOK.rank(text)
    assert all(0.0 < each.score <= 1.0 for each in ranked)
    if decided is not None:
        assert decided.is_sure and ranked[0].is_sure


@given(st.sampled_from([place for place in REGISTER.places if place.kind is not PlaceKind.BUILDING or place.parent_id]))
def test_a_name_with_its_areas_means_what_bears_it(place: PlaceName) -> None:
    node = TREE.nodes[place.id]
    whole, above = place.name, node.above
    while above is not None and above.place is not None:
        whole = whole if whole.startswith(above.place.name) else above.place.name + whole
        above = above.above
    areas = "".join(area.name for area in AREAS if place.path.startswith(area.path))
    found = BOOK.decide(areas + whole)
    assert found is not None and found.node is node


def _id(name: str) -> int:
    return next(place.id for place in REGISTER.places if place.name == name)


@pytest.mark.parametrize(
    ("address", "chosen", "taught"),
    [
        ("老厂宿舍3幢2单元501", "锦绣花园3幢2单元", ("老厂宿舍", "锦绣花园")),
        ("府山街道坊门街社区老厂宿舍3幢", "锦绣花园3幢", ("老厂宿舍", "锦绣花园")),
        ("老厂宿舍", "锦绣花园", ("老厂宿舍", "锦绣花园")),
        ("老厂宿舍", "锦绣花园3幢", ("老厂宿舍", "锦绣花园3幢")),
        ("老厂宿舍5幢", "锦绣花园3幢", ("老厂宿舍5幢", "锦绣花园3幢")),  # numbered otherwise there
        ("老厂宿舍3幢对面", "锦绣花园3幢", ("老厂宿舍3幢对面", "锦绣花园3幢")),
        ("杭州市锦绣花园3幢", "锦绣花园3幢", ("杭州市锦绣花园", "锦绣花园")),
        ("翠湖花园", "锦绣花园", None),  # the name of something else
        ("翠湖花园2幢", "锦绣花园2幢", None),
        ("3幢2单元", "锦绣花园3幢2单元", None),
        ("", "锦绣花园", None),
        ("很" * 100, "锦绣花园", None),
    ],
)
def test_what_a_choice_teaches(address: str, chosen: str, taught: tuple[str, str] | None) -> None:
    found = BOOK.taught_by(address, _id(chosen))
    assert found == (taught and (taught[0], _id(taught[1])))


@given(st.text("老厂宿舍锦绣花园府山街道幢单元号0123456789 ,附近", max_size=30), st.sampled_from(REGISTER.places))
def test_what_was_taught_is_known_and_changes_no_name_of_the_register(address: str, place: PlaceName) -> None:
    taught = BOOK.taught_by(address, place.id)
    if taught is None:
        return
    book = AddressBook(TREE, [AliasName(1, taught[0], taught[1], None)])
    found = book.decide(taught[0])
    assert found is None or found.node is TREE.nodes[taught[1]]
    for known in ("锦绣花园", "天皇巷", "童村碓村12号"):
        assert name(book.decide(known)) == known
