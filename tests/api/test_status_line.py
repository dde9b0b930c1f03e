"""Whatever a refusal says, its answer is sent: a header that HTTP cannot carry would break the connection."""

from __future__ import annotations

import h11
from hypothesis import given
from hypothesis import strategies as st

from api.status_line import headers_for


@given(st.text() | st.text(" a", min_size=290, max_size=310))
def test_any_detail_becomes_a_header_and_a_reason(detail: str) -> None:
    [(name, value)] = headers_for(detail).items()
    answer = h11.Response(status_code=400, headers=[(name, value)], reason=value.encode())
    assert answer.headers[0][1].decode().isascii() and len(value) <= 300
