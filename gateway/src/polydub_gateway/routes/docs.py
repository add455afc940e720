"""The API's description as a page to read and to try it on. All of it comes from here."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, HTMLResponse

router = APIRouter(include_in_schema=False)

_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Polydub's API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.headers["X-Polydub-Request"] = "1"; // changes by those who signed in with cookies
    return request;
  },
});
"""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}


@router.get("/docs")
async def show_docs() -> Response:
    return HTMLResponse(_HTML, headers=_HEADERS)


@router.get("/docs/start.js")
async def get_docs_start() -> Response:
    return Response(_START, media_type="text/javascript", headers=_HEADERS)


@router.get("/docs/{name}")
async def get_docs_file(name: Literal["swagger-ui-bundle.js", "swagger-ui.css"]) -> Response:
    """Swagger UI's own file, as a package brings it."""
    return FileResponse(str(files("fastapi_offline") / "static" / name), headers=_HEADERS)
