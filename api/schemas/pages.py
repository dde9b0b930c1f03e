"""Lists by page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from geo.desk.lists import MAX_LIMIT, Page

Cursor = Annotated[str | None, Query(max_length=40, description="The ``next`` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


def page_json(page: Page) -> dict[str, Any]:
    """``items`` and, unless this is the last page, the cursor of the ``next`` one."""
    return {"items": page.items, "next": page.cursor}
