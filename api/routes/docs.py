"""The description of the API, with every asset from this machine."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from api.auth import Public
from api.description import describe

router = APIRouter(include_in_schema=False)

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gridwarden API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/swagger-ui/swagger-ui.css">
<link rel="stylesheet" href="/docs/style.css">
<script src="/static/swagger-ui/swagger-ui-bundle.js" defer></script>
<script src="/docs/start.js" defer></script>
</head>
<body><div id="swagger-ui"></div></body>
</html>
"""

# No validator badge: it would ask a server elsewhere. Every operation's heading is a button, in which a link of its own
# could not be reached by keys; the address follows the operation that is open all the same.
START = """const plainHeadings = ({ React }) => ({
  components: { DeepLink: ({ text }) => React.createElement("span", null, text) },
});
SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis], plugins: [plainHeadings]
});
"""

# What Swagger UI writes too faintly to be read: under 4.5:1.
STYLE = """.swagger-ui .opblock .opblock-summary-method{color:#17181c;text-shadow:none}
.swagger-ui .opblock.opblock-options .opblock-summary-method{color:#fff}
html:not(.dark-mode) .swagger-ui .info .title small:not(.version-stamp){background:#474a52}
.swagger-ui .info .title .version-stamp pre.version{color:#17181c}
html:not(.dark-mode) .swagger-ui .btn.authorize span{color:#17181c}
html:not(.dark-mode) .swagger-ui .info .url{color:#1450b4}
html:not(.dark-mode) .swagger-ui .json-schema-2020-12-expand-deep-button{color:#474a52}
"""


@router.get("/docs", dependencies=[Public])
async def docs() -> HTMLResponse:
    return HTMLResponse(PAGE)


@router.get("/docs/start.js", dependencies=[Public])
async def start() -> Response:
    return Response(START, media_type="text/javascript")


@router.get("/docs/style.css", dependencies=[Public])
async def style() -> Response:
    return Response(STYLE, media_type="text/css")


@router.get("/openapi.json", dependencies=[Public])
async def openapi(request: Request) -> JSONResponse:
    return JSONResponse(describe(request.app))
