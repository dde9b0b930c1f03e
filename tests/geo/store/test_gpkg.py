"""What only a GeoPackage store has to promise: the standard, guards against stray programs, the file and its disk."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, text, update

from geo.errors import Busy, StoreError, StoreFull, StoreHeld, StoreMissing, StoreUnsafe
from geo.store import check, gpkg, tables
from geo.store.insert import insert_many
from geo.store.store import Store
from geo.store.tables import FEATURE_TABLES, background, event, grid_version
from tests.conftest import TEST_STORE
from tests.examples import examples
from tests.geo.store.rows import event_row, furnish, square


@pytest.fixture
def file_store(store_factory: Callable[..., Store], now: datetime) -> Store:
    """A GeoPackage store with a row in every feature table."""
    store = store_factory("gpkg")
    with store.write() as conn:
        furnish(conn, now)
    return store


def run_python(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A child process: GDAL must not open a store in the process that has it open."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# -- the standard ---------------------------------------------------------------------------------------------------


def test_it_is_a_valid_geopackage(file_store: Store) -> None:
    with file_store.read() as conn:
        for name, table in FEATURE_TABLES.items():
            assert conn.execute(select(func.count()).select_from(table)).scalar_one() > 0, name
    validator = [sys.executable, "-m", "osgeo_utils.samples.validate_gpkg", "-k", "--extra", "--warning-as-error"]
    done = subprocess.run([*validator, file_store.location], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


READ_LAYERS = """
import json, sys, pyogrio
path = sys.argv[1]
layers = {}
for name, _ in pyogrio.list_layers(path):
    info = pyogrio.read_info(path, layer=name, force_total_bounds=True)
    bounds = info["total_bounds"]
    layers[name] = [info["features"], info["crs"], info["fid_column"], list(bounds) if bounds is not None else None]
grids = pyogrio.read_dataframe(path, layer="grids", fid_as_index=True)
print(json.dumps({"layers": layers, "codes": grids["code"].to_list(), "fids": [int(n) for n in grids.index]}))
"""


def test_gdal_reads_every_layer_in_another_process(file_store: Store) -> None:
    done = run_python(READ_LAYERS, file_store.location)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["codes"] == ["330802-001", "330802-002"]
    assert seen["fids"] == [1, 2]
    layers = seen["layers"]
    assert set(layers) >= set(tables.metadata.tables)
    assert layers["grids"] == [2, "EPSG:4549", "OGC_FID", [390_000.0, 3_206_000.0, 390_200.0, 3_206_100.0]]
    assert layers["issues"] == [1, "EPSG:4326", "OGC_FID", [118.8715, 28.9686, 118.8715, 28.9686]]
    assert layers["areas"][0] == layers["places"][0] == layers["micro_grids"][0] == 1


def test_the_process_with_the_store_has_not_loaded_gdal() -> None:
    """GDAL brings a second SQLite, whose close would drop this process's locks."""
    done = run_python("import sys, geo.store.store, geo.store.check; print('pyogrio' in sys.modules)")
    assert done.stdout.strip() == "False", done.stderr


# -- R-tree and extents ---------------------------------------------------------------------------------------------

metres = st.integers(-3_000_000_000, 3_000_000_000).map(lambda millimetres: millimetres / 1000)
points = st.builds(shapely.Point, metres, metres)
boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h), metres, metres, st.integers(1, 999), st.integers(1, 999)
)
geometries = st.one_of(points, boxes, st.just(shapely.Polygon()), st.just(shapely.GeometryCollection()))
changes = st.lists(
    st.tuples(st.sampled_from(["insert", "update", "delete", "renumber"]), st.integers(1, 6), geometries)
)


@pytest.fixture(scope="module")
def scratch_store(tmp_path_factory: pytest.TempPathFactory, _pristine: Callable[[str], str]) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("rtree") / "store.gpkg"
    with Store.open(shutil.copy(_pristine("gpkg"), path)) as store:
        yield store


@settings(max_examples=examples(60))
@given(changes)
def test_the_rtree_and_the_extent_follow_every_change(
    scratch_store: Store, steps: list[tuple[str, int, shapely.Geometry]]
) -> None:
    with scratch_store.write() as conn:
        conn.execute(delete(background))
        for verb, key, geom in steps:
            row = background.c.id == key
            if verb == "delete":
                conn.execute(delete(background).where(row))
            elif conn.execute(select(background.c.id).where(row)).first() is None:
                conn.execute(insert(background).values(id=key, kind="hill", geom=geom))
            elif verb == "renumber":
                free = conn.execute(select(func.max(background.c.id))).scalar_one() + 1
                conn.execute(update(background).where(row).values(id=free, geom=geom))
            else:
                conn.execute(update(background).where(row).values(geom=geom))
        assert check.structural_findings(conn) == []
        located = [g for g in conn.execute(select(background.c.geom)).scalars() if not g.is_empty]
        entries = conn.execute(text("SELECT count(*) FROM rtree_background_geom")).scalar_one()
    assert entries == len(located)


def test_extents_grow_with_the_rows_of_a_table_and_its_views(file_store: Store) -> None:
    def extents(*names: str) -> set[tuple[float, ...]]:
        query = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = :name"
        with file_store.read() as conn:
            return {tuple(conn.execute(text(query), {"name": name}).one()) for name in names}

    assert extents("grid_version", "grids", "micro_grids") == {(390_000.0, 3_206_000.0, 390_200.0, 3_206_100.0)}
    with file_store.write() as conn:
        conn.execute(update(grid_version).where(grid_version.c.id == 2).values(geom=square(-50, 900)))
    assert extents("grid_version", "grids", "micro_grids") == {(389_950.0, 3_206_000.0, 390_200.0, 3_207_000.0)}


# -- stray programs -------------------------------------------------------------------------------------------------

STRAY = """
INSERT INTO person (code, name) VALUES ('x', 'x')
INSERT OR REPLACE INTO person (id, code, name) VALUES (1, 'x', 'x')
UPDATE grid_version SET name = 'x'
UPDATE report SET description = 'x' WHERE 0
DELETE FROM event
DELETE FROM gpkg_contents
UPDATE gpkg_geometry_columns SET srs_id = 0
INSERT INTO gpkg_extensions VALUES (NULL, NULL, 'x', 'x', 'read-write')
UPDATE schema_version SET version = 99
"""


@pytest.mark.parametrize("statement", STRAY.strip().splitlines())
def test_a_stray_program_cannot_write_but_can_read(file_store: Store, statement: str) -> None:
    with closing(sqlite3.connect(file_store.location)) as stray:
        with pytest.raises(sqlite3.OperationalError, match="no such function: only_gridwarden_may_write"):
            stray.execute(statement)
        assert stray.execute("SELECT count(*) FROM grids").fetchone() == (2,)


def test_every_table_is_guarded_against_every_verb(file_store: Store) -> None:
    with closing(sqlite3.connect(file_store.location)) as stray:
        names = {name for (name,) in stray.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        internal = {name for name in names if name.startswith(("rtree_", "sqlite_"))}
        for name in names - internal:
            column = stray.execute(f"SELECT name FROM pragma_table_info('{name}')").fetchone()[0]
            for statement in (
                f"INSERT INTO {name} DEFAULT VALUES",
                f"UPDATE {name} SET {column} = {column}",
                f"DELETE FROM {name}",
            ):
                with pytest.raises(sqlite3.OperationalError, match="only_gridwarden_may_write"):
                    stray.execute(statement)


APPEND = """
import sys, geopandas, shapely
frame = geopandas.GeoDataFrame({"kind": ["hill"]}, geometry=[shapely.Point(1, 1)], crs=4549)
frame.to_file(sys.argv[1], layer="background", mode="a", engine="pyogrio")
"""


def test_gdal_cannot_append(file_store: Store) -> None:
    done = run_python(APPEND, file_store.location)
    assert done.returncode != 0
    assert "only_gridwarden_may_write" in done.stderr
    with file_store.read() as conn:
        assert conn.execute(select(func.count()).select_from(background)).scalar_one() == 1
        assert check.structural_findings(conn) == []


# -- one writer process ---------------------------------------------------------------------------------------------


HOLD = """
import sys
from geo.store.store import Store
store = Store.open(sys.argv[1], url=sys.argv[2])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_writer_is_told_who_holds_the_store(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "city.gpkg"
    Store.create(path, **TEST_STORE, now=now)
    command = [sys.executable, "-c", HOLD, str(path), "http://127.0.0.1:8000"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        with pytest.raises(StoreHeld, match=f"process {child.pid}.*http://127.0.0.1:8000") as held:
            Store.open(path)
        with Store.open(path, write=False) as reader:
            assert reader.jurisdiction.name == TEST_STORE["name"]
        child.communicate()
    assert held.value.details["pid"] == child.pid
    Store.open(path).close()


def test_the_lock_is_free_after_a_failed_open(tmp_path: Path) -> None:
    path = tmp_path / "city.gpkg"
    path.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(StoreError, match="not a GeoPackage"):
            Store.open(path)


def test_a_link_to_a_store_shares_its_lock(file_store: Store, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere.gpkg"
    link.symlink_to(file_store.location)
    with pytest.raises(StoreHeld):
        Store.open(link)


def test_a_writer_that_waits_too_long_is_told_to_come_back(file_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpkg, "BUSY_SECONDS", 0.01)
    with closing(sqlite3.connect(file_store.location, isolation_level=None)) as stray:
        stray.execute("BEGIN IMMEDIATE")  # a stray program cannot write, but it can stand in the way
        engine = gpkg.make_engine(Path(file_store.location), write=True)
        impatient = Store(file_store.location, engine, file_store.jurisdiction, writable=True)
        with pytest.raises(Busy) as busy, impatient.write():
            pass
        engine.dispose()
    assert busy.value.details["retry_after_s"] == 1


# -- files that are no store ----------------------------------------------------------------------------------------


def test_a_text_file_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "notes.gpkg"
    path.write_text("not a database, " * 400)
    with pytest.raises(StoreError, match=r"notes\.gpkg is damaged, or no GeoPackage"):
        Store.open(path)
    assert path.read_text() == "not a database, " * 400


WRITE_PARKS = """
import sys, geopandas, shapely
geopandas.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=4326).to_file(sys.argv[1])
"""


def test_a_foreign_geopackage_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "parks.gpkg"
    assert run_python(WRITE_PARKS, path).returncode == 0
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a store of Gridwarden"):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        Store.open(tmp_path)


def test_a_damaged_store_says_so(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "city.gpkg"
    Store.create(path, **TEST_STORE, now=now)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 200_000)
    with pytest.raises(StoreError, match="damaged"):
        Store.open(path)


def test_a_store_is_never_created_over_a_file(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "thesis.gpkg"
    path.write_text("years of work")
    with pytest.raises(StoreError, match="never replaces"):
        Store.create(path, **TEST_STORE, now=now)
    assert path.read_text() == "years of work"


def test_a_folder_that_is_not_there(tmp_path: Path, now: datetime) -> None:
    with pytest.raises(StoreUnsafe, match="cannot be written"):
        Store.create(tmp_path / "nowhere" / "city.gpkg", **TEST_STORE, now=now)


# -- a full disk ----------------------------------------------------------------------------------------------------


def test_a_full_disk_keeps_nothing_of_the_change(file_store: Store, now: datetime) -> None:
    big = [event_row(now, data={"text": "x" * 4000})] * 200
    with file_store.write() as conn:
        kept = insert_many(conn, event, [event_row(now)])
    with pytest.raises(StoreFull, match="nothing of this change was kept"), file_store.write() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}").close()
        insert_many(conn, event, [event_row(now)])
        with conn.begin_nested():  # SQLite drops the whole transaction, so leaving the savepoint fails too
            insert_many(conn, event, big)
    with file_store.write() as conn:
        assert conn.execute(select(func.max(event.c.id))).scalar_one() == kept[-1]
        assert check.structural_findings(conn) == []
        conn.exec_driver_sql("PRAGMA max_page_count = 1000000").close()
        insert_many(conn, event, big)


# -- backup ---------------------------------------------------------------------------------------------------------


def test_a_backup_is_one_file_that_opens_on_its_own(file_store: Store, tmp_path: Path, now: datetime) -> None:
    target = tmp_path / "copies" / "copy.gpkg"
    target.parent.mkdir()
    with file_store.write() as conn:  # a change under way is not in it
        conn.execute(insert(event).values(event_row(now)))
        file_store.backup(target)
    assert [path.name for path in target.parent.iterdir()] == ["copy.gpkg"]
    with closing(sqlite3.connect(f"file:{target}?mode=ro&immutable=1", uri=True)) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert copy.execute("SELECT count(*) FROM event").fetchone() == (1,)
    with Store.open(target) as copied, copied.read() as conn:
        assert copied.jurisdiction == file_store.jurisdiction
        assert check.structural_findings(conn) == []


def test_closing_leaves_one_file(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "city.gpkg"
    Store.create(path, **TEST_STORE, now=now)
    with Store.open(path) as store, store.write() as conn:
        furnish(conn, now)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["city.gpkg", "city.gpkg.lock"]
