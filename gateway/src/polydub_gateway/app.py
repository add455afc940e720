"""The HTTP app: routes, errors and what surrounds them."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig

from polydub_gateway.access import Access, HostGuard, PageGuard, SafeAnswers, let_in
from polydub_gateway.bodies import BodyGuard
from polydub_gateway.limits.guard import RateGuard
from polydub_gateway.problems import add_problem_handlers
from polydub_gateway.routes import (
    accounts,
    artifacts,
    auth,
    deployment,
    docs,
    dubs,
    edits,
    estimates,
    events,
    hls,
    imports,
    oidc,
    sharing,
    sockets,
    speakers,
    tracing,
    uploads,
    usage,
    videos,
    webhooks,
    words,
)
from polydub_gateway.routes.description import describe
from polydub_gateway.routes.outdated import add_outdated_handler
from polydub_gateway.routes.page import PageRoute
from polydub_gateway.settings import GatewaySettings

VERSION = "1.0.0"
"""Of the API, not of the software."""
_DESCRIPTION = (
    "Dubs videos into other languages. Upload a file, start a dub, follow its events, fetch its "
    "files. Errors are problem documents (RFC 9457) whose `code` and `hint` say what to do."
)


_OWN_SPANS: TelemetryConfig = {
    "tracing": False, "metrics": False, "logs": False, "operation_spans": False,
}  # fmt: skip
"""FastAPI's would carry whole addresses, in which links' tokens stand, and what was sent."""


def create_app(settings: GatewaySettings) -> FastAPI:
    """The app. ``app.state.gateway`` has to be set before it serves."""
    app = FastAPI(
        title="Polydub",
        version=VERSION,
        description=_DESCRIPTION,
        generate_unique_id_function=_operation_id,
        telemetry=_OWN_SPANS,
        docs_url=None,  # those of FastAPI load their scripts from elsewhere
        redoc_url=None,
    )
    for module in (
        videos,
        uploads,
        imports,
        dubs,
        tracing,
        estimates,
        edits,
        speakers,
        events,
        artifacts,
        hls,
        deployment,
        auth,
        oidc,
        sharing,
        accounts,
        sockets,
        usage,
        webhooks,
        words,
        docs,
    ):
        app.include_router(module.router)
    if settings.page is not None:
        app.router.routes.append(PageRoute(settings.page))
    add_problem_handlers(app)
    add_outdated_handler(app)
    app.add_middleware(BodyGuard, idle_s=settings.uploads.upload_idle_s)
    app.add_middleware(RateGuard)
    others = settings.sign_in.other_origins
    app.add_middleware(PageGuard, origin=settings.sign_in.origin, others=others)
    if others:
        app.add_middleware(let_in, origins=others)
    if settings.hosts:
        app.add_middleware(HostGuard, hosts=settings.hosts)
    app.add_middleware(SafeAnswers)
    app.add_middleware(Access)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


def _operation_id(route: APIRoute) -> str:
    """Clients that are generated name their methods so: ``list_dubs``, ``create_dub``."""
    return route.name
