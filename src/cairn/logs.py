"""Structured logs on stderr: readable on a terminal, JSON elsewhere."""

import logging
import sys
from typing import Literal

import orjson
import structlog


def set_up_logs(form: Literal["console", "json"] | None, *, quiet: bool = False) -> None:
    """`quiet` leaves warnings and errors only, for commands that show progress of their own."""
    console = form == "console" or (form is None and sys.stderr.isatty())
    render = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(orjson.dumps)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr)
        if console
        else structlog.BytesLoggerFactory(sys.stderr.buffer),
    )
