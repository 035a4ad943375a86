"""Transfers: in transit = sent - received - lost."""

from datetime import timedelta
from typing import Any

import pytest

from app.chance import Seeded
from app.database import Database
from app.domain import transfers
from app.domain.errors import InsufficientStock, InvalidDraft, NotFound, UnknownLocation, UnknownSku, WrongState
from tests.shop import CAUSE, Level, event_types, level, movements, place, refused, send, sku, stocked


def arrive(database: Database, transfer: dict[str, Any], *lines: tuple[str, int]) -> dict[str, Any]:
    return database.run(transfers.receive, transfer["id"], lines or None, cause=CAUSE)


def lose(database: Database, transfer: dict[str, Any], *lines: tuple[str, int]) -> dict[str, Any]:
    return database.run(transfers.lose, transfer["id"], lines or None, cause=CAUSE)


def account(transfer: dict[str, Any]) -> list[tuple[str, int, int, int, int]]:
    """Of each line: SKU, sent, received, lost, in transit."""
    return [tuple(line[name] for name in ("sku", "sent", "received", "lost", "in_transit")) for line in transfer["lines"]]  # type: ignore[misc]


def test_units_that_were_sent_are_at_neither_place_until_they_arrive(database: Database) -> None:
    stocked(database, "BOWL", 5, STALL=1)
    sent = send(database, ("BOWL", 3))
    assert (sent["source"], sent["target"], sent["in_transit"], account(sent)) == ("STUDIO", "STALL", 3, [("BOWL", 3, 0, 0, 3)])
    assert (level(database, "BOWL"), level(database, "BOWL", "STALL")) == (Level(available=2), Level(available=1))
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 4, "available": 3}]):
        place(database, ("BOWL", 4))
    arrived = arrive(database, sent)
    assert (arrived["in_transit"], account(arrived)) == (0, [("BOWL", 3, 3, 0, 0)])
    assert (level(database, "BOWL"), level(database, "BOWL", "STALL")) == (Level(available=2), Level(available=4))


def test_units_arrive_and_get_lost_in_parts(database: Database) -> None:
    stocked(database, "BOWL", 5, STALL=0)
    stocked(database, "CUP", 5)
    sent = send(database, ("BOWL", 4), ("CUP", 2))
    arrive(database, sent, ("BOWL", 1))
    lose(database, sent, ("bowl", 1), ("CUP", 1))
    assert account(arrive(database, sent)) == [("BOWL", 4, 3, 1, 0), ("CUP", 2, 1, 1, 0)]
    assert (level(database, "BOWL", "STALL"), level(database, "CUP", "STALL")) == (Level(available=3), Level(available=1))
    assert (4, "available", "transit", "sent") in movements(database, "BOWL")
    assert movements(database, "CUP")[2:] == [(1, "transit", "adjustment", "lost"), (1, "transit", "available", "received")]
    assert [each for each in event_types(database) if each.startswith("transfer")] == [
        "transfer.sent",
        "transfer.received",
        "transfer.lost",
        "transfer.received",
    ]


def test_no_more_arrives_or_is_lost_than_is_under_way(database: Database) -> None:
    stocked(database, "BOWL", 5, STALL=0)
    stocked(database, "CUP", 5)
    sent = send(database, ("BOWL", 3))
    with refused(database, WrongState, sku="BOWL", in_transit=3):
        arrive(database, sent, ("BOWL", 4))
    with refused(database, WrongState, sku="BOWL", in_transit=3):
        lose(database, sent, ("BOWL", 2), ("bowl", 2))
    with refused(database, WrongState, sku="CUP", in_transit=0):
        arrive(database, sent, ("BOWL", 1), ("CUP", 1))
    with refused(database, UnknownSku, skus=["JUG"]):
        arrive(database, sent, ("JUG", 1))
    lose(database, sent)
    for act in (arrive, lose):
        with refused(database, WrongState, in_transit=0):
            act(database, sent)
        with refused(database, NotFound):
            act(database, {"id": "00000000-0000-7000-8000-000000000000"})


def test_a_transfer_takes_what_is_free_and_is_sent_whole_or_not_at_all(database: Database) -> None:
    stocked(database, "BOWL", 5, STALL=9)
    stocked(database, "CUP", 5)
    place(database, ("BOWL", 3))
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 3, "available": 2}]):
        send(database, ("CUP", 1), ("BOWL", 3))


def test_a_transfer_needs_two_places_and_tracked_skus_named_once(database: Database) -> None:
    stocked(database, "BOWL", 5, STALL=0)
    sku(database, "PATTERN", tracked=False)
    for lines, target in (
        ([("BOWL", 1)], "studio"),
        ([("BOWL", 1), ("bowl ", 1)], "STALL"),
        ([("BOWL", 1), ("PATTERN", 1)], "STALL"),
    ):
        with refused(database, InvalidDraft):
            send(database, *lines, target=target)
    with refused(database, UnknownLocation, location="MOON"):
        send(database, ("BOWL", 1), target="MOON")
    with refused(database, UnknownSku, skus=["JUG"]):
        send(database, ("BOWL", 1), ("JUG", 1))


def test_transfers_are_listed_newest_first(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 5, STALL=0)
    first = send(database, ("BOWL", 1))
    clock.advance(timedelta(minutes=1))
    second = send(database, ("BOWL", 1))
    assert [each["id"] for each in database.look(transfers.page, None, 10)] == [second["id"], first["id"]]
    assert [each["id"] for each in database.look(transfers.page, second["id"], 10)] == [first["id"]]
    with pytest.raises(NotFound):
        database.look(transfers.view, "00000000-0000-7000-8000-000000000000")
