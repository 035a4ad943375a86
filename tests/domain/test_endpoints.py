"""Webhook endpoints: which messages there are for them, made once, and kept as long as they are needed; and what the events are."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
from sqlalchemy import delete, select

import app
from app import chance
from app.database import Database, Session
from app.domain import carrying, endpoints, event_types, events
from app.domain.carrying import Message, Outcome, Step
from app.domain.endpoints import webhook_endpoints, webhook_messages
from app.domain.errors import InvalidDraft, WrongState
from app.domain.event_types import EVENT_TYPES
from app.simulation.command import Options, one
from tests.servers import until
from tests.shop import CAUSE, held_open, place, post, refused, sku, stocked

TAKEN = Outcome(200, 12, "thanks")


def endpoint(database: Database, *types: str, after: int | None = None) -> str:
    draft: dict[str, Any] = {"url": "https://hooks.example.org/a", "description": "", "secrets": "sealed"}
    return str(database.run(endpoints.create, **draft, types=types, after=after, cause=CAUSE)["id"])


def step_of(database: Database, endpoint_id: str) -> Step:
    """The next step, once the feed shows what there is to see."""
    found: list[Step] = []

    def looked() -> bool:
        step = database.look(carrying.look, endpoint_id)
        found.extend([step] if step is not None else [])
        return step is not None

    until(looked, within_s=10, what="there is something to do")
    return found[0]


def sent_of(database: Database, endpoint_id: str, enough: int) -> list[Message]:
    """Messages that were claimed, as many as there are to be."""
    found: list[Message] = []
    while len(found) < enough:
        for message in database.run(carrying.take, step_of(database, endpoint_id)) or ():
            database.run(carrying.delivered, message, TAKEN)
            found.append(message)
    return found


def log(database: Database, endpoint_id: str, **which: str) -> list[dict[str, Any]]:
    return database.look(endpoints.messages, endpoint_id, None, 1_000, **which)


def rows(session: Session, table: Any) -> int:
    return len(session.execute(select(table.c.id)).all())


def test_a_step_that_two_have_looked_at_is_taken_once(database: Database, clock: chance.Seeded) -> None:
    stocked(database, "BOWL", 9)
    found = endpoint(database, "order.*")
    placed = [place(database, ("BOWL", 1))["id"] for _ in range(3)]
    until(lambda: len(step_of(database, found).wanted) == 3, within_s=10, what="all three are shown")
    steps = [step_of(database, found), step_of(database, found)]
    claimed = [database.run(carrying.take, step) or [] for step in steps]
    assert [[message.event and message.event["subject"] for message in each] for each in claimed] == [placed, []]
    assert [row["state"] for row in log(database, found)] == ["sending"] * 3


def test_a_few_are_under_way_at_once_whoever_carries_them_and_one_alone_while_it_fails(database: Database, clock: chance.Seeded) -> None:
    stocked(database, "BOWL", 99)
    found = endpoint(database, "order.*")
    for _ in range(20):
        place(database, ("BOWL", 1))
    until(lambda: len(step_of(database, found).wanted) == 20, within_s=10, what="all of them are shown")

    def claimed() -> list[Message]:
        step = database.look(carrying.look, found)
        return database.run(carrying.take, step) or [] if step is not None else []

    first = claimed()
    assert (len(first), claimed()) == (endpoints.FEW, [])
    database.run(carrying.delivered, first[0], TAKEN)
    (another,) = claimed()
    for message in (*first[1:], another):
        database.run(carrying.failed, message, Outcome(None, 15_000, error="no answer"))
    assert claimed() == []
    clock.advance(timedelta(seconds=6))
    (probe,) = claimed()
    assert claimed() == []
    database.run(carrying.delivered, probe, TAKEN)
    assert len(claimed()) == endpoints.FEW


@pytest.mark.parametrize("reused_database_url", ["postgresql"], indirect=True)
def test_while_one_process_takes_a_step_another_leaves_that_endpoint_alone(database: Database) -> None:
    stocked(database, "BOWL", 9)
    found = endpoint(database, "order.*")
    place(database, ("BOWL", 1))
    until(lambda: len(step_of(database, found).wanted) == 1, within_s=10, what="the order is shown")
    step = step_of(database, found)
    with held_open(database, carrying.take, step) as claimed:
        assert claimed is not None and len(claimed) == 1
        assert database.run(carrying.take, step) is None


@pytest.mark.parametrize("reused_database_url", ["postgresql"], indirect=True)
def test_an_event_of_a_transaction_that_commits_late_is_passed_by_no_cursor(database: Database) -> None:
    stocked(database, "BOWL", 9)
    stocked(database, "VASE", 9)
    first = endpoint(database, "stock.moved")
    with held_open(database, lambda session: events.append(session, "stock.moved", None, {"moves": []}, cause=CAUSE)):
        second = endpoint(database, "stock.moved")
        post(database, "VASE", 1)
        for each in (first, second):
            step = database.look(carrying.look, each)
            assert step is None or step.wanted == []
            if step is not None:
                database.run(carrying.take, step)
    for each in (first, second):
        told = [message.event["data"]["moves"] for message in sent_of(database, each, 2) if message.event is not None]
        assert sorted(map(len, told)) == [0, 1]


def test_an_endpoint_that_lags_far_behind_waits_in_the_feed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "BATCH", 4)
    monkeypatch.setattr(carrying, "BACKLOG", 8)
    for n in range(20):
        sku(database, f"BOWL-{n}")
    found = endpoint(database, after=0)
    until(lambda: len(step_of(database, found).wanted) == 4, within_s=10, what="a whole batch is shown")
    for _ in range(2):
        database.run(carrying.take, step_of(database, found))
    step = step_of(database, found)
    assert (step.upto - step.cursor, database.look(endpoints.view, found)["waiting"]) == (0, 8)


def test_a_type_that_there_is_none_of_is_refused_with_those_that_there_are(database: Database) -> None:
    for wrong in ("order.plcaed", "orders.*", "*", "order", ""):
        with refused(database, InvalidDraft):
            endpoint(database, "order.placed", wrong)
    with pytest.raises(InvalidDraft, match=r"No event is called 'orders.\*'. All of one kind: books.\*, channel.\*, "):
        event_types.check(["orders.*"])
    assert event_types.matches(["order.*", "sku.created"], "order.placed")
    assert not event_types.matches(["order.*", "sku.created"], "ordering.placed")


def test_a_message_whose_event_is_kept_no_longer_is_given_up_and_cannot_be_replayed(database: Database, clock: chance.Seeded) -> None:
    stocked(database, "BOWL", 9)
    found = endpoint(database, "order.*")
    place(database, ("BOWL", 1))
    until(lambda: bool(step_of(database, found).wanted), within_s=10, what="the order is shown")
    (message,) = database.run(carrying.take, step_of(database, found)) or ()
    clock.advance(timedelta(days=91))
    database.run(lambda session: session.execute(delete(events.events)) and None)
    assert [each.id for each in database.run(carrying.take, Step(found, 0, 0, [], False)) or ()] == []
    (row,) = log(database, found, state="failed")
    assert (row["id"], row["error"]) == (message.id, "Its event is kept no longer (events_days), so it can't be sent.")
    with refused(database, WrongState, event=row["event_seq"]):
        database.run(endpoints.replay, found, message.id, cause=CAUSE)


def test_what_waits_is_kept_what_is_over_is_dropped_in_time_and_of_a_deleted_endpoint_nothing_stays(
    database: Database, clock: chance.Seeded
) -> None:
    stocked(database, "BOWL", 9)
    taken, waits = endpoint(database, "order.*"), endpoint(database, "order.*")
    place(database, ("BOWL", 1))
    sent_of(database, taken, 1)
    until(lambda: bool(step_of(database, waits).wanted), within_s=10, what="the order is shown")
    database.run(carrying.take, step_of(database, waits))
    clock.advance(timedelta(days=31))
    assert database.run(endpoints.forget_old, chance.now() - timedelta(days=30)) == 1
    assert [log(database, each) != [] for each in (taken, waits)] == [False, True]
    database.run(endpoints.remove, waits, cause=CAUSE)
    assert database.look(lambda session: session.scalar(select(webhook_endpoints.c.secrets).where(webhook_endpoints.c.id == waits))) == ""
    while database.run(endpoints.forget_old, chance.now() - timedelta(days=30)):
        pass
    assert database.look(lambda session: (rows(session, webhook_endpoints), rows(session, webhook_messages))) == (1, 0)


# What the events are


def strictly(schema: Any) -> Any:
    """The same schema, and nothing that it doesn't name."""
    if isinstance(schema, list):
        return [strictly(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: strictly(each) for name, each in schema.items()}
    return found | {"additionalProperties": False} if "properties" in found else found


VALID = {name: jsonschema.Draft202012Validator(strictly(kind.schema)) for name, kind in EVENT_TYPES.items()}


def appended() -> Iterator[str]:
    """Every type that stands in the code behind `events.append(session,`; one that is put together there as a pattern."""
    for path in Path(app.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "events.append":
                kinds = [node.args[1].body, node.args[1].orelse] if isinstance(node.args[1], ast.IfExp) else [node.args[1]]
                for kind in kinds:
                    parts = kind.values if isinstance(kind, ast.JoinedStr) else [kind]
                    yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)


# What stands for … in each: tests/api/test_webhook_endpoints.py makes every one of them happen.
PUT_TOGETHER = {"import.…": {"done", "failed"}, "reservation.…": {"lapsed", "released"}, "transfer.…": {"lost", "received"}}


def test_every_type_of_event_that_the_code_appends_is_documented_and_no_other() -> None:
    found = set(appended())
    assert {each for each in found if "…" in each} == PUT_TOGETHER.keys()
    possible = {each for each in found if "…" not in each}
    possible |= {pattern.replace("…", each) for pattern, all_of_them in PUT_TOGETHER.items() for each in all_of_them}
    assert possible == EVENT_TYPES.keys()


def test_each_example_is_what_its_schema_says() -> None:
    for name, kind in EVENT_TYPES.items():
        assert kind.said.endswith("."), name
        for example in kind.examples:
            VALID[name].validate(example)


def test_every_event_of_a_store_that_trades_is_as_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()
    wrong: list[str] = []
    flush = events.flush

    def checked(session: Session) -> None:
        for row in session.info.get("events", ()):
            seen.add(row["type"])
            data = orjson.loads(orjson.dumps(row["data"]))
            wrong.extend(f"{row['type']}: {error.message}" for error in VALID[row["type"]].iter_errors(data))
            if row["subject"] is None and EVENT_TYPES[row["type"]].subject is not None:
                wrong.append(f"{row['type']}: no subject")
        flush(session)

    monkeypatch.setattr(events, "flush", checked)
    for seed in (2, 4, 5):
        assert one(seed, Options(orders=25, small=True)).failure is None
    assert wrong == []
    assert {"order.placed", "order.shipped", "stock.moved", "counter.written", "exception.opened", "listing.mapped"} <= seen
