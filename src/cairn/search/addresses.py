"""Which addresses may be fetched: pages of the web, on public machines alone.

Whoever writes a search result, a redirect or the records of a name could otherwise have this machine ask its
own neighbours. So a name is looked up once, all it leads to is judged, and what was judged is connected to.
"""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Container
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx2

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a name for a port. Raises `OSError`, `socket.gaierror` where there are none."""

LONGEST = 2000
"""Characters of an address, when it is written in ASCII."""
PORTS = {"http": 80, "https": 443}
NAT64 = IPv6Network("64:ff9b::/96")
NEVER = (
    IPv4Network("192.0.0.0/24"),  # of protocols; Python before 3.11.10 holds some of it for public
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv6Network("fec0::/10"),  # of a site, as fc00::/7 is today
    IPv6Network("2001::/23"),  # of protocols, Teredo among them
)


class Refused(Exception):
    """An address that is not fetched; says why, in words that go on from “it”."""


@dataclass(frozen=True)
class Reach:
    """How far a fetch may go."""

    allowed: Callable[[Address], bool]
    ports: Container[int]
    resolve: Resolve


def is_public(address: Address) -> bool:
    """Of no private, local, shared, reserved or multicast range. An IPv6 address that stands for an IPv4
    address is judged as that."""
    meant = stands_for(address)
    if meant is not None:
        return is_public(meant)
    if any(address.version == network.version and address in network for network in NEVER):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def stands_for(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


async def look_up(name: str, port: int) -> list[str]:
    """Asks the system. In a thread that nobody waits for at the end: a lookup cannot be stopped."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def tell(told: list[str] | Exception) -> None:
        if found.done():
            return
        if isinstance(told, Exception):
            found.set_exception(told)
        else:
            found.set_result(told)

    def work() -> None:
        told: list[str] | Exception
        try:
            places = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
            told = [str(place[0]) for *_, place in places]
        except (OSError, UnicodeError) as error:
            told = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, told)

    threading.Thread(target=work, name="lookup", daemon=True).start()
    return await found


PUBLIC = Reach(is_public, frozenset(PORTS.values()), look_up)


def read_address(text: str) -> httpx2.URL:
    """Raises `Refused` for what is no address of a web page."""
    try:
        url = httpx2.URL(text.strip())
    except httpx2.InvalidURL as error:
        raise Refused("is no address") from error
    if url.scheme not in PORTS or not url.raw_host:
        raise Refused("is no address of a web page")
    if url.userinfo:
        raise Refused("holds a name or a password")
    if len(str(url)) > LONGEST:
        raise Refused("is too long")
    return url


async def way_to(url: httpx2.URL, reach: Reach) -> list[Address]:
    """Where to connect to for it, in this order. Raises `Refused` where any of it is out of bounds, `OSError`
    where the name leads nowhere."""
    port = url.port or PORTS[url.scheme]
    if port not in reach.ports:
        raise Refused(f"asks for port {port}")
    found = await reach.resolve(url.raw_host.decode("ascii"), port)
    addresses = [ip_address(one) for one in dict.fromkeys(found)]
    if not addresses or not all(reach.allowed(address) for address in addresses):
        raise Refused("leads to a machine that is not public")
    return addresses
