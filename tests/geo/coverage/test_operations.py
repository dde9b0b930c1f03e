"""Operations go through JSON and back, and nothing else comes in."""

from __future__ import annotations

import json

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.coverage.operations import (
    KINDS,
    DeleteNode,
    InsertNode,
    Mend,
    MergeGrids,
    MoveNode,
    Recode,
    ReplaceGrids,
    ReshapeEdge,
    Restore,
    Retire,
    SplitGrid,
    TransferArea,
    from_json,
    kind_of,
    to_json,
)
from geo.coverage.shapes import Shape
from geo.errors import BadInput
from tests.coverages import coverages

TWO_PARTS = Shape(((((0, 0), (9, 0), (0, 9))), (((20, 20), (29, 20), (20, 29)))), multi=True)
HOLED = Shape(((((0, 0), (90, 0), (0, 90)), ((9, 9), (9, 19), (19, 9))),), multi=False)
ALL = [
    MoveNode((1, 2), (3, 4)),
    InsertNode(((0, 0), (9, 9)), (5, 5)),
    DeleteNode((1, -2)),
    ReshapeEdge(((0, 0), (5, 5), (9, 0))),
    ReshapeEdge(((0, 0), (9, 0)), via=(7, 7)),
    SplitGrid("a", ((0, 0), (9, 9)), ("a", "区")),
    MergeGrids(("a", "b"), "c"),
    TransferArea("a", "b", ((0, 0), (9, 0), (9, 9))),
    Recode("a", "b"),
    Retire("a"),
    Mend(("a", "b")),
    ReplaceGrids({"a": HOLED, "b": None}),
    Restore({"a": HOLED, "b": None}),
]


def test_there_is_an_example_of_every_kind():
    assert {kind_of(operation) for operation in ALL} == KINDS.keys()


@pytest.mark.parametrize("operation", ALL, ids=kind_of)
def test_there_and_back(operation):
    assert from_json(json.loads(json.dumps(to_json(operation)))) == operation


@given(coverages())
def test_shapes_give_back_the_same_polygons_to_the_bit(area):
    for geom in area.geoms:
        shape = Shape.of(geom)
        assert shape.geometry().wkb == geom.wkb
        assert Shape.from_json(json.loads(json.dumps(shape.to_json()))) == shape


def test_a_polygon_and_a_multipolygon_of_one_part_stay_what_they_are():
    square = shapely.box(0, 0, 1, 1)
    assert Shape.of(square).geometry().geom_type == "Polygon"
    assert Shape.of(shapely.MultiPolygon([square])).geometry().geom_type == "MultiPolygon"


def test_an_area_may_end_where_it_begins():
    ring = ((0, 0), (9, 0), (9, 9))
    assert TransferArea("a", "b", (*ring, ring[0])) == TransferArea("a", "b", ring)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "an operation is an object"),
        ([], "an operation is an object"),
        ({}, "no operation None"),
        ({"op": ["move_node"]}, "no operation"),
        ({"op": "explode"}, "there are move_node"),
        ({"op": "move_node", "at": [1, 2]}, "move_node needs to"),
        ({"op": "move_node", "at": [1, 2], "to": [1, 3], "by": 1}, "has no by"),
        ({"op": "move_node", "at": [1.5, 2], "to": [1, 3]}, "whole millimetres"),
        ({"op": "move_node", "at": [1.0, 2], "to": [1, 3]}, "whole millimetres"),
        ({"op": "move_node", "at": [True, 2], "to": [1, 3]}, "whole millimetres"),
        ({"op": "move_node", "at": [1, 2, 3], "to": [1, 3]}, "whole millimetres"),
        ({"op": "move_node", "at": "12", "to": [1, 3]}, "whole millimetres"),
        ({"op": "move_node", "at": [1, 1 << 60], "to": [1, 3]}, "whole millimetres"),
        ({"op": "insert_node", "edge": [[0, 0], [1, 1], [2, 2]], "at": [1, 3]}, "two ends, not 3"),
        ({"op": "insert_node", "edge": [[0, 0], [0, 0]], "at": [1, 3]}, "no length"),
        ({"op": "reshape_edge", "line": [[0, 0]]}, "at least 2"),
        ({"op": "reshape_edge", "line": [[0, 0], [1, 1], [1, 1]]}, "no length"),
        ({"op": "reshape_edge", "line": "somewhere"}, "list of positions"),
        ({"op": "split_grid", "code": "a", "line": [[0, 0], [1, 1]], "codes": []}, "list of texts"),
        ({"op": "split_grid", "code": "a", "line": [[0, 0], [1, 1]], "codes": "b"}, "list of texts"),
        ({"op": "split_grid", "code": "a", "line": [[0, 0], [1, 1]], "codes": ["b", "b"]}, "named twice"),
        ({"op": "merge_grids", "codes": ["a", 7], "into": "a"}, "a grid code is a text"),
        ({"op": "recode", "code": "a", "new": " "}, "a grid code is a text"),
        ({"op": "transfer_area", "source": "a", "target": "b", "area": [[0, 0], [1, 1], [0, 0]]}, "at least 3"),
        ({"op": "replace_grids", "grids": {}}, "named by code"),
        ({"op": "replace_grids", "grids": {"a": {"type": "Point", "coordinates": [0, 0]}}}, "a shape has a type"),
        ({"op": "replace_grids", "grids": {"a": {"type": "Polygon", "coordinates": []}}}, "outer ring"),
        ({"op": "replace_grids", "grids": {"a": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}}}, "at least 4"),
        (
            {
                "op": "replace_grids",
                "grids": {"a": {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 9]]]}},
            },
            "ends where it begins",
        ),
        (
            {"op": "transfer_area", "source": "a", "target": "b", "area": [[[0, 0], [9, 0], [9, 9]], [[1, 1], [2, 1]]]},
            "one ring, without holes",
        ),
    ],
)
def test_what_is_refused(value, says):
    with pytest.raises(BadInput, match=says):
        from_json(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ["at", "to", "edge", "line", "via", "code", "codes", "into", "new", "source", "target", "area", "grids"]


@given(st.sampled_from(sorted(KINDS)), st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5))
def test_whatever_comes_is_an_operation_or_refused(kind, values):
    try:
        operation = from_json({"op": kind, **values})
    except BadInput:
        return
    assert from_json(json.loads(json.dumps(to_json(operation)))) == operation


def test_made_in_python_they_are_as_strict():
    with pytest.raises(BadInput, match="whole millimetres"):
        MoveNode((1.5, 2), (3, 4))
    with pytest.raises(BadInput, match="named twice"):
        MergeGrids(("a", "a"), "a")
