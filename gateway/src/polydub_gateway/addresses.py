"""Which addresses the gateway may connect to when users say where: only public ones.

A name is resolved once, what it stands for is checked, and the connection goes to a checked
address: a name that changes its meaning in between (DNS rebinding) leads nowhere else.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from polydub.errors import StageError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

RESOLVE_S = 5.0
_UNICAST = IPv6Network("2000::/3")
"""All public IPv6 unicast (RFC 4291). Outside of it: loopback, link-local, unique local, multicast,
IPv4-mapped, NAT64 (RFC 6052, RFC 8215)."""
_REFUSED: tuple[Network, ...] = tuple(
    ip_network(each)
    for each in (
        # Python knows most by is_global, but not in each version all of the registries
        # (RFC 6890 and IANA's special-purpose addresses).
        "0.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",
        "240.0.0.0/4",
        "2001::/23",  # Teredo, ORCHID and other protocols' addresses, which can hold IPv4 ones
        "2001:db8::/32",
        "2002::/16",  # 6to4 holds an IPv4 address
        "3fff::/20",
    )
)


def is_address(host: str) -> bool:
    """Whether a host is written as an address rather than by its name. Pure."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: Address) -> bool:
    """Whether an address is of one host on the public internet. Pure."""
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    if address.is_multicast or not address.is_global:
        return False
    return not any(address in network for network in _REFUSED)


async def check_public(host: str, port: int, *, trusted: Sequence[Network] = ()) -> list[Address]:
    """The addresses of a host to which a connection may go.

    Args:
        trusted: networks of the operator that are allowed although they are not public.

    Raises:
        StageError: ``address_refused`` where there are none.
    """
    found = await _resolve(host, port)
    allowed = [each for each in found if is_public(each) or _is_in(each, trusted)]
    if not allowed:
        raise StageError("address_refused", f"The host {host!r} is not on the public internet.")
    return allowed


class PublicTransport(httpx.AsyncBaseTransport):
    """Connects only to addresses that :func:`check_public` allows, for redirects as well.

    Certificates are checked against the host's name. No proxy of the environment is used, and no
    connection is kept: each request is checked anew.
    """

    def __init__(self, *, trusted: Sequence[Network] = ()) -> None:
        self._trusted = tuple(trusted)
        self._inner = httpx.AsyncHTTPTransport(
            trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx has it.

        Raises:
            StageError: ``address_refused``.
        """
        url = request.url
        if url.scheme not in ("http", "https"):
            raise StageError("address_refused", "Only http and https addresses can be called.")
        port = url.port or (443 if url.scheme == "https" else 80)
        *others, last = await check_public(url.host, port, trusted=self._trusted)
        for address in others:
            try:
                return await self._inner.handle_async_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue  # nothing was sent yet
        return await self._inner.handle_async_request(_pinned(request, last))

    async def aclose(self) -> None:
        await self._inner.aclose()


def _pinned(request: httpx.Request, address: Address) -> httpx.Request:
    """The same request to one address; its Host header and its TLS name stay the host's."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")},
    )


async def _resolve(host: str, port: int) -> list[Address]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_S):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        raise StageError(
            "address_refused", f"The host {host!r} is not known.", hint="Check the host's name."
        ) from error
    # A link-local address may carry a zone ("%eth0"), which ends the address itself.
    plain = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ip_address(each) for each in plain]


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
