"""What waits for a person, over HTTP."""

from typing import Any

import pytest

from app import chance
from app.domain import exceptions
from app.domain.causes import Cause
from tests.api.client import Client, problem
from tests.api.test_access import token

ID = "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d"
CAUSE = Cause("test")


def raised(client: Client, cause: str, subject: str = "one", **fields: Any) -> str:
    facts = {"severity": "warning", "title": "A kiln is cold", "advice": "Light it: docs/kilns.md.", "facts": {"degrees": 12}} | fields
    made: str = client.app.state.database.run(exceptions.raise_, cause, subject, **facts, cause=CAUSE)
    return made


@pytest.fixture
def cause() -> str:
    """A cause of this test's own."""
    return f"cold_{chance.new_id()[-12:]}"


def test_an_exception_says_what_to_do_and_is_there_once_for_each_cause(client: Client, cause: str) -> None:
    first = raised(client, cause)
    assert (raised(client, cause, facts={"degrees": 9}), raised(client, cause, "two")) != (first, first)
    shown = client.get(f"/v1/exceptions/{first}").json()
    expected = {"cause": cause, "subject": "one", "severity": "warning", "title": "A kiln is cold", "advice": "Light it: docs/kilns.md."}
    expected |= {"facts": {"degrees": 9}, "times": 2, "channel_id": None, "closed_at": None, "closed_by": None, "note": None}
    assert {name: shown[name] for name in expected} == expected
    assert len(client.everything("/v1/exceptions", cause=cause)) == 2


def test_exceptions_are_found_by_severity_cause_channel_and_whether_they_wait(client: Client, cause: str) -> None:
    urgent = raised(client, cause, "one", severity="urgent", channel_id=ID)
    note = raised(client, cause, "two", severity="note")
    client.made(f"/v1/exceptions/{note}/resolve")
    ids = lambda **filters: [each["id"] for each in client.everything("/v1/exceptions", cause=cause, limit=1, **filters)]  # noqa: E731
    assert ids() == [note, urgent]
    assert (ids(open=True), ids(open=False)) == ([urgent], [note])
    assert (ids(severity="urgent"), ids(severity="warning"), ids(channel=ID)) == ([urgent], [], [urgent])


def test_a_person_resolves_it_with_a_note_and_what_comes_up_again_is_a_new_one(client: Client, cause: str) -> None:
    first = raised(client, cause)
    path = f"/v1/exceptions/{first}/resolve"
    done = client.made(path, {"note": "  Lit it.  "}, headers={"Idempotency-Key": cause})
    assert (done["closed_by"], done["note"], done["closed_at"] is not None) == ("token:owner", "Lit it.", True)
    assert client.made(path, {"note": "  Lit it.  "}, headers={"Idempotency-Key": cause}) == done
    problem(client.post(path, {"note": "Again"}), 409, "wrong_state")
    closed = client.get("/v1/events", params={"type": "exception.closed", "limit": 200}).json()["items"][-1]
    assert (closed["subject"], closed["data"]["by"], closed["actor"]) == (first, "token:owner", "token:owner")
    assert raised(client, cause) != first


def test_it_closes_by_itself_when_its_cause_is_gone(client: Client, cause: str) -> None:
    first = raised(client, cause)
    client.app.state.database.run(exceptions.clear, cause, "one", cause=CAUSE)
    shown = client.get(f"/v1/exceptions/{first}").json()
    assert (shown["closed_by"], shown["closed_at"] is not None) == (None, True)


def test_where_nobody_is_to_be_alerted_a_test_says_what_to_set(client: Client) -> None:
    said = problem(client.post("/v1/alerts/test"), 409, "wrong_state")["detail"]
    assert "TALLYSTICK_ALERT_URL" in said and "TALLYSTICK_SMTP_URL" in said
    assert client.everything("/v1/alerts") == []


def test_what_is_not_there_or_says_too_much_is_refused(client: Client, cause: str) -> None:
    problem(client.get(f"/v1/exceptions/{ID}"), 404, "not_found")
    problem(client.post(f"/v1/exceptions/{ID}/resolve"), 404, "not_found")
    path = f"/v1/exceptions/{raised(client, cause)}/resolve"
    for note in (" ", "n" * 1_001, 7):
        problem(client.post(path, {"note": note}), 422, "invalid_request")
    problem(client.post(path, token=token(client, "read")), 403, "forbidden")
    assert client.everything("/v1/exceptions", cause=cause, open=True)
    problem(client.get("/v1/exceptions", params={"severity": "dire"}), 422, "invalid_request")
