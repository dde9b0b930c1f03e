"""Layers in zip archives: a Shapefile or a FileGDB, in whatever folders, and nothing else."""

from __future__ import annotations

import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geo.errors import BadInput
from geo.files import as_one_file, read_grids
from geo.files.archives import check_archive, unpacked
from tests.geo.test_files import NAMES, frame, written


def test_a_zipped_shapefile(tmp_path):
    path = written(tmp_path, "grids.shp", frame(), encoding="UTF-8")
    with zipfile.ZipFile(tmp_path / "grids.zip", "w") as archive:
        for part in tmp_path.glob("grids.[sdpc]*"):
            archive.write(part, part.name)
    assert read_grids(tmp_path / "grids.zip", code="code", name="name").names == NAMES
    with zipfile.ZipFile(tmp_path / "grids.zip", "a") as archive:
        archive.writestr("evil.vrt", "<OGRVRTDataSource/>")
    with pytest.raises(BadInput, match=r"more than one Shapefile or one FileGDB: evil\.vrt"):
        read_grids(tmp_path / "grids.zip", code="code")
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.write(path.with_suffix(".dbf"), "grids.dbf")
    with pytest.raises(BadInput, match="exactly one"):
        read_grids(tmp_path / "none.zip", code="code")
    with zipfile.ZipFile(tmp_path / "lone.zip", "w") as archive:
        archive.write(path, "grids.shp")
    with pytest.raises(BadInput, match=r"lacks grids.shx and grids.dbf"):
        read_grids(tmp_path / "lone.zip", code="code")


def test_a_shapefile_beside_one_whose_name_begins_alike(tmp_path):
    path = written(tmp_path, "grids.shp", frame(), encoding="UTF-8")
    for part in list(tmp_path.iterdir()):
        part.with_name(f"grids.old{part.suffix}").write_bytes(b"older")
    path.with_name("grids.shp.xml").write_text("<metadata/>")
    with as_one_file(path) as whole:
        held = zipfile.ZipFile(whole).namelist()
    assert held == ["grids.cpg", "grids.dbf", "grids.prj", "grids.shp", "grids.shp.xml", "grids.shx"]
    path.with_suffix(".shx").unlink()
    with pytest.raises(BadInput, match=r"lacks grids\.shx"):
        read_grids(path, code="code")


def test_what_a_mac_puts_beside_files_is_no_file(tmp_path):
    written(tmp_path, "grids.shp", frame(), encoding="UTF-8")
    with zipfile.ZipFile(tmp_path / "grids.zip", "w") as archive:
        for part in tmp_path.glob("grids.[sdpc]*"):
            archive.write(part, part.name)
            archive.writestr(f"__MACOSX/._{part.name}", b"resource fork")
        archive.writestr("office/.DS_Store", b"how a folder is shown")
    assert read_grids(tmp_path / "grids.zip", code="code", name="name").names == NAMES


@pytest.mark.parametrize("folder", ["office/", "../../", "/etc/", "C:\\gis\\"])
def test_folders_in_an_archive_say_nothing(tmp_path, folder):
    written(tmp_path, "[2026].shp", frame(), encoding="UTF-8")
    with zipfile.ZipFile(tmp_path / "grids.zip", "w") as archive:
        for part in tmp_path.glob("[[]2026].*"):
            archive.write(part, folder + part.name)
    assert read_grids(tmp_path / "grids.zip", code="code", name="name").names == NAMES


@pytest.mark.parametrize(
    "names",
    [("r.shp", "r.shx", "r.dbf", "old/R.dbf"), ("a/x.gdb/gdb", "b/x.gdb/gdb")],
)
def test_files_of_one_name_in_several_folders_are_refused(tmp_path, names):
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"")
    with pytest.raises(BadInput, match=r"r\.zip holds files of one name in several folders: .*: zip one layer"):
        check_archive(tmp_path / "r.zip")


def test_a_zipped_file_geodatabase(tmp_path):
    path = written(tmp_path, "grids.gdb", frame(), driver="OpenFileGDB")
    with as_one_file(path) as whole:
        assert whole.name == "grids.gdb.zip"
        assert read_grids(whole, code="code", name="name").names == NAMES
        with zipfile.ZipFile(whole, "a") as archive:
            archive.writestr("beside.txt", "")
        with pytest.raises(BadInput, match="more than one Shapefile or one FileGDB"):
            read_grids(whole, code="code")
    with zipfile.ZipFile(tmp_path / "up.zip", "w") as archive:
        archive.writestr("grids.gdb/..", "")
    with pytest.raises(BadInput, match=r"up\.zip cannot be read"):
        read_grids(tmp_path / "up.zip", code="code")


METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """An archive of each method: its path, to be written anew, and its bytes."""
    path = tmp_path_factory.mktemp("torn") / "r.zip"
    made = []
    for method in METHODS:
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr("网格.shp", b"hello" * 40)
        made.append(path.read_bytes())
    return path, made


@given(st.integers(0, len(METHODS) - 1), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=3))
@example(METHODS.index(zipfile.ZIP_LZMA), [(60, 0)])
@example(METHODS.index(zipfile.ZIP_STORED), [(286, 255)])  # a name that is no UTF-8, in the list of contents
@example(METHODS.index(zipfile.ZIP_STORED), [(246, 99)])  # the version of zip that it takes
def test_a_torn_archive_is_refused_or_read(packed, method, torn):
    path, made = packed
    data = bytearray(made[method])
    for at, byte in torn:
        data[at % len(data)] = byte
    path.write_bytes(data)
    try:
        check_archive(path)
        with unpacked(path) as content:
            assert content.suffix.lower() in (".shp", ".gdb")
    except BadInput as error:
        assert "r.zip" in str(error)
