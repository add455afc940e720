"""Around every request: calls of people who are not known yet, and what rates say to the caller."""

from __future__ import annotations

from collections.abc import Coroutine

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from polydub.errors import StageError
from polydub_gateway.identity import Caller, Callers
from polydub_gateway.limits.buckets import OverRate, Rates
from polydub_gateway.limits.rates import CallClass, Decision, class_of
from polydub_gateway.problems import problem_response

SIGN_IN = "/v1/auth/"


class RateGuard:
    """Counts signing in by address, and adds the ``RateLimit`` fields to every counted answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            decision: Decision | None = scope.get("state", {}).get("rate")
            if message["type"] == "http.response.start" and decision is not None:
                headers = MutableHeaders(scope=message)
                for name, value in decision.headers().items():
                    headers[name] = value
            await send(message)

        connection = HTTPConnection(scope)
        if scope["method"] == "POST" and scope["path"].startswith(SIGN_IN):
            try:
                await charge_address(connection, CallClass.SIGN_IN)
            except OverRate as error:
                await problem_response(error)(scope, receive, told)
                return
        await self._app(scope, receive, told)


async def identified(connection: HTTPConnection, *, ticket: str = "") -> Caller:
    """Who makes a request; one of nobody who is known is counted by its address.

    Raises:
        StageError: ``unauthenticated``.
        OverRate: when there were too many.
    """
    callers: Callers = connection.app.state.gateway.callers
    try:
        return await callers.identify(connection.headers, ticket=ticket)
    except StageError:
        await charge_address(connection)
        raise


async def charge_caller(connection: HTTPConnection, caller: Caller) -> None:
    """Counts a request of someone who is known.

    Raises:
        OverRate: when there were too many.
    """
    method = connection.scope.get("method", "GET")
    call_class = class_of(method, connection.scope["path"])
    await _remembered(connection, _rates(connection).charge_caller(caller, call_class))


async def charge_address(connection: HTTPConnection, call_class: CallClass | None = None) -> None:
    """Counts a request of which only the address is known.

    Raises:
        OverRate: when there were too many.
    """
    method = connection.scope.get("method", "GET")
    counted_as = call_class or class_of(method, connection.scope["path"])
    host = connection.client.host if connection.client else ""
    await _remembered(connection, _rates(connection).charge_address(host, counted_as))


async def _remembered(
    connection: HTTPConnection, counting: Coroutine[None, None, Decision | None]
) -> None:
    try:
        decision = await counting
    except OverRate as error:
        connection.state.rate = error.decision
        raise
    if decision is not None:
        connection.state.rate = decision


def _rates(connection: HTTPConnection) -> Rates:
    rates: Rates = connection.app.state.gateway.rates
    return rates
