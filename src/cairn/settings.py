"""The knobs. Read from `CAIRN_*` in the environment and a `.env` in the working folder; nothing else is."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cairn.domain.errors import Unusable
from cairn.domain.task import LONGEST_LEASE
from cairn.domain.thought import Thought

ADDRESSES = {
    "database_url": (
        ("postgresql+asyncpg",), "path", "postgresql+asyncpg://user:password@host/name; unset: SQLite",
    ),
    "broker_url": (
        ("redis", "rediss", "amqp", "amqps"), "hostname",
        "redis://host:port/number or amqp://user:password@host/name",
    ),
}  # fmt: skip
"""Of each its schemes, the part it must have, and how it must read."""
NOT_TOLD = {*ADDRESSES, "secret_key", "search"}
"""They are secrets, or hold one."""
FOR_ONE = "Another model for the thought `{}`, where a model is the author."


class Settings(BaseSettings):
    """Every setting with its description, from which docs/settings.md is made."""

    model_config = SettingsConfigDict(env_prefix="CAIRN_", env_file=".env", extra="ignore")

    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("cairn", appauthor=False)),
        description="Folder of everything Cairn stores; the database is `cairn.db` in it.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="`postgresql+asyncpg://user:password@host/name`: PostgreSQL holds everything; nothing is "
        "stored or locked in the data folder. Unset: SQLite in the data folder.",
    )
    broker_url: SecretStr | None = Field(
        default=None,
        description="`redis://…` or `amqp://…`: `cairn serve` runs no task then, it wakes `cairn worker`s by "
        "messages (Celery). Needs PostgreSQL. Unset: `cairn serve` runs tasks itself.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="A long random text that all processes on one PostgreSQL share; one with another key, or "
        "with none where there is one, does not start.",
    )
    worker_runs: int = Field(default=200, ge=1, description="Courses in the making per process.")
    stop_seconds: float = Field(
        default=20,
        ge=0,
        description="How long a `cairn worker` that is told to stop waits for the calls under way; then it "
        "hands back what it has. Give whoever stops it some seconds more.",
    )
    database_wait: float = Field(
        default=30,
        ge=0,
        description="How long `serve` and `worker` wait at their start for a database server.",
    )
    model: str = Field(
        default="library",
        pattern=r"^(library|simulated|[a-z-]+:\S+)$",
        description="Who writes the courses: `library` (the built-in courses), `PROVIDER:NAME` (a language "
        "model, spelt as pydantic-ai does: `openai-chat:…`, `anthropic:…`, `google:…`, `ollama:…`, with the "
        "provider's own variables for key and address) or `simulated` (a stand-in with believable filling "
        "for any goal, for tests and demos).",
    )
    model_for_intent: str | None = Field(default=None, description=FOR_ONE.format("intent"))
    model_for_curriculum: str | None = Field(default=None, description=FOR_ONE.format("curriculum"))
    model_for_validation: str | None = Field(default=None, description=FOR_ONE.format("validation"))
    model_for_edit: str | None = Field(default=None, description=FOR_ONE.format("edit"))
    model_for_tutorial: str | None = Field(default=None, description=FOR_ONE.format("tutorial"))
    model_for_resources: str | None = Field(default=None, description=FOR_ONE.format("resources"))
    model_for_quiz: str | None = Field(default=None, description=FOR_ONE.format("quiz"))
    model_concurrency: int = Field(
        default=8, ge=0, description="Calls of the author in flight per process; 0 is unlimited."
    )
    model_timeout: float = Field(default=120, gt=0, description="Seconds one call may take, all of it.")
    model_price: str | None = Field(
        default=None,
        pattern=r"^\d+(\.\d+)?/\d+(\.\d+)?$",
        description="What a model costs that has no list price (behind a proxy, at home, too new), as "
        "`IN/OUT`: US dollars for a million tokens, such as `0.5/2`; `0/0` costs nothing. Unset: its cost is "
        "told as unknown, and a ceiling on it lets no call pass.",
    )
    search: str = Field(
        default="none",
        description="Where a model's course looks for what else to read: `none`, `searxng:URL` (a SearXNG "
        "with the format `json` switched on) or `tavily` (with `TAVILY_API_KEY`). The official documentation "
        "of what is well known is found without.",
    )
    simulated_delay: float = Field(default=0, ge=0, description="Seconds each call of the stand-in takes.")
    simulated_concepts: int = Field(
        default=24, ge=3, le=5000, description="Concepts in a course of the stand-in."
    )
    simulated_log: Path | None = Field(
        default=None, description="A file that gets `start KEY` and `end KEY` for each call of the stand-in."
    )
    lease_seconds: float = Field(
        default=30, ge=1, le=LONGEST_LEASE, description="How long a claim holds without being renewed."
    )
    keep_history_days: int = Field(
        default=0,
        ge=0,
        le=36_500,
        description="For so many days after the end of a task it is kept how it was made: its single events, "
        "and the answers of models whose products stand. `0`: for ever. Courses, versions, progress and "
        "costs are always kept.",
    )
    trusted_network: bool = Field(
        default=False,
        description="Allow `serve` on an address other than loopback. There are no accounts: whoever reaches "
        "the address reads and changes everything.",
    )
    metrics_port: int | None = Field(
        default=None, ge=1, le=65535,
        description="A port of this machine's own (127.0.0.1) at which a process that runs tasks without "
        "serving tells its numbers under `/metrics`; `serve` has them at its own address. Unset: nowhere.",
    )  # fmt: skip
    log_format: Literal["console", "json"] | None = Field(
        default=None, description="How logs are written; `console` on a terminal, else `json`."
    )

    @field_validator(*ADDRESSES, mode="before")
    @classmethod
    def check_address(cls, given: object, field: ValidationInfo) -> object:
        if given in ("", None) or isinstance(given, SecretStr):
            return given or None
        schemes, needed, form = ADDRESSES[field.field_name or ""]
        try:
            parts = urlsplit(str(given))
            there = str(getattr(parts, needed) or "").strip("/")
            right = parts.scheme in schemes and bool(there) and parts.port != 0
        except ValueError:
            right = False
        if not right:
            raise ValueError(f"it must read {form}")
        return given

    @field_validator("secret_key", mode="before")
    @classmethod
    def check_key(cls, given: object) -> object:
        return given or None

    @field_validator("search")
    @classmethod
    def check_search(cls, given: str) -> str:
        kind, _, address = given.partition(":")
        if given in ("", "none", "tavily"):
            return given or "none"
        try:
            parts = urlsplit(address)
            right = kind == "searxng" and parts.scheme in ("http", "https") and bool(parts.hostname)
            right = right and parts.port != 0 and not parts.query
        except ValueError:
            right = False
        if not right:
            raise ValueError(
                "it must read none, tavily or searxng:URL, such as searxng:http://localhost:8080"
            )
        return given

    @property
    def language_model(self) -> bool:
        """Whether the author is a language model, and neither the library nor the stand-in."""
        return self.model not in ("library", "simulated")

    @property
    def named_models(self) -> dict[Thought, str]:
        """The model of each thought, where models think."""
        if not self.language_model:
            return {}
        return {thought: self.other_models.get(thought, self.model) for thought in Thought}

    @property
    def other_models(self) -> dict[Thought, str]:
        """Models that think some of the thoughts instead of the one for all."""
        named = {thought: getattr(self, f"model_for_{thought.value}") for thought in Thought}
        return {thought: name for thought, name in named.items() if name}

    @property
    def model_rates(self) -> tuple[float, float] | None:
        """US dollars for a million tokens, in and out, of a model without a list price."""
        if self.model_price is None:
            return None
        rate_in, _, rate_out = self.model_price.partition("/")
        return float(rate_in), float(rate_out)

    @property
    def postgres(self) -> str | None:
        """The address with its password; None: SQLite in the data folder."""
        return self.database_url.get_secret_value() if self.database_url else None

    @property
    def broker(self) -> str | None:
        """The address with its password; None: tasks run where they are asked for."""
        return self.broker_url.get_secret_value() if self.broker_url else None

    @property
    def shared_key(self) -> str | None:
        return self.secret_key.get_secret_value() if self.secret_key else None

    @property
    def secrets(self) -> list[str]:
        """The passwords in addresses: no log may hold one."""
        addresses = (self.postgres or "", self.broker or "", self.search.partition(":")[2])
        own = [self.shared_key] if self.shared_key else []
        return own + [password for address in addresses if (password := urlsplit(address).password)]

    @property
    def database(self) -> Path:
        return self.data_dir / "cairn.db"

    @property
    def checkpoints(self) -> Path:
        return self.data_dir / "checkpoints.db"


def read_settings() -> Settings:
    """The settings of this process. Raises `Unusable` naming the variable that is wrong."""
    try:
        settings = Settings()
    except ValidationError as error:
        fault = error.errors()[0]
        name = "CAIRN_" + "_".join(str(part) for part in fault["loc"]).upper()
        given = "be used" if NOT_TOLD.intersection(fault["loc"]) else f"be {fault['input']!r}"
        raise Unusable(
            f"{name} cannot {given}: {fault['msg'].removeprefix('Value error, ')}.",
            code="bad_setting",
            hint="docs/settings.md lists every setting with its default.",
        ) from error
    if settings.broker and not settings.postgres:
        raise Unusable(
            "CAIRN_BROKER_URL is set, but the database is SQLite, a file on which one process runs tasks: "
            "nobody would hear the messages.",
            code="bad_setting",
            hint="Set CAIRN_DATABASE_URL to a PostgreSQL, or unset CAIRN_BROKER_URL.",
        )
    return settings
