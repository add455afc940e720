"""What every call goes through: who asks, whether they may, how it counts, and what is no text."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import unquote

import grpc.aio
from fastapi.exceptions import RequestValidationError
from google.protobuf.message import Message
from pydantic import BaseModel, ValidationError

from polydub.errors import StageError
from polydub_gateway.gateway import Gateway
from polydub_gateway.identity import Caller, Role
from polydub_gateway.limits.rates import CallClass
from polydub_gateway.problems import invalid

Context = grpc.aio.ServicerContext[Any, Any]

_CREDENTIALS = ("authorization", "x-api-key")
_RULE = "rule"


@dataclass(frozen=True)
class Rule:
    """Who may make a call, and how it counts."""

    needed: Role
    call_class: CallClass


@dataclass(frozen=True)
class Call:
    """One call of someone who may make it."""

    caller: Caller
    metadata: Mapping[str, str]

    @property
    def owner_id(self) -> str:
        """The organisation for which the caller asks."""
        return self.caller.organisation_id


class Servicer:
    """What all servicers are made of."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway


ServicerT = TypeVar("ServicerT", bound=Servicer)
ModelT = TypeVar("ModelT", bound=BaseModel)
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def unary(
    needed: Role, call_class: CallClass | None = None
) -> Callable[
    [Callable[[ServicerT, Call, Asked], Awaitable[Answer]]],
    Callable[[ServicerT, Asked, Context], Awaitable[Answer]],
]:
    """Of a method with one answer: who may call it, and how it counts."""
    rule = _rule(needed, call_class)

    def guard(
        method: Callable[[ServicerT, Call, Asked], Awaitable[Answer]],
    ) -> Callable[[ServicerT, Asked, Context], Awaitable[Answer]]:
        @wraps(method)
        async def answer(self: ServicerT, request: Asked, context: Context) -> Answer:
            call = await _identified(self.gateway, context, rule)
            return await method(self, call, _readable(request))

        setattr(answer, _RULE, rule)
        return answer

    return guard


def stream(
    needed: Role,
) -> Callable[
    [Callable[[ServicerT, Call, Asked], AsyncGenerator[Answer, None]]],
    Callable[[ServicerT, Asked, Context], AsyncIterator[Answer]],
]:
    """Of a method with many answers: who may call it."""
    rule = _rule(needed, None)

    def guard(
        method: Callable[[ServicerT, Call, Asked], AsyncGenerator[Answer, None]],
    ) -> Callable[[ServicerT, Asked, Context], AsyncIterator[Answer]]:
        @wraps(method)
        async def answer(
            self: ServicerT, request: Asked, context: Context
        ) -> AsyncGenerator[Answer, None]:
            call = await _identified(self.gateway, context, rule)
            async with aclosing(method(self, call, _readable(request))) as answers:
                async for each in answers:
                    yield each

        setattr(answer, _RULE, rule)
        return answer

    return guard


def open_to_all(
    method: Callable[[ServicerT, Asked], Awaitable[Answer]],
) -> Callable[[ServicerT, Asked, Context], Awaitable[Answer]]:
    """Of a method that asks nobody who they are: calls are counted by address."""

    @wraps(method)
    async def answer(self: ServicerT, request: Asked, context: Context) -> Answer:
        await self.gateway.rates.charge_address(_host(context.peer()), CallClass.READ)
        return await method(self, _readable(request))

    return answer


def rule_of(method: object) -> Rule | None:
    """Who may call a method; None: anyone."""
    return getattr(method, _RULE, None)


def checked(model: type[ModelT], **fields: object) -> ModelT:
    """Fields as the HTTP side checks the same ones.

    Raises:
        StageError: ``invalid_request``.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise invalid(RequestValidationError(error.errors())) from error


def given(request: Message, *fields: str) -> dict[str, Any]:
    """Those of the optional fields that are set."""
    return {name: getattr(request, name) for name in fields if request.HasField(name)}


def page_size(asked: int, usual: int, most: int) -> int:
    """How many rows a page has."""
    return min(asked, most) if asked > 0 else usual


def _rule(needed: Role, call_class: CallClass | None) -> Rule:
    usual = CallClass.READ if needed is Role.VIEWER else CallClass.WRITE
    return Rule(needed, call_class or usual)


async def _identified(gateway: Gateway, context: Context, rule: Rule) -> Call:
    metadata = {str(key): str(value) for key, value in context.invocation_metadata() or ()}
    # Not cookies: only pages have those, and they ask over HTTP.
    told = {key: value for key, value in metadata.items() if key in _CREDENTIALS}
    try:
        caller = await gateway.callers.identify(told)
    except StageError:
        await gateway.rates.charge_address(_host(context.peer()), rule.call_class)
        raise
    await gateway.rates.charge_caller(caller, rule.call_class)
    caller.check(rule.needed)
    return Call(caller, metadata)


def _host(peer: str) -> str:
    """The host in what gRPC calls a peer: ``ipv4:127.0.0.1:5000``, ``ipv6:[::1]:5000``."""
    _, _, address = unquote(peer).partition(":")
    return address.rpartition(":")[0].strip("[]")


def _readable(request: Asked) -> Asked:
    """The request, if the database takes its texts (PostgreSQL has no NUL).

    Raises:
        StageError: ``invalid_request``.
    """
    if isinstance(request, Message) and _has_nul(request):
        raise StageError("invalid_request", "A text has a NUL character.")
    return request


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Message):
        return any(_has_nul(each) for _, each in value.ListFields())
    if isinstance(value, Mapping):
        return any(_has_nul(each) for pair in value.items() for each in pair)
    return hasattr(value, "__iter__") and not isinstance(value, bytes) and any(map(_has_nul, value))
