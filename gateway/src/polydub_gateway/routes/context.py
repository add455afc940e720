"""What routes are given: the gateway and who asks."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from starlette.requests import HTTPConnection

from polydub.errors import StageError
from polydub_gateway.accounts.opening import Accounts
from polydub_gateway.gateway import Gateway
from polydub_gateway.identity import Caller, Role
from polydub_gateway.limits.guard import charge_address, charge_caller, identified

# These are coroutines because FastAPI takes every other dependency to a thread of its own.


async def _gateway(connection: HTTPConnection) -> Gateway:
    return cast(Gateway, connection.app.state.gateway)


class WhoMay:
    """Lets callers of a role through. Routes are asked for it, so that each one can be checked.

    Args:
        in_person: only people who signed in, no API keys.
    """

    def __init__(self, needed: Role, *, in_person: bool = False) -> None:
        self.needed = needed
        self.in_person = in_person

    async def __call__(self, connection: HTTPConnection) -> Caller:
        found = await identified(connection, ticket=self._ticket(connection))
        await charge_caller(connection, found)
        found.check(self.needed)
        if self.in_person and found.key_id:
            raise StageError("forbidden", "A key can't do this.", hint="Sign in yourself to do it.")
        return found

    def _ticket(self, connection: HTTPConnection) -> str:
        """Only looking takes tickets: an address may be seen where headers are not."""
        looks = connection.scope.get("method", "GET") == "GET" and self.needed is Role.VIEWER
        return connection.query_params.get("ticket", "") if looks and not self.in_person else ""


def who_may(dependant: Dependant) -> WhoMay | None:
    """Who may call a route, by what it depends on; None: anyone."""
    if isinstance(dependant.call, WhoMay):
        return dependant.call
    return next(filter(None, map(who_may, dependant.dependencies)), None)


GatewayOf = Annotated[Gateway, Depends(_gateway)]
Viewer = Annotated[Caller, Depends(WhoMay(Role.VIEWER))]
Editor = Annotated[Caller, Depends(WhoMay(Role.EDITOR))]
Admin = Annotated[Caller, Depends(WhoMay(Role.ADMIN))]
"""A route says by one of these who may call it, and is given who does."""
Person = Annotated[Caller, Depends(WhoMay(Role.VIEWER, in_person=True))]


async def _accounts(gateway: GatewayOf) -> Accounts:
    if gateway.accounts is None:
        raise StageError(
            "not_found",
            "This gateway has no accounts.",
            hint="Nobody needs to sign in here. POLYDUB_GATEWAY_ACCOUNTS=true changes that.",
        )
    return gateway.accounts


AccountsOf = Annotated[Accounts, Depends(_accounts)]


async def _counted(connection: HTTPConnection) -> None:
    await charge_address(connection)


async def _address(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""


Anyone = Depends(_counted)
"""Of routes that ask nobody who they are: calls are counted by address."""
AddressOf = Annotated[str, Depends(_address)]
"""The address that the request came from."""
