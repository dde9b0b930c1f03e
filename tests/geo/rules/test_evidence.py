"""What codes and addresses name is looked up once, by however many threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
import shapely

from geo.model import AreaLevel, PlaceKind
from geo.rules import evidence
from geo.rules.address_book import AddressBook, Candidate
from geo.rules.address_tree import AreaName, PlaceName, Tree
from geo.rules.evidence import Finder, Known


@dataclass
class Register:
    """Places that count how often they are asked for. Two compounds bear one name, 10 km apart."""

    asked: int = 0
    known: list[Known] = field(
        default_factory=lambda: [
            Known(n, f"P{n}", PlaceKind.COMPOUND, shapely.Point(at, 0.0))
            for n, at in enumerate((0.0, 0.0, 10_000.0), 1)
        ]
    )

    def by_codes(self, codes: Sequence[str]) -> list[Known]:
        self.asked += 1
        return [each for each in self.known if each.code in codes]

    def by_ids(self, ids: Sequence[int]) -> list[Known]:
        self.asked += 1
        return [each for each in self.known if each.id in ids]


def book() -> AddressBook:
    area = AreaName(1, "K", AreaLevel.DISTRICT, "柯城区", "Kecheng District", "/K/")
    names = ("锦绣花园", "翠湖花园", "翠湖花园")
    places = [PlaceName(n, f"P{n}", PlaceKind.COMPOUND, name, None, None, "/K/") for n, name in enumerate(names, 1)]
    return AddressBook(Tree([area], places))


class Watched(str):
    """A text of which somebody hears whenever it is looked up."""

    heard: Callable[[], object]

    def __hash__(self) -> int:
        self.heard()
        return super().__hash__()


def watched(text: str, heard: Callable[[], object]) -> Watched:
    made = Watched(text)
    made.heard = heard
    return made


def test_one_code_is_found_without_a_walk_over_all_that_are_known() -> None:
    finder, looked_at = Finder(book, Register()), [0]

    def heard() -> None:
        looked_at[0] += 1

    finder.by_codes([watched(f"X{n}", heard) for n in range(1_000)])
    looked_at[0] = 0
    found = finder.by_code("P1")
    assert found is not None and found.place_id == 1
    assert looked_at[0] == 0


def test_what_one_thread_knows_another_may_forget_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """The looks of another thread at other texts, of which none are kept, come between those of this one."""
    monkeypatch.setattr(evidence, "_MOST_KNOWN", 1)
    finder, others = Finder(book, Register()), [0]

    def meanwhile() -> None:
        others[0] += 1
        finder.by_address(f"别处{others[0]}")
        finder.by_code(f"X{others[0]}")

    address, code = watched("锦绣花园", meanwhile), watched("P1", meanwhile)
    for _ in range(5):
        for found in (finder.by_address(address), finder.by_code(code), finder.by_codes(["P1", code])["P1"]):
            assert found is not None and found.place_id == 1


def test_an_address_that_several_bear_is_read_once_however_many_points_come_with_it() -> None:
    places, read, several = Register(), [0], book()
    ranked = several.rank_exact

    def counted(address: str) -> list[Candidate]:
        read[0] += 1
        return ranked(address)

    several.rank_exact = counted  # type: ignore[method-assign]
    finder = Finder(lambda: several, places)

    def near(x: float) -> int | None:
        found = finder.by_address("翠湖花园", shapely.Point(x, 0.0))
        return found.place_id if found else None

    assert [near(0.0), near(10_000.0), near(5_000.0)] == [2, 3, None]
    before = read[0], places.asked
    assert [near(100.0), near(9_900.0), near(5_000.0)] == [2, 3, None]
    assert finder.by_address("翠湖花园") is None
    assert (read[0], places.asked) == before
