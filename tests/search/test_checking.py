"""What a link check says of real servers on loopback, good ones and bad ones."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cairn.domain.link import LinkCheck, LinkState
from cairn.search.addresses import PUBLIC, Reach
from cairn.search.checking import LARGEST, Checker
from tests.loopback import hang
from tests.pages import ANY_PORT, HOME, Asked, Pages, html, knowing, moved, only, web
from tests.process import free_port

SOON = 0.3
"""Seconds that are waited for a server that never answers."""


@pytest.fixture
def pages() -> Iterator[Pages]:
    with web() as pages:
        yield pages


def look(url: str, reach: Reach = HOME, seconds: float = 10) -> LinkCheck:
    [seen] = look_at([url], reach, seconds)
    return seen


def look_at(
    urls: list[str], reach: Reach = HOME, seconds: float = 10, verify: ssl.SSLContext | bool = True
) -> list[LinkCheck]:
    """One after the other."""

    async def each() -> list[LinkCheck]:
        async with Checker(reach, seconds, verify) as checker:
            return [await checker.check(url) for url in urls]

    return asyncio.run(each())


def broken(url: str, reach: Reach = HOME) -> str:
    """Why."""
    seen = look(url, reach)
    assert seen.state is LinkState.broken
    return seen.reason


def unclear(url: str, seconds: float = 10) -> str:
    seen = look(url, seconds=seconds)
    assert seen.state is LinkState.unclear
    return seen.reason


def test_a_page_is_found_with_its_title(pages: Pages) -> None:
    url = pages.page("/guide", "  A guide\n to &lt;bread&gt; &amp; more ")
    before = datetime.now(UTC)
    seen = look(url)
    assert (seen.state, seen.reason, seen.status, seen.url, seen.final_url) == (
        LinkState.found, "", 200, url, url,
    )  # fmt: skip
    assert seen.title == "A guide to <bread> & more"
    assert before <= seen.checked_at <= datetime.now(UTC)
    assert pages.seen() == [("HEAD", "/guide"), ("GET", "/guide")]


def test_a_page_is_asked_for_by_its_name_and_nothing_else_is_sent(pages: Pages) -> None:
    """Neither a cookie that was set on the way, nor what stands behind #."""
    pages.says["/guide"] = lambda asked: (200, {**html("A")[1], "Set-Cookie": "who=me"}, html("A")[2])
    look_at([pages.url("/guide?a=b#part"), pages.url("/guide?a=b")])
    assert {asked.headers["host"] for asked in pages.asked} == {f"docs.example:{pages.port}"}
    assert {asked.target for asked in pages.asked} == {"/guide?a=b"}
    assert not any("cookie" in asked.headers or "authorization" in asked.headers for asked in pages.asked)


def test_no_proxy_stands_between(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was judged would not be what is connected to."""
    pages.page("/guide", "A guide")
    with web() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert look(pages.url("/guide")).state is LinkState.found
        assert not proxy.asked


@pytest.mark.parametrize("status", [403, 404, 405, 500, 501])
def test_where_head_is_not_answered_get_is_asked(pages: Pages, status: int) -> None:
    pages.says["/guide"] = lambda asked: html("A") if asked.method == "GET" else (status, {}, b"")
    assert look(pages.url("/guide")).state is LinkState.found


def test_where_head_breaks_the_connection_get_is_asked(pages: Pages) -> None:
    async def abort(writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    pages.says["/guide"] = lambda asked: html("A") if asked.method == "GET" else abort
    assert look(pages.url("/guide")).state is LinkState.found


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_broken(pages: Pages, status: int) -> None:
    pages.says["/gone"] = lambda asked: (status, html("")[1], html("Not here")[2])
    seen = look(pages.url("/gone"))
    assert (seen.state, seen.status, seen.reason) == (LinkState.broken, status, f"it answers {status}")


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_what_is_closed_to_programs_is_unclear(pages: Pages, status: int) -> None:
    pages.says["/closed"] = lambda asked: (status, {}, b"")
    assert unclear(pages.url("/closed")) == f"it answers {status}"


def test_what_is_no_page_is_not_even_fetched(pages: Pages) -> None:
    pages.says["/book.pdf"] = lambda asked: (200, {"Content-Type": "application/pdf"}, b"%PDF")
    assert "no page" in unclear(pages.url("/book.pdf"))
    assert pages.seen() == [("HEAD", "/book.pdf")]


def test_a_page_without_a_title_is_unclear(pages: Pages) -> None:
    pages.says["/bare"] = lambda asked: (200, {"Content-Type": "text/html"}, b"<h1>Bread</h1>")
    assert "no title" in unclear(pages.url("/bare"))


def test_redirects_are_followed_to_the_page(pages: Pages) -> None:
    pages.page("/new/guide", "A guide")
    pages.says["/old"] = lambda asked: moved("/older", 301)
    pages.says["/older"] = lambda asked: moved("new/guide", 307)
    seen = look(pages.url("/old"))
    assert (seen.state, seen.url, seen.final_url) == (
        LinkState.found, pages.url("/old"), pages.url("/new/guide"),
    )  # fmt: skip


def test_a_circle_of_redirects_ends(pages: Pages) -> None:
    pages.says["/a"] = lambda asked: moved("/a")
    assert "TooManyRedirects" in unclear(pages.url("/a"))
    assert len(pages.asked) == 2 * 6, "HEAD and GET, each with five redirects"


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("http://127.0.0.2:{port}/secret", "not public"),
        ("http://inside.example:{port}/secret", "not public"),
        ("http://[::1]:{port}/secret", "not public"),
        ("http://169.254.169.254/latest/meta-data/", "not public"),
        ("http://me:pw@docs.example:{port}/guide", "password"),
        ("file:///etc/passwd", "no address of a web page"),
        ("javascript:alert(1)", "no address of a web page"),
    ],
)
def test_a_redirect_out_of_the_web_is_refused(pages: Pages, to: str, said: str) -> None:
    """The machine it leads to is there, and is not asked."""
    reach = replace(HOME, resolve=knowing(docs="127.0.0.1", inside="127.0.0.2"))
    with web("127.0.0.2", pages.port) as inside:
        inside.page("/secret", "Secret")
        pages.page("/guide", "A guide")
        pages.says["/out"] = lambda asked: moved(to.format(port=pages.port))
        assert said in broken(pages.url("/out"), reach)
        assert (pages.seen(), inside.asked) == ([("HEAD", "/out")], [])


def test_a_redirect_to_another_port_is_refused(pages: Pages) -> None:
    with web() as other:
        pages.says["/out"] = lambda asked: moved(other.url("/"))
        assert f"port {other.port}" in broken(pages.url("/out"), replace(HOME, ports={pages.port}))
        assert not other.asked


def test_a_name_that_leads_inside_is_refused(pages: Pages) -> None:
    reach = replace(HOME, resolve=knowing(docs="127.0.0.2"))
    with web("127.0.0.2", pages.port) as inside:
        assert "not public" in broken(pages.url("/"), reach)
        assert (pages.asked, inside.asked) == ([], [])


def test_a_name_that_changes_its_mind_leads_nowhere_else(pages: Pages) -> None:
    """What was judged is connected to: the name is not looked up again in between."""
    pages.page("/guide", "A guide")
    asked: list[str] = []

    async def turning(name: str, port: int) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with web("127.0.0.2", pages.port) as inside:
        inside.page("/guide", "Secret")
        assert "not public" in broken(pages.url("/guide"), replace(HOME, resolve=turning))
        assert (pages.seen(), inside.asked) == ([("HEAD", "/guide")], [])
    assert asked == ["docs.example"] * 2, "once for each request"


def test_a_machine_that_is_down_is_passed_over(pages: Pages) -> None:
    pages.page("/guide", "A guide")
    reach = Reach(only("127.0.0.1", "127.0.0.3"), ANY_PORT, knowing(docs="127.0.0.3 127.0.0.1"))
    assert look(pages.url("/guide"), reach).state is LinkState.found


def test_as_shipped_nothing_on_this_machine_is_asked(pages: Pages) -> None:
    assert broken("http://127.0.0.1/", PUBLIC) == "it leads to a machine that is not public"
    at_home = replace(PUBLIC, ports=ANY_PORT)
    assert "not public" in broken(pages.url("/", "127.0.0.1"), at_home)
    assert "not public" in broken(pages.url("/", "localhost"), at_home)
    assert f"port {pages.port}" in broken(pages.url("/", "127.0.0.1"), PUBLIC)
    assert not pages.asked


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), LinkState.broken),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), LinkState.unclear),
        (OSError("no network"), LinkState.unclear),
        (RuntimeError("a mistake of ours"), LinkState.unclear),
    ],
)
def test_a_lookup_that_fails_fails_nothing_else(error: Exception, state: LinkState) -> None:
    async def resolve(name: str, port: int) -> list[str]:
        raise error

    assert look("http://docs.example/", replace(PUBLIC, resolve=resolve)).state is state


def test_where_nothing_listens_it_is_unclear(pages: Pages) -> None:
    assert "ConnectError" in unclear(f"http://127.0.0.1:{free_port()}/")


async def trickle(writer: asyncio.StreamWriter) -> None:
    """A title that never ends, a byte at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>A")
    while True:
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.01)


async def headers_for_ever(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: yes\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("rude", [hang, trickle, headers_for_ever])
def test_a_slow_server_is_not_waited_for(pages: Pages, rude: object) -> None:
    pages.says["/slow"] = lambda asked: rude  # type: ignore[return-value]
    assert unclear(pages.url("/slow"), SOON) == f"it did not answer within {SOON} seconds"


class Pouring:
    """A body without an end; `sent` counts what the other side took of it."""

    def __init__(self, start: bytes) -> None:
        self.start = start
        self.sent = 0

    def __call__(self, asked: Asked) -> object:
        return html("") if asked.method == "HEAD" else self.pour

    async def pour(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + self.start)
        while True:
            writer.write(b"<title " * 10_000)
            await writer.drain()
            self.sent += 70_000


def test_an_endless_body_is_read_to_a_bound(pages: Pages) -> None:
    pouring = Pouring(b"")
    pages.says["/endless"] = pouring  # type: ignore[assignment]
    assert "no title" in unclear(pages.url("/endless"))
    assert pouring.sent < 40 * LARGEST, "what the buffers on the way hold besides"


def test_what_stands_behind_the_title_is_not_waited_for(pages: Pages) -> None:
    """Also where its end comes in two parts."""

    async def start(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        for part in (b"<TITLE>A guide</T", b"ITLE>"):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.05)  # so that they come one by one
        await asyncio.Event().wait()

    def guide(asked: Asked) -> object:
        return html("") if asked.method == "HEAD" else start

    pages.says["/guide"] = guide  # type: ignore[assignment]
    assert look(pages.url("/guide"), seconds=5).title == "A guide"


def authority(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's certificate for the name, and who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(pem)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


def test_a_server_must_prove_the_name_not_the_number(tmp_path: Path) -> None:
    """Connected to by its number, it is told the name it is asked by, which its certificate must have."""
    server, trusting = authority(tmp_path, "docs.example")
    told: list[str | None] = []
    server.sni_callback = lambda _, name, __: told.append(name)
    reach = replace(HOME, resolve=knowing(docs="127.0.0.1", other="127.0.0.1"))
    with web(ssl=server) as pages:
        pages.page("/guide", "A guide")
        mine, other = (pages.url("/guide", name, "https") for name in ("docs.example", "other.example"))
        bare_page = (200, {"Content-Type": "text/html"}, b"<p>")  # read whole: its connection could be kept
        pages.says["/bare"] = lambda asked: bare_page
        bare = pages.url("/bare", scheme="https")
        seen = look_at([mine, bare, other], reach, verify=trusting)
        assert [check.title for check in seen] == ["A guide", "", ""]
        assert [check.status for check in seen] == [200, 200, None], "no connection is kept for another name"
        assert set(told) == {"docs.example", "other.example"}
        assert look(mine, reach).state is LinkState.unclear, "nobody trusts it by default"


def test_the_machines_of_tests_are_no_public_ones() -> None:
    """Else the tests above would say nothing."""
    assert not any(PUBLIC.allowed(ip_address(place)) for place in ("127.0.0.1", "127.0.0.2", "127.0.0.3"))
