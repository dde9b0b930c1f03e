"""Layers in zip archives: a Shapefile or a FileGDB, in whatever folders, and nothing else."""

from __future__ import annotations

import zipfile

import pytest

from geo.errors import BadInput
from geo.files import as_one_file, read_grids
from tests.geo.test_files import NAMES, frame, written


def test_a_zipped_shapefile(tmp_path):
    path = written(tmp_path, "grids.shp", frame(), encoding="UTF-8")
    with zipfile.ZipFile(tmp_path / "grids.zip", "w") as archive:
        for part in tmp_path.glob("grids.[sdpc]*"):
            archive.write(part, part.name)
    assert read_grids(tmp_path / "grids.zip", code="code", name="name").names == NAMES
    with zipfile.ZipFile(tmp_path / "grids.zip", "a") as archive:
        archive.writestr("evil.vrt", "<OGRVRTDataSource/>")
    with pytest.raises(BadInput, match=r"more than a Shapefile: evil\.vrt"):
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
    assert read_grids(tmp_path / "grids.zip", code="code", name="name").names == NAMES


@pytest.mark.parametrize("folder", ["office/", "../../", "/etc/", "C:\\gis\\"])
def test_folders_in_an_archive_say_nothing(tmp_path, folder):
    written(tmp_path, "[2026].shp", frame(), encoding="UTF-8")
    with zipfile.ZipFile(tmp_path / "grids.zip", "w") as archive:
        for part in tmp_path.glob("[[]2026].*"):
            archive.write(part, folder + part.name)
    assert read_grids(tmp_path / "grids.zip", code="code", name="name").names == NAMES


def test_a_zipped_file_geodatabase(tmp_path):
    path = written(tmp_path, "grids.gdb", frame(), driver="OpenFileGDB")
    with as_one_file(path) as whole:
        assert whole.name == "grids.gdb.zip"
        assert read_grids(whole, code="code", name="name").names == NAMES
        with zipfile.ZipFile(whole, "a") as archive:
            archive.writestr("beside.txt", "")
        with pytest.raises(BadInput, match="more than a Shapefile"):
            read_grids(whole, code="code")
    with zipfile.ZipFile(tmp_path / "up.zip", "w") as archive:
        archive.writestr("grids.gdb/..", "")
    with pytest.raises(BadInput, match=r"up\.zip cannot be read"):
        read_grids(tmp_path / "up.zip", code="code")
