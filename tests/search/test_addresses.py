"""Nobody gets this machine to ask its neighbours, however the address is written."""

import asyncio
import socket
import subprocess
import sys
from ipaddress import ip_address

import httpx2
import pytest

from cairn.search.addresses import PUBLIC, Reach, Refused, is_public, look_up, read_address, way_to
from tests.pages import ANY_PORT, knowing

NOT_PUBLIC = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.8", "192.88.99.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%lo", "fc00::1", "fec0::1", "ff02::1", "ff0e::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::", "2001:0:1::1",
]  # fmt: skip
OF_THE_WEB = [
    "8.8.8.8",
    "151.101.0.223",
    "2606:4700::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OF_THE_WEB)
def test_what_is_public_is_allowed(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("javascript:alert(1)", "web page"),
        ("file:///etc/passwd", "web page"),
        ("ftp://docs.example/", "web page"),
        ("gopher://docs.example/", "web page"),
        ("//docs.example/", "web page"),
        ("http:///path", "web page"),
        ("http://me@docs.example/", "password"),
        ("http://me:secret@docs.example/", "password"),
        ("http://docs.example/\r\nHost: other", "no address"),
        ("http://docs.example:port/", "no address"),
        ("http://docs.example/" + "a" * 2000, "too long"),
        ("http://docs.example/" + "学" * 300, "too long"),
    ],
)
def test_what_is_no_address_of_a_page_is_refused(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read_address(text)


def go(url: str, reach: Reach = PUBLIC) -> list[str]:
    return [str(address) for address in asyncio.run(way_to(httpx2.URL(url), reach))]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://2130706433/", "http://0x7f.1/",
        "http://0177.1/", "http://127.1/", "http://[::ffff:7f00:1]/", "https://169.254.169.254/latest/",
        "http://0/",
    ],
)  # fmt: skip
def test_this_machine_is_refused_in_every_spelling(url: str) -> None:
    """By the rules as they are shipped, the system's own lookup among them."""
    with pytest.raises(Refused, match="not public"):
        go(url)


@pytest.mark.parametrize("port", [22, 6379, 8080, 5432])
def test_other_ports_than_those_of_the_web_are_refused(port: int) -> None:
    with pytest.raises(Refused, match=f"port {port}"):
        go(f"http://8.8.8.8:{port}/")


def test_a_name_with_one_private_address_is_refused_whole() -> None:
    reach = Reach(is_public, ANY_PORT, knowing(docs="8.8.8.8 10.0.0.1", other="8.8.8.8 2606:4700::1"))
    with pytest.raises(Refused, match="not public"):
        go("http://docs.example/", reach)
    assert go("http://other.example/", reach) == ["8.8.8.8", "2606:4700::1"]


def test_a_name_without_an_address_is_refused() -> None:
    with pytest.raises(Refused):
        go("http://docs.example/", Reach(is_public, ANY_PORT, knowing(docs="")))


def test_a_lookup_tells_what_the_system_says() -> None:
    assert asyncio.run(look_up("127.0.0.1", 80)) == ["127.0.0.1"]
    with pytest.raises(socket.gaierror):
        asyncio.run(look_up("no such name", 80))


SLOW_LOOKUP = """
import asyncio, socket, threading
from cairn.search.addresses import look_up

asked = threading.Event()

def never(*_, **__):
    asked.set()
    threading.Event().wait()

socket.getaddrinfo = never

async def stop():
    looking = asyncio.create_task(look_up("docs.example", 80))
    await asyncio.to_thread(asked.wait)
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)

asyncio.run(stop())
print("stopped")
"""


def test_a_process_ends_in_the_middle_of_a_lookup() -> None:
    """The system's answer, which may take minutes, is not waited for."""
    command = [sys.executable, "-c", SLOW_LOOKUP]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout, done.stderr) == ("stopped\n", "")
