"""Imports by upload. The command line sends its files here while a service holds the store."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import UploadFile

from api import held, imports
from api.auth import Needs, Principal
from api.deps import ServiceDep
from api.schemas.imports import ImportOut, Options
from api.schemas.previews import PreviewOut
from api.service import Service
from geo.errors import BadInput, NotAllowed
from geo.letters import holds_unseen
from geo.rules.access import Capability

router = APIRouter(prefix="/api", tags=["imports"])

BLOCK = 1 << 20
MAX_OPTIONS = 20_000  # characters
MAX_NAME = 255  # bytes, of a name on a disk

FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {
            "type": "string",
            "format": "binary",
            "description": "The file; zipped where it is several, such as a Shapefile.",
        },
        "options": {
            "type": "string",
            "maxLength": MAX_OPTIONS,
            "default": "{}",
            "description": "JSON with the options of the kind, named as those of `gridwarden import`.",
            "examples": ['{"datum": "wgs84", "lon": "lon", "lat": "lat", "ref": "id"}'],
        },
    },
}


def whole_importer(who: Annotated[Principal, Needs("imports.run")]) -> Principal:
    """imports.run everywhere: a file may hold rows of any area."""
    if not who.reach.whole(Capability.IMPORTS_RUN):
        raise NotAllowed("Imports need imports.run for the whole jurisdiction.")
    return who


Importer = Annotated[Principal, Depends(whole_importer)]


@dataclass(frozen=True)
class Upload:
    """A file with what its sender says about it."""

    file: UploadFile
    options: str

    def name(self) -> str:
        """Its name without any folder. Raises BadInput for one that a disk cannot keep."""
        name = PurePosixPath((self.file.filename or "").replace("\\", "/")).name
        if holds_unseen(name) or not 0 < len(name.encode()) <= MAX_NAME or name.startswith("."):
            raise BadInput(f"The file needs a name of {MAX_NAME} bytes at most: its suffix says what it is.")
        return name


async def upload(request: Request, who: Importer) -> AsyncIterator[Upload]:
    """The form, taken only now that its sender is known: before that nobody may fill the disk.

    That is why the route does not declare its fields: FastAPI would read them first and ask who it is later.
    """
    async with sent_form(request) as sent:
        yield sent


@asynccontextmanager
async def sent_form(request: Request) -> AsyncIterator[Upload]:
    """The form of a request whose sender is known. Raises BadInput for one without a file."""
    async with request.form(max_files=1, max_fields=1, max_part_size=MAX_OPTIONS) as form:
        file, options = form.get("file"), form.get("options", "{}")
        if not isinstance(file, UploadFile) or not isinstance(options, str):
            raise BadInput("Send a multipart form: the file as `file`, what is said about it as `options`.")
        yield Upload(file, options)


@router.post(
    "/imports/{kind}",
    responses={200: {"model": ImportOut}, 409: {}, 422: {}},
    summary="Import a file as one batch that can be undone",
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FORM}}}},
)
def run_import(
    kind: str, service: ServiceDep, who: Importer, sent: Annotated[Upload, Depends(upload)]
) -> dict[str, Any]:
    parsed = imports.parse_options(kind, sent.options)
    with on_disk(sent) as path:
        return _run(service, who, kind, path, parsed)


@router.post(
    "/imports/{kind}/preview",
    responses={200: {"model": PreviewOut}, 422: {}},
    summary="What the import of a file would do",
    description="Takes what the import takes and writes nothing. Shows where the points lie under each datum.",
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FORM}}}},
)
def preview_import(
    kind: str, service: ServiceDep, who: Importer, sent: Annotated[Upload, Depends(upload)]
) -> dict[str, Any]:
    parsed = imports.parse_options(kind, sent.options)
    with on_disk(sent) as path:
        return imports.preview(kind, imports.Job(service.desk, path, service.clock, who.actor), parsed).as_json()


@contextmanager
def on_disk(sent: Upload) -> Iterator[Path]:
    """The upload as a file of its own name, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="gridwarden-") as folder:
        path = Path(folder) / sent.name()
        with path.open("wb") as target:
            while block := sent.file.file.read(BLOCK):
                target.write(block)
        yield path


def _run(service: Service, who: Principal, kind: str, path: Path, options: Options) -> dict[str, Any]:
    """In this worker thread, chunk by chunk: the writer gets its turn between two of them."""

    def progress(_: int) -> None:
        service.hub.poke()

    try:
        job = imports.Job(service.desk, path, service.clock, who.actor, progress)
        return held.run(kind, job, options).as_json()
    finally:
        service.hub.poke()
