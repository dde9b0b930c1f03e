"""Uploads: read only for who may import, and named as people name files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, MutableMapping
from typing import Any

import anyio
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from geo.desk import batches
from geo.desk.report_import import ReportColumns, ReportImport
from geo.desk.tx import Tx
from geo.model import SYSTEM
from geo.rules.access import Role
from geo.store.store import Store
from tests.api.conftest import Site

OPTIONS = json.dumps({"datum": "wgs84", "lon": "lon", "lat": "lat", "ref": "id", "source": "test"})
ROW = "id,lon,lat\n1,118.8,28.9\n"


@pytest.fixture
def site(store_factory: Callable[..., Store], open_site: Callable[..., Site]) -> Site:
    return open_site(store_factory("gpkg"))


def upload(client: TestClient, name: str) -> Any:
    return client.post("/api/imports/reports", files={"file": (name, ROW)}, data={"options": OPTIONS})


def status_and_reads(app: FastAPI, *headers: tuple[str, str]) -> tuple[int, int]:
    """The status of an upload that never ends, and how many pieces of it were taken before the answer."""
    sent = [("host", "127.0.0.1:8000"), ("content-type", "multipart/form-data; boundary=b"), *headers]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "method": "POST",
        "path": "/api/imports/reports", "raw_path": b"/api/imports/reports", "query_string": b"", "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in sent], "app": app,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    reads, status = 0, 0

    async def receive() -> MutableMapping[str, Any]:
        nonlocal reads
        reads += 1
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n'
        return {"type": "http.request", "body": head if reads == 1 else b"x" * 65_536, "more_body": reads < 100}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    async def ask() -> None:
        await app(scope, receive, send)

    anyio.run(ask)
    return status, reads


def test_no_piece_of_a_file_is_taken_from_who_may_not_import(site: Site) -> None:
    """Or anybody who reaches the port could fill the disk."""
    assert status_and_reads(site.app) == (401, 0)
    assert status_and_reads(site.app, ("authorization", "Bearer gwt_nobody")) == (401, 0)
    intake, editor = site.token(Role.INTAKE), site.token(Role.GIS_EDITOR, path="/330802/")
    assert status_and_reads(site.app, ("authorization", f"Bearer {intake}")) == (403, 0)
    assert status_and_reads(site.app, ("authorization", f"Bearer {editor}")) == (403, 0)
    assert status_and_reads(site.app, ("authorization", f"Bearer {site.token(Role.OPERATOR)}"))[1] == 100


def test_one_file_and_its_options(site: Site) -> None:
    operator = site.program(Role.OPERATOR)
    assert upload(operator, "reports.csv").json()["summary"]["rows"] == 1
    for sent in (
        {"data": {"options": OPTIONS}},
        {"files": {"file": ("a.csv", ROW)}},
        {"files": [("file", ("a.csv", ROW)), ("file", ("b.csv", ROW))], "data": {"options": OPTIONS}},
        {"files": {"file": ("a.csv", ROW)}, "data": {"options": "x" * 30_000}},
        {"data": {"file": ROW, "options": OPTIONS}},
        {"json": {"file": ROW}},
    ):
        answer = operator.post("/api/imports/reports", **sent)
        assert answer.status_code == 400, sent
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_file_has_a_name_that_a_disk_can_keep(site: Site) -> None:
    """It counts bytes there: three for a Chinese character."""
    operator = site.program(Role.OPERATOR)
    for name in ("格" * 80 + ".csv", "../../报告　一.csv", r"C:\x\报告.csv"):
        assert upload(operator, name).status_code == 200, name
    for name in ("格" * 150 + ".csv", "x" * 300 + ".csv", "..", "a/", ".csv", "a\u202e.csv"):
        assert upload(operator, name).status_code == 400, name


def test_a_file_that_is_being_imported_is_refused_and_one_that_was_cut_off_is_taken_up(site: Site) -> None:
    sha256 = hashlib.sha256(ROW.encode()).hexdigest()
    job = ReportImport("reports.csv", sha256, ReportColumns("lon", "lat", "id"), "wgs84", "test")

    def begin(tx: Tx) -> int:
        return batches.begin(tx, "reports", "reports.csv", sha256, job.options())

    operator, begun = site.program(Role.OPERATOR), site.service.writer.submit(begin, SYSTEM).result()
    with site.service.store.claim(begun):
        refused = upload(operator, "reports.csv")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    assert refused.json()["details"] == {"batch": begun}
    assert upload(operator, "reports.csv").json()["summary"]["batch"] == begun


def test_the_description_of_the_api_says_what_to_upload(site: Site) -> None:
    body = site.stranger().get("/openapi.json").json()["paths"]["/api/imports/{kind}"]["post"]["requestBody"]
    schema = body["content"]["multipart/form-data"]["schema"]
    assert schema["required"] == ["file"]
    assert set(schema["properties"]) == {"file", "options"}
