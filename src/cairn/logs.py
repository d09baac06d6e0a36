"""Structured logs on stderr, one line each: readable on a terminal, JSON elsewhere. What libraries log comes
out in the same form."""

import logging
import os
import sys
from collections.abc import Iterable
from typing import Any, Literal
from urllib.parse import quote, unquote

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

SECRET_NAMES = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD", "PGPASSWORD")
"""How variables end whose values are nobody's business."""
SHORTEST_SECRET = 8
"""What is shorter also stands in texts that give nothing away."""
HIDDEN = "[hidden]"


def set_up_logs(
    form: Literal["console", "json"] | None, *, quiet: bool = False, secrets: Iterable[str] = ()
) -> None:
    """`quiet` leaves warnings and errors only, for commands that show progress of their own. `secrets` are
    never written, whatever text they come in, nor is what the environment holds under names of secrets."""
    console = form == "console" or (form is None and sys.stderr.isatty())
    scrubbed = Scrubbed(
        structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(as_json),
        [*secrets, *secrets_around()],
    )
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*common, scrubbed],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    handler = OnStderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *common],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, scrubbed],
        )
    )
    others = [other for other in logging.root.handlers if not isinstance(other, OnStderr)]
    logging.root.handlers[:] = [*others, handler]
    logging.root.setLevel(logging.WARNING)
    logging.captureWarnings(True)


class OnStderr(logging.Handler):
    """Where the libraries' own lines go: each in one piece, as other threads write there too."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def as_json(value: Any, **options: Any) -> str:
    return orjson.dumps(value, **options).decode()


class Scrubbed:
    """A line as it is written, with every secret in it hidden: also one within a traceback or an address that
    a library quotes."""

    def __init__(self, render: Any, secrets: Iterable[str]) -> None:
        self.render = render
        known = {form for secret in secrets for form in (secret, unquote(secret), quote(secret, safe=""))}
        longest_first = sorted(known, key=len, reverse=True)
        self.secrets = [secret for secret in longest_first if len(secret) >= SHORTEST_SECRET]

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> str:
        line: str = self.render(logger, name, event)
        for secret in self.secrets:
            if secret in line:
                line = line.replace(secret, HIDDEN)
        return line


def secrets_around() -> list[str]:
    return [value for name, value in os.environ.items() if name.upper().endswith(SECRET_NAMES)]
