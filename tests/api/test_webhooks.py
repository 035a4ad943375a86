"""What marketplaces send: the signed is kept, once; of all else nothing is stored but a count."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.api import webhooks
from app.api.webhooks import Rate, too_deep
from app.channels import registry
from app.database import metadata
from app.settings import Settings
from tests import servers
from tests.api.bazaar import SECRET, Bazaar, address, came_in, connected, counted, message, signature, signed
from tests.api.client import Client, problem, serving
from tests.servers import OWNER_TOKEN

ID = "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d"


@pytest.fixture(scope="module")
def shop(client: Client) -> dict[str, Any]:
    return connected(client)


def post(client: Client, channel: dict[str, Any], **request: Any) -> Any:
    return client.send("POST", address(channel), token=None, **request)


# What is kept


def test_a_signed_message_is_kept_as_it_came(client: Client, shop: dict[str, Any]) -> None:
    body = message(buyer="Ada Lovelace", note='ünï\u2028 \\ "')
    answer = post(client, shop, **signed(body, topic="orders/create", id="d-1"), params={"a": "b"})
    assert (answer.status_code, answer.content) == (200, b"")
    (kept,) = [each for each in came_in(client, shop) if each["identity"] == "d-1"]
    expected = {"channel_id": shop["id"], "topic": "orders/create", "state": "waiting", "size": len(body), "repeats": 0, "attempts": 0}
    assert {name: kept[name] for name in expected} == expected
    content = client.get(f"/v1/deliveries/{kept['id']}/content").json()
    assert (content["method"], content["query"], content["body"].encode()) == ("POST", {"a": "b"}, body)
    assert content["headers"]["x-bazaar-signature"] == signature(body)
    assert counted(client, shop["id"], "kept") >= 1


def test_headers_that_say_who_asked_are_not_kept(client: Client, shop: dict[str, Any]) -> None:
    request = signed(message(), id="d-2")
    request["headers"] |= {"authorization": "Basic c2VjcmV0", "cookie": "a=b", "x-forwarded-for": "192.0.2.1"}
    post(client, shop, **request)
    (kept,) = [each for each in came_in(client, shop) if each["identity"] == "d-2"]
    headers = client.get(f"/v1/deliveries/{kept['id']}/content").json()["headers"]
    assert not {"authorization", "cookie", "x-forwarded-for"} & set(headers)


def test_what_is_stored_can_be_read_by_nobody_without_the_key(client: Client, shop: dict[str, Any]) -> None:
    post(client, shop, **signed(message(buyer="Wilhelmina Quarrington")))
    for table in metadata.sorted_tables:
        for row in client.app.state.database.look(lambda session, table=table: session.execute(select(table)).all()):
            assert "Quarrington" not in repr(row) and SECRET not in repr(row)


@pytest.mark.parametrize("identified", [{"id": "d-3"}, {}])
def test_a_message_that_comes_again_is_counted_and_answered_quietly(client: Client, identified: dict[str, str]) -> None:
    shop = connected(client)
    body = message()
    for _ in range(3):
        answer = post(client, shop, **signed(body, **identified))
        assert (answer.status_code, answer.content) == (200, b"")
    (kept,) = came_in(client, shop)
    assert (kept["repeats"], kept["state"]) == (2, "waiting")
    assert (counted(client, shop["id"], "kept"), counted(client, shop["id"], "repeated")) == (1, 2)


def test_a_replayed_old_message_is_answered_quietly_and_not_looked_at_again(client: Client) -> None:
    from app.domain import deliveries

    shop, body = connected(client), message()
    post(client, shop, **signed(body))
    (kept,) = came_in(client, shop)
    client.app.state.database.run(deliveries.done, [kept["id"]])
    assert post(client, shop, **signed(body)).status_code == 200
    (again,) = came_in(client, shop)
    assert (again["state"], again["repeats"], again["attempts"]) == ("done", 1, 1)


def test_a_topic_that_nobody_knows_is_answered_quietly(client: Client, shop: dict[str, Any]) -> None:
    assert post(client, shop, **signed(message(), topic="t" * 300)).status_code == 200
    assert came_in(client, shop)[0]["topic"] == "t" * 100


def test_an_identity_of_any_length_and_kind_is_taken(client: Client, shop: dict[str, Any]) -> None:
    body = message()
    for _ in range(2):
        assert post(client, shop, **signed(body, id="i" * 1_000)).status_code == 200
    kept = came_in(client, shop)[0]
    assert (len(kept["identity"]), kept["repeats"]) == (64, 1)


def test_the_same_identity_at_another_channel_is_another_message(client: Client, shop: dict[str, Any]) -> None:
    another, body = connected(client), message()
    for each in (shop, another):
        post(client, each, **signed(body, id="shared"))
    assert [kept["repeats"] for each in (shop, another) for kept in came_in(client, each) if kept["identity"] == "shared"] == [0, 0]


def test_a_new_message_wakes_the_channels_lane_and_a_repeated_one_does_not(
    client: Client, shop: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    monkeypatch.setitem(client.app.state._state, "wake", woken.append)
    body = message()
    for _ in range(2):
        post(client, shop, **signed(body))
    assert woken == [shop["id"]]


def test_the_channel_says_when_it_was_last_heard_of(client: Client) -> None:
    shop = connected(client)
    assert client.get(f"/v1/channels/{shop['id']}").json()["lane"]["delivered_at"] is None
    post(client, shop, **signed(message()))
    first = client.get(f"/v1/channels/{shop['id']}").json()["lane"]["delivered_at"]
    assert first == came_in(client, shop)[0]["received_at"]
    post(client, shop, **signed(message()))
    assert client.get(f"/v1/channels/{shop['id']}").json()["lane"]["delivered_at"] == first  # right to some seconds


# Handshakes


def test_pings_and_handshakes_are_answered_and_nothing_is_stored(client: Client) -> None:
    shop = connected(client)
    ping = post(client, shop, content=b"ping=1", headers={"content-type": "application/x-www-form-urlencoded"})
    assert (ping.status_code, ping.content) == (200, b"")
    hands = client.send("GET", address(shop), token=None, params={"challenge": "abc"})
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (hands.status_code, hands.text, hands.headers["content-type"]) == (200, expected, "application/json")
    problem(client.send("GET", address(shop), token=None), 404, "not_found")
    assert came_in(client, shop) == []
    assert counted(client, shop["id"], "answered") == 2


# What is refused


def test_what_is_forged_is_refused_and_counted(client: Client) -> None:
    shop, body = connected(client), message()
    forged: list[dict[str, Any]] = [
        {"content": body},
        {"content": b""},
        signed(body, secret="another"),
        signed(body, secret=""),
        signed(body) | {"content": body[:-1]},  # truncated
        signed(body) | {"content": body + b" "},
        signed(body) | {"content": json.dumps(json.loads(body), separators=(",", ":")).encode()},
        signed(body) | {"headers": {"x-bazaar-signature": signature(body)[:-1]}},
        signed(body) | {"headers": {"x-bazaar-signature": signature(body) + "="}},
    ]
    for each in forged:
        answer = post(client, shop, **each)
        assert "secret" in problem(answer, 401, "bad_signature")["detail"]
        assert answer.headers["www-authenticate"] == "Signature"
    assert came_in(client, shop) == []
    assert counted(client, shop["id"], "bad_signature") == len(forged)


def test_a_message_that_breaks_off_is_refused(client: Client, shop: dict[str, Any]) -> None:
    body, sent, before = message(), [], len(came_in(client, shop))
    parts = iter([{"type": "http.request", "body": body[:5], "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(parts)

    async def send(part: Any) -> None:
        sent.append(part)

    scope = {"type": "http", "method": "POST", "path": address(shop), "raw_path": address(shop).encode(), "root_path": ""}
    scope |= {"scheme": "http", "query_string": b"", "http_version": "1.1", "headers": [(b"content-length", b"%d" % len(body))]}
    client.run(client.app(scope, receive, send))
    assert (sent[0]["status"], len(came_in(client, shop))) == (400, before)
    assert counted(client, shop["id"], "unreadable") >= 1


def test_what_is_too_large_is_refused_whether_it_says_so_or_not(client: Client) -> None:
    shop = connected(client)
    large = b"x" * (webhooks.BODY_MOST + 1)
    problem(post(client, shop, **signed(large)), 413, "too_large")
    taken = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield large[:100_000]

    problem(post(client, shop, content=chunks(), headers={"x-bazaar-signature": "x"}), 413, "too_large")
    problem(post(client, shop, content=chunks(), headers={"content-length": "12", "x-bazaar-signature": "x"}), 413, "too_large")
    assert taken < 50
    assert (counted(client, shop["id"], "too_large"), came_in(client, shop)) == (3, [])
    assert post(client, shop, **signed(b"y" * webhooks.BODY_MOST)).status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip", "GZIP"])
def test_what_is_compressed_is_refused_before_it_is_read(client: Client, shop: dict[str, Any], encoding: str) -> None:
    request = signed(message())
    request["headers"]["content-encoding"] = encoding
    before = len(came_in(client, shop))
    problem(post(client, shop, **request), 415, "unsupported_media_type")
    assert len(came_in(client, shop)) == before


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 40 + b"1" + b"}" * 40, b'["]' + b'","[", [' * 50], ids=["open", "deep", "odd"])
def test_what_is_nested_deeply_is_refused_though_it_is_signed(client: Client, shop: dict[str, Any], body: bytes) -> None:
    before = len(came_in(client, shop))
    problem(post(client, shop, **signed(body)), 400, "unreadable")
    assert len(came_in(client, shop)) == before


def test_brackets_in_strings_and_one_after_another_are_no_depth(client: Client, shop: dict[str, Any]) -> None:
    for body in (json.dumps({"note": "[" * 500 + '\\"' + "{" * 500}).encode(), b"[" + b",".join([b"{}", b"[]"] * 500) + b"]"):
        assert post(client, shop, **signed(body)).status_code == 200


def test_an_address_that_nobody_has_is_404_and_asks_the_database_nothing(
    client: Client, shop: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    post(client, shop, **signed(message()))
    monkeypatch.setattr(webhooks.Intake, "FRESH_SECONDS", 3_600)
    before = counted(client, "none", "not_found")
    reads: list[Any] = []
    whole = client.app.state.database.read
    monkeypatch.setattr(client.app.state.database, "read", lambda *args, **kw: reads.append(args) or whole(*args, **kw))
    for guess in (ID, shop["id"][:-1], shop["id"].upper() + "0", "x", "%00", "a" * 5_000):
        problem(client.send("POST", f"/webhooks/{guess}", token=None, **signed(message())), 404, "not_found")
    assert reads == []
    assert counted(client, "none", "not_found") - before == 6


def test_a_disconnected_channel_is_not_listened_to(client: Client) -> None:
    shop = connected(client)
    assert post(client, shop, **signed(message())).status_code == 200
    client.made(f"/v1/channels/{shop['id']}/disconnect")
    problem(post(client, shop, **signed(message())), 404, "not_found")
    assert len(came_in(client, shop)) == 1


def test_another_secret_is_good_from_the_moment_it_is_changed(client: Client) -> None:
    shop = connected(client)
    assert post(client, shop, **signed(message())).status_code == 200
    changed = client.send("PATCH", f"/v1/channels/{shop['id']}", json={"credentials": {"secret": "new"}}, headers={"If-Match": "*"})
    assert changed.status_code == 200
    problem(post(client, shop, **signed(message())), 401, "bad_signature")
    assert post(client, shop, **signed(message(), secret="new")).status_code == 200


def test_intake_costs_no_question_to_the_database(client: Client, shop: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    post(client, shop, **signed(message()))
    monkeypatch.setattr(webhooks.Intake, "FRESH_SECONDS", 3_600)
    monkeypatch.setattr(client.app.state.database, "read", None)
    for _ in range(5):
        assert post(client, shop, **signed(message())).status_code == 200


def test_whoever_sends_too_much_waits_and_nobody_else(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, another = connected(client), connected(client)
    monkeypatch.setattr(client.app.state.intake, "_rate", Rate(3))
    for secret in ("wrong", SECRET, SECRET):
        post(client, shop, peer="192.0.2.1", **signed(message(), secret))
    answer = post(client, shop, peer="192.0.2.1", **signed(message()))
    assert 1 <= problem(answer, 429, "too_many_messages")["retry_after_s"] == int(answer.headers["retry-after"]) <= 60
    for peer, channel in (("192.0.2.2", shop), ("192.0.2.1", another)):
        assert post(client, channel, peer=peer, **signed(message())).status_code == 200
    assert (len(came_in(client, shop)), counted(client, shop["id"], "too_many_messages")) == (3, 1)
    for n in range(4):
        post(client, shop, peer=f"2001:db8:0:1::{n}", **signed(message()))
    assert counted(client, shop["id"], "too_many_messages") == 2


def test_guesses_from_many_addresses_take_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rate, "PAIRS_MOST", 50)
    rate = Rate(100)
    for n in range(500):
        rate.wait(f"192.0.{n // 250}.{n % 250}", "none")
    assert len(rate._counts) <= 51
    assert rate.wait("198.51.100.1", "none") > 0  # they share one count


def test_a_channel_that_cannot_be_opened_is_asked_to_come_again_and_the_others_are_listened_to(
    client: Client, shop: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = connected(client)

    class Broken(Bazaar):
        def __init__(self, connection: Any) -> None:
            if connection.channel_id == broken["id"]:
                raise RuntimeError("broken on purpose")
            super().__init__(connection)

    monkeypatch.setitem(registry._known, "bazaar", Broken)
    client.app.state.intake.forget()
    client.app.state.intake._known.clear()
    answer = post(client, broken, **signed(message()))
    problem(answer, 503, "channel_not_ready")
    assert int(answer.headers["retry-after"]) > 0
    assert post(client, shop, **signed(message())).status_code == 200
    monkeypatch.undo()
    client.app.state.intake.forget()
    assert post(client, broken, **signed(message())).status_code == 200


def test_an_overloaded_database_is_a_503_and_nothing_is_half_done(
    client: Client, shop: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    post(client, shop, **signed(message()))
    body = message()
    monkeypatch.setattr(webhooks.Intake, "FRESH_SECONDS", 3_600)
    monkeypatch.setattr(client.app.state.database, "_limit", 0)
    answer = post(client, shop, **signed(body))
    problem(answer, 503, "overloaded")
    assert int(answer.headers["retry-after"]) > 0
    monkeypatch.undo()
    assert counted(client, shop["id"], "unavailable") == 1
    assert post(client, shop, **signed(body)).status_code == 200
    assert came_in(client, shop)[0]["repeats"] == 0


def test_while_the_database_is_gone_it_says_503_and_once_it_is_back_it_keeps(tmp_path: Path) -> None:
    with servers.postgres() as cluster:
        settings = Settings(
            data_dir=tmp_path / "data", database_url=cluster.url_for_new_database(), owner_token=OWNER_TOKEN, log_level="error"
        )
        with serving(settings) as client:
            shop, body = connected(client), message()
            assert post(client, shop, **signed(message())).status_code == 200
            cluster.stop()
            answer = post(client, shop, **signed(body))
            problem(answer, 503, "database_unavailable")
            assert int(answer.headers["retry-after"]) > 0
            cluster.start()
            deadline = time.monotonic() + 30
            while post(client, shop, **signed(body)).status_code != 200:
                assert time.monotonic() < deadline
            assert [kept["repeats"] for kept in came_in(client, shop)] == [0, 0]


def test_a_flood_of_forgeries_stops_no_signed_message(client: Client) -> None:
    shop = connected(client)

    async def flood() -> list[int]:
        import httpx

        transport = httpx.ASGITransport(client.app, client=("203.0.113.9", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as sender:
            requests = [sender.post(address(shop), **signed(message(), "wrong" if n % 10 else SECRET)) for n in range(300)]
            return [answer.status_code for answer in await asyncio.gather(*requests)]

    statuses = client.run(flood())
    assert (statuses.count(200), statuses.count(401)) == (30, 270)
    assert len(came_in(client, shop)) == 30


# The measure of depth

_VALUES = st.recursive(
    st.none() | st.integers() | st.text('[]{}"\\a', max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[]{}"\\a', max_size=4), inner, max_size=3),
    max_leaves=20,
)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


@given(_VALUES, st.booleans())
def test_depth_is_measured_as_a_parser_meets_it(value: Any, spaced: bool) -> None:
    body = json.dumps(value, indent=1 if spaced else None).encode()
    assert [too_deep(body, most) for most in range(12)] == [_depth(value) > most for most in range(12)]


def test_measuring_the_depth_of_the_worst_takes_no_time_to_speak_of() -> None:
    worst = [b"[" * 2_000_000, b'"' + b'\\"' * 999_999, b"[]" * 1_000_000, (b"[" * 30 + b"]" * 30) * 33_000, b'"\\' * 1_000_000]
    for body in worst:
        began = time.perf_counter()
        too_deep(body)
        assert time.perf_counter() - began < 2
