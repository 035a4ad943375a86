"""How lines are written. Nothing secret and nothing of a buyer stands in them: requests are logged by route and status only."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import orjson
import structlog

from app import chance


def _stamped(logger: Any, name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    line["at"] = chance.now().isoformat(timespec="milliseconds")
    return line


def _account(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """Where an error came from, without the values it was about.

    Local variables hold tokens and buyers, and what a database says behind its first line holds rows: neither is written down.
    """
    account = ""
    each: BaseException | None = exc_info[1]
    while each is not None:
        name, said = f"{type(each).__module__}.{type(each).__qualname__}", str(each).strip().partition("\n")[0]
        account = f"{''.join(traceback.format_tb(each.__traceback__))}{name}: {said}\n{account}"
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return account.rstrip()


def configure(form: str, level: str) -> None:
    """Write to standard error, for people (`console`) or programs (`json`), ours and our libraries' lines alike."""
    least = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _stamped,
        structlog.processors.ExceptionRenderer(_account),
    ]
    renderer: list[structlog.typing.Processor]
    if form == "json":
        renderer = [
            structlog.processors.JSONRenderer(serializer=lambda line, **_: orjson.dumps(line, default=str).decode()),
        ]
    else:
        renderer = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), timestamp_key="at")]
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(least, logging.WARNING))  # libraries speak up when something is wrong
