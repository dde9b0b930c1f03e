"""Addresses as people write them are read level by level; what is printed is read back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.rules.address import MAX_LETTERS, Address, label, parse, plain

# Letters that end no name and count nothing.
_LETTERS = "安宝柏碧彩翠丹繁芳枫福冠桂海和恒华晖佳金锦君凯蓝丽龙绿梅名明宁鹏清荣瑞盛泰文祥欣秀雅阳银盈玉泽珠紫"
_names = st.text(_LETTERS, min_size=2, max_size=4)
_numbers = st.integers(1, 2999).map(str)


def _ending(word: str) -> st.SearchStrategy[str]:
    return _names.map(lambda name: f"{name}{word}")


def _maybe(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | strategy


addresses = st.builds(
    Address,
    province=_maybe(_ending("省")),
    city=_maybe(_ending("市")),
    district=_maybe(_ending("区")),
    subdistrict=_maybe(st.sampled_from(["街道", "镇", "乡"]).flatmap(_ending)),
    community=_maybe(st.sampled_from(["社区", "村"]).flatmap(_ending)),
    road=_maybe(st.sampled_from(["路", "街", "大道", "巷"]).flatmap(_ending)),
    alley=_maybe(_numbers),
    number=_maybe(_numbers),
    compound=_maybe(st.sampled_from(["花园", "小区", "苑", "公寓"]).flatmap(_ending)),
    building=_maybe(_numbers | st.sampled_from("ABC")),
    stairwell=_maybe(st.integers(1, 12).map(str)),
    floor=_maybe(st.integers(1, 40).map(str)),
    room=_maybe(_numbers),
)


@given(addresses)
def test_what_it_prints_it_reads(address: Address) -> None:
    assert parse(str(address)) == address


@given(addresses)
def test_other_ways_to_write_say_the_same(address: Address) -> None:
    wide = {ord(c): ord(c) + 0xFEE0 for c in "0123456789ABC"}
    assert parse(str(address).translate(wide)) == address
    assert parse(str(address).replace("幢", "栋").replace("号栋", "号楼").replace("单元", "號單元")) == address


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    assert parse(str(parse(text))) is not None
    assert plain(plain(text)) == plain(text)


HOME = {"compound": "锦绣花园", "building": "3", "stairwell": "2", "room": "501"}


@pytest.mark.parametrize(
    "text",
    [
        "锦绣花园3幢2单元501室",
        "锦绣花园３栋２单元５０１",
        "锦绣花园3号楼2单元501",
        "锦绣花园三幢二单元五零一室",
        "锦绣花园第3幢第2单元501室",
        "锦绣花园3-2-501",
        "锦绣花园3—2—501",
        "锦绣花园3幢2-501",
        "锦绣花园3#2-501",
        "锦绣花园 3 幢 2 单元 501 室",
        "锦绣花园，3幢，2单元，501室",
        "锦繡花園3棟2單元501室",
        "3幢2单元501室锦绣花园",
        "501室2单元3幢锦绣花园",
        "2单元3幢501室，锦绣花园",
        "锦绣花园03幢02单元501室",
    ],
)
def test_a_home_however_it_is_written(text: str) -> None:
    assert parse(text) == Address(**HOME)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("锦绣花园3-501", {"compound": "锦绣花园", "building": "3", "room": "501"}),
        ("锦绣花园3-2", {"compound": "锦绣花园", "building": "3", "stairwell": "2"}),
        ("锦绣花园2单元", {"compound": "锦绣花园", "stairwell": "2"}),
        ("锦绣花园A座1102", {"compound": "锦绣花园", "building": "A", "room": "1102"}),
        ("锦绣花园二十三幢", {"compound": "锦绣花园", "building": "23"}),
        ("锦绣花园3号楼5楼", {"compound": "锦绣花园", "building": "3", "floor": "5"}),
        ("锦绣路120弄5号501室", {"road": "锦绣路", "alley": "120", "number": "5", "room": "501"}),
        ("天皇巷12号", {"road": "天皇巷", "number": "12"}),
        ("荷花三路222号", {"road": "荷花三路", "number": "222"}),
        ("三衢社区五环花园12幢", {"community": "三衢社区", "compound": "五环花园", "building": "12"}),
        ("九华乡童村碓村12号", {"subdistrict": "九华乡", "community": "童村碓村", "number": "12"}),
        ("府山街道坊门街社区", {"subdistrict": "府山街道", "community": "坊门街社区"}),
        (
            "浙江省衢州市柯城区荷花街道荷花三路222号A座1102室",
            {
                "province": "浙江省", "city": "衢州市", "district": "柯城区", "subdistrict": "荷花街道",
                "road": "荷花三路", "number": "222", "building": "A", "room": "1102",
            },
        ),
        ("锦绣花园附近路口", {"compound": "锦绣花园", "rest": "附近路口"}),
        ("锦绣花园3幢对面", {"compound": "锦绣花园", "building": "3", "rest": "对面"}),
        (
            "Room 501, Unit 2, Building 3, Jinxiu Garden, Fushan Subdistrict",
            {"room": "501", "stairwell": "2", "building": "3", "compound": "jinxiu garden",
             "rest": "fushan subdistrict"},
        ),
    ],
)  # fmt: skip
def test_awkward_forms(text: str, levels: dict[str, str]) -> None:
    assert parse(text) == Address(**levels)


@pytest.mark.parametrize("text", ["", "   ", "！？。", "。。。---___", "\x00\x01"])
def test_nothing_is_read_from_nothing(text: str) -> None:
    assert parse(text) == Address()


@pytest.mark.parametrize("text", ["0570-3021234", "2026-11-22"])
def test_telephone_numbers_and_dates_are_no_buildings(text: str) -> None:
    found = parse(text)
    assert (found.building, found.stairwell, found.room) == (None, None, None)


def test_a_story_is_read_as_far_as_an_address_goes() -> None:
    assert parse("锦绣花园3幢" + "垃圾没人收" * 100_000).building == "3"
    assert len(plain("路" * 100_000)) == MAX_LETTERS


@given(st.integers(1, 99))
def test_chinese_numbers(n: int) -> None:
    digits = "零一二三四五六七八九"
    tens, ones = divmod(n, 10)
    spelt = (("" if tens == 1 else digits[tens]) + "十" if tens else "") + (digits[ones] if ones else "")
    assert label(spelt) == str(n)
