"""How a channel is and how the store is, over HTTP and for Prometheus; and the alarm when messages aren't signed as they should be."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import chance
from app.channels.base import Budget
from app.channels.memory import EXACT, Shop
from app.database import Database, DatabaseUnavailable
from app.domain import channels, connections, differences, exceptions, health, recovery, signals, watch
from app.domain.signals import IN_A_ROW
from tests.api.bazaar import SECRET, address, connected, message, signed
from tests.api.client import Client, problem
from tests.world import CAUSE, World, world

HERE = Path(__file__).parents[2]


# In figures


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Iterator[World]:
    with world(database, tmp_path) as made:
        made.stocked("MUG", 20)
        yield made


def opened(store: World, **facts: Any) -> tuple[Shop, str]:
    shop = Shop(replace(EXACT, **facts))
    shop.offer("MUG", "MUG", 0)
    channel_id = store.connect(shop, name="North")
    store.run_for(120)
    return shop, channel_id


def line(store: World, channel_id: str) -> dict[str, Any]:
    store.database.run(watch.look, listens=True, since=chance.now() - timedelta(days=1))
    found: dict[str, Any] = store.database.look(health.of_channel, channel_id)
    return found


def test_a_channel_that_works_is_ok_and_says_what_is_normal_for_it(store: World) -> None:
    _, channel_id = opened(store, budgets=(Budget("writes", 2, 3600.0), Budget("requests", 9, 1.0)))
    found = line(store, channel_id)
    assert (found["status"], found["since"], found["wrong"], found["exceptions"]) == ("ok", None, [], [])
    assert (found["counters"], found["counters_due"], found["writes_open"], found["differences"]) == ({"active": 1}, 0, {}, {})
    (budget,) = found["budgets"]
    assert (budget.name, budget.sent, budget.amount, budget.part) == ("writes", 1, 2, 0.5)
    signs = {each["name"]: each for each in found["signs"]}
    assert (signs["poll"]["normal_s"], signs["settled"]["normal_s"]) == (300.0, 305.0)
    assert 0 <= signs["poll"]["age_s"] <= 120
    assert signs["due"]["normal_s"] == watch.write_patience(EXACT, found["write_ms"]).total_seconds()
    assert all(each["ok"] for each in signs.values())


def test_a_channels_word_follows_what_becomes_of_it(store: World) -> None:
    shop, channel_id = opened(store)
    shop.down = True
    for _ in range(12):
        store.run_for(60)
    found = line(store, channel_id)
    (row,) = found["exceptions"]
    assert (found["status"], found["since"], row["cause"]) == ("down", row["opened_at"], "channel_unreachable")
    assert "channel_unreachable" in found["wrong"] and found["lane"]["failures"] >= 6
    shop.down = False
    store.run_for(900)
    assert line(store, channel_id)["status"] == "ok"
    store.database.run(channels.change_lane, channel_id, refused="credentials")
    assert line(store, channel_id)["status"] == "refused"
    store.database.run(channels.change_lane, channel_id, refused=None)
    store.database.run(signals.signatures_failing, channel_id, 12)
    found = line(store, channel_id)
    assert (found["status"], found["since"]) == ("degraded", chance.now())
    assert {each["name"] for each in found["signs"] if not each["ok"]} == {"message"}
    store.database.run(signals.signed_again, channel_id)
    store.database.run(connections.pause, channel_id, cause=CAUSE)
    assert line(store, channel_id)["status"] == "paused"


def test_the_store_is_as_its_worst_part_is_and_counts_what_is_open(store: World) -> None:
    _, channel_id = opened(store)
    found = store.database.look(health.of_store)
    assert (found["status"], [row["status"] for row in found["channels"]], found["exceptions"]) == ("ok", ["ok"], [])
    how = {"severity": "urgent", "title": "Short", "advice": "Count.", "cause": CAUSE}
    store.database.run(exceptions.raise_, "line_short", "1", **how)
    store.database.run(exceptions.raise_, "line_short", "2", **how, channel_id=channel_id)
    store.database.run(differences.note, channel_id, "counter", "MUG", "hand_edit", title="MUG", cause=CAUSE)
    found = store.database.look(health.of_store)
    assert (found["status"], found["open"]) == ("degraded", {"urgent": 2, "warning": 0, "note": 0})
    assert found["exceptions"] == [{"cause": "line_short", "severity": "urgent", "count": 2}]
    (row,) = found["channels"]
    assert (row["status"], row["exceptions_open"]["urgent"], row["differences"]) == ("ok", 1, {"hand_edit": 1})
    store.database.run(recovery.gone_back, "restored", cause=CAUSE)
    found = store.database.look(health.of_store)
    assert (found["status"], [row["status"] for row in found["channels"]]) == ("recovering", ["recovering"])


# Over HTTP


def test_one_page_holds_all_of_a_channel_and_one_answer_the_whole_store(client: Client) -> None:
    shop = connected(client)
    found = client.get(f"/v1/channels/{shop['id']}/health").json()
    assert (found["id"], found["name"], found["channel_status"]) == (shop["id"], shop["name"], "connected")
    assert found["status"] in ("connecting", "refused")  # its lane may have tried already
    assert {each["name"] for each in found["signs"]} > {"message", "poll", "write", "reconciliation", "credentials"}
    assert SECRET not in client.get(f"/v1/channels/{shop['id']}/health").text
    status = client.get("/v1/status").json()
    assert shop["id"] in [each["id"] for each in status["channels"]]
    assert (status["version"], status["recovering_since"]) == (client.app.version, None)
    assert status["exposure"].keys() == {"units", "counters", "unlimited"}
    assert status["database"]["kind"] in ("sqlite", "postgresql")
    problem(client.get(f"/v1/channels/{chance.new_id()}/health"), 404, "not_found")
    problem(client.get("/v1/status", token=None), 401, "unauthorized")


# Signatures


def failing(client: Client, shop: dict[str, Any]) -> list[dict[str, Any]]:
    return client.everything("/v1/exceptions", channel=shop["id"], cause="signatures_failing")


def test_ten_messages_in_a_row_that_arent_signed_are_told_once_until_a_good_one_comes(client: Client) -> None:
    shop = connected(client)
    for n in range(IN_A_ROW):
        if n == 5:  # a good one among them: it is counted from one again
            assert client.post(address(shop), **signed(message())).status_code == 200
        assert client.post(address(shop), **signed(message(), "forged")).status_code == 401
    assert failing(client, shop) == []
    for _ in range(IN_A_ROW):
        assert client.post(address(shop), **signed(message(), "forged")).status_code == 401
    (row,) = failing(client, shop)
    assert (row["severity"], row["closed_at"], row["times"], row["facts"]) == ("urgent", None, 1, {"in_a_row": IN_A_ROW})
    assert client.post(address(shop), **signed(message())).status_code == 200
    assert [each["closed_at"] is None for each in failing(client, shop)] == [False]
    for _ in range(2 * IN_A_ROW):  # within minutes nothing more is written, whatever a stranger sends
        client.post(address(shop), **signed(message(), "forged"))
    assert len(failing(client, shop)) == 1
    client.app.state.intake._told_at.clear()
    client.post(address(shop), **signed(message(), "forged"))
    assert [each["closed_at"] is None for each in failing(client, shop)] == [True, False]
    client.app.state.intake._accused.clear()
    client.app.state.intake._unsigned.clear()  # as after a restart
    client.app.state.intake.forget()
    assert client.post(address(shop), **signed(message())).status_code == 200
    assert [each["closed_at"] is None for each in failing(client, shop)] == [False, False]


# For Prometheus

_SERIES = re.compile(r"^(tallystick_\w+)(?:{(.*)})? ", re.MULTILINE)


def names(text: str) -> set[str]:
    """Of every family, also of one that has no series yet."""
    return {found.removesuffix("_total") for found in re.findall(r"^# TYPE (tallystick_\w+) ", text, re.MULTILINE)}


def test_figures_are_read_at_most_once_in_a_few_seconds_and_stay_while_the_database_is_gone(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures, reads = client.app.state.figures, []
    database = figures._database

    class Counted:
        async def read(self, function: Any) -> Any:
            reads.append(function)
            if reads.count(health.of_store) > 1:
                raise DatabaseUnavailable("gone")
            return await database.read(function)

    monkeypatch.setattr(figures, "_database", Counted())
    monkeypatch.setattr(figures, "FRESH_SECONDS", 3_600.0)
    shop = connected(client)
    figures._read_at = float("-inf")
    text = [client.get("/metrics").text for _ in range(3)][-1]
    assert reads.count(health.of_store) == 1
    assert f'tallystick_channel_failures{{channel="{shop["id"]}",name="{shop["name"]}"}} ' in text
    assert "tallystick_database_up 1.0" in text
    figures._read_at = float("-inf")
    text = client.get("/metrics").text
    assert f'tallystick_channel_up{{channel="{shop["id"]}"' in text and "tallystick_database_up 0.0" in text
    labels = {label for _, found in _SERIES.findall(text) for label in re.findall(r'(\w+)="', found)}
    assert labels <= {
        "channel",
        "name",
        "kind",
        "status",
        "state",
        "cause",
        "severity",
        "budget",
        "version",
        "outcome",
        "method",
        "route",
        "le",
    }


def test_every_metric_of_the_alert_rules_and_of_the_docs_is_one_that_the_service_has(client: Client) -> None:
    served = names(client.get("/metrics").text)
    rules = rules_of((HERE / "docs" / "alert-rules.yml").read_text())
    assert len(rules) >= 10
    for rule in rules:
        used = {each.removesuffix("_total") for each in re.findall(r"\btallystick_\w+", rule["expr"])}
        assert used and used <= served, (rule["alert"], used - served)
        assert rule["severity"] in ("urgent", "warning") and rule["summary"]
    said = {each.removesuffix("_total") for each in re.findall(r"`(tallystick_\w+)", (HERE / "docs" / "health.md").read_text())}
    assert said == {name for name in served if name.startswith(("tallystick_channel_", "tallystick_exceptions"))} | (said & served)
    assert said <= served


def rules_of(text: str) -> list[dict[str, str]]:
    """The rules in the file."""
    (group,) = yaml.safe_load(text)["groups"]
    return [
        {"alert": each["alert"], "expr": each["expr"], "severity": each["labels"]["severity"], **each["annotations"]}
        for each in group["rules"]
    ]
