"""Serves the API until it is told to stop."""

import errno
import socket
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from ipaddress import ip_address
from types import FrameType

import uvicorn
from filelock import FileLock, Timeout

from cairn.app import build_app
from cairn.bootstrap import prepare_patiently
from cairn.domain.errors import Unusable
from cairn.logs import set_up_logs
from cairn.settings import Settings, read_settings

OPEN_FILES = 65_536


def serve(host: str, port: int, *, work: bool) -> None:
    """One `serve` with a worker per data folder; a second is refused, with the way out. On PostgreSQL any
    number."""
    settings = read_settings()
    set_up_logs(settings.log_format, secrets=settings.secrets)
    if not settings.trusted_network and not is_loopback(host):
        raise Unusable(
            f"{host} can be reached from other machines, and there are no accounts to keep them out.",
            code="open_network",
            hint="Leave --host out, or set CAIRN_TRUSTED_NETWORK=1 where everyone who reaches it is trusted.",
        )
    allow_many_viewers()
    listening = listen(host, port)
    try:
        work = work and not settings.broker
        prepare_patiently(settings, work=work)
        with nullcontext() if settings.postgres or not work else alone_in_folder(settings):
            app = build_app(settings, work=work, host=host)
            config = uvicorn.Config(
                app, loop="asyncio", http="h11",  # named, or what else is installed beside it would decide
                log_config=None, log_level="warning", access_log=False, timeout_graceful_shutdown=5,
            )  # fmt: skip
            print(f"Cairn is at http://{host}:{listening.getsockname()[1]}/", flush=True)
            Server(config).run(sockets=[listening])
    finally:
        listening.close()


def allow_many_viewers() -> None:
    """Each viewer is an open file, and a shell or a service manager gives a program 1024 of them unless it
    asks for more of what it may have."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def alone_in_folder(settings: Settings) -> Generator[None]:
    lock = FileLock(f"{settings.database}.serve.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise Unusable(
            f"Another cairn serves the data folder {settings.data_dir}.",
            hint="Use that one, add --no-worker, or set CAIRN_DATA_DIR to another folder.",
        ) from error
    try:
        yield
    finally:
        lock.release()


class Server(uvicorn.Server):
    """Told to stop, it first lets go of the event streams: they would hold the stop up."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        cairn = getattr(self.config.app.state, "cairn", None)  # pyright: ignore[reportUnknownArgumentType, reportFunctionMemberAccess, reportAttributeAccessIssue]
        if cairn is not None:
            cairn.tasks.following.let_go()
        super().handle_exit(sig, frame)


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything else, so a taken one is told at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        taken = error.errno == errno.EADDRINUSE
        raise Unusable(
            f"{'Port' if taken else 'Address'} {host}:{port} {'is taken' if taken else 'cannot be used'}.",
            hint="Give another one by --port, such as --port 8001.",
        ) from error
    listening.listen(2048)
    return listening
