"""How the file of a draft is read, as it is said on the command line and over HTTP: no web server is needed for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.imports import Options


class DraftFileOptions(Options):
    """How to read the grids of a draft that come back in a file."""

    code: Annotated[str, Field(min_length=1, max_length=200, description="Column with the code.")] = "code"
    name: Annotated[str, Field(min_length=1, max_length=200, description="Column with the name.")] = "name"
    area: Annotated[str, Field(min_length=1, max_length=200, description="Column with the code of its area.")] = "area"
    part: bool = Field(False, description="The file holds only some grids; those that it lacks stay.")
    overwrite: bool = Field(False, description="Take it although it takes back what was done in the draft meanwhile.")
    source_crs: Annotated[str | None, Field(description="CRS of a file that names none, or a datum.")] = None
