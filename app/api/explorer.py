"""The docs explorer at /docs. Swagger UI comes from a package and is served by us: it works where there is no internet."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

router = APIRouter(include_in_schema=False)

# Nothing is loaded from or sent to anywhere but here, and no script runs that isn't a file of ours.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

# Addresses are relative, so that it also works behind a proxy that puts a path before ours.
_PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Tallystick</title>
  <link rel="icon" type="image/png" href="docs/assets/favicon-32x32.png">
  <link rel="stylesheet" href="docs/assets/swagger-ui.css">
</head>
<body>
  <div id="explorer"></div>
  <script src="docs/assets/swagger-ui-bundle.js"></script>
  <script src="docs/assets/explorer.js"></script>
</body>
</html>
"""

_SCRIPT = """SwaggerUIBundle({
  dom_id: "#explorer",
  url: "openapi.json",
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  defaultModelsExpandDepth: 0,
});
"""


@router.get("/")
async def home() -> Response:
    """People who open the address in a browser want to see something."""
    return RedirectResponse("docs")


@router.get("/docs")
async def docs() -> Response:
    """The explorer's page."""
    return HTMLResponse(
        _PAGE, headers={"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    )


@router.get("/docs/assets/explorer.js")
async def script() -> Response:
    """How Swagger UI is started."""
    return Response(_SCRIPT, media_type="text/javascript")


def install(app: FastAPI) -> None:
    """Serve the explorer and its files."""
    app.include_router(router)
    app.mount("/docs/assets", StaticFiles(packages=[("fastapi_swagger", "resources")]))
