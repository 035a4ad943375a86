"""Tokens: made once, good until they expire or are revoked, and guessed at slowly."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app import chance, security
from app.database import Database
from app.domain.causes import Cause
from app.security import Gate, Refusals, TooManyRefusals
from app.settings import Settings
from tests.api.client import Client, problem, serving
from tests.servers import OWNER_TOKEN, until


def made(client: Client, scope: str = "write", **more: object) -> dict[str, str]:
    token: dict[str, str] = client.made("/v1/tokens", {"name": "web shop", "scope": scope, **more})
    return token


def listed(client: Client, token_id: str) -> dict[str, str]:
    return {each["id"]: each for each in client.everything("/v1/tokens")}[token_id]


def test_a_secret_is_shown_once_and_kept_nowhere(client: Client) -> None:
    body, key = {"name": "web shop"}, {"Idempotency-Key": "one-token"}
    first = client.post("/v1/tokens", body, headers=key)
    secret = first.json()["token"]
    assert (first.status_code, client.get("/v1/orders", token=secret).status_code) == (201, 200)
    problem(client.post("/v1/tokens", body, headers=key), 409, "secret_shown_once")
    assert secret not in client.get("/v1/tokens").text
    assert [each["id"] for each in client.everything("/v1/tokens")].count(first.json()["id"]) == 1


@pytest.mark.parametrize(("scope", "read", "write", "admin"), [("read", 200, 403, 403), ("write", 200, 201, 403), ("admin", 200, 201, 200)])
def test_each_scope_contains_those_before_it(client: Client, scope: str, read: int, write: int, admin: int) -> None:
    token = made(client, scope)["token"]
    assert client.get("/v1/orders", token=token).status_code == read
    place = {"code": f"PLACE-{scope}-{chance.new_id()}", "name": "A place"}
    assert client.post("/v1/locations", place, token=token).status_code == write
    assert client.get("/v1/tokens", token=token).status_code == admin


def test_a_revoked_token_is_worthless_at_once(client: Client) -> None:
    token = made(client)
    assert client.get("/v1/orders", token=token["token"]).status_code == 200
    revoked = client.made(f"/v1/tokens/{token['id']}/revoke")
    assert revoked["revoked_at"]
    refused = problem(client.get("/v1/orders", token=token["token"], peer="192.0.2.1"), 401, "unauthorized")
    assert "revoked" in refused["detail"]
    assert client.made(f"/v1/tokens/{token['id']}/revoke")["revoked_at"] == revoked["revoked_at"]
    problem(client.post(f"/v1/tokens/{chance.new_id()}/revoke"), 404, "not_found")


def test_the_last_admin_cannot_be_revoked(client: Client) -> None:
    admins = [each["id"] for each in client.everything("/v1/tokens") if each["scope"] == "admin" and not each["revoked_at"]]
    owner = next(each["id"] for each in client.everything("/v1/tokens") if each["name"] == "owner")
    for other in set(admins) - {owner}:
        client.made(f"/v1/tokens/{other}/revoke")
    problem(client.post(f"/v1/tokens/{owner}/revoke"), 409, "wrong_state")
    assert client.get("/v1/tokens").status_code == 200


class Clock(chance.Real):
    """The machine's clock, set forward."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


def test_a_token_expires_on_its_day(client: Client) -> None:
    token = made(client, expires_in_days=30)["token"]
    clock = Clock()
    with chance.installed(clock):
        clock.ahead = timedelta(days=29, hours=23)
        assert client.get("/v1/orders", token=token).status_code == 200
        clock.ahead = timedelta(days=30)
        refused = problem(client.get("/v1/orders", token=token, peer="192.0.2.2"), 401, "unauthorized")
    assert "expired" in refused["detail"]


def test_the_last_use_is_kept_and_written_at_most_once_a_minute(client: Client) -> None:
    token = made(client)
    assert listed(client, token["id"])["last_used_at"] is None
    gate: Gate = client.app.state.gate
    clock = Clock()
    with chance.installed(clock):

        def used(after: timedelta) -> str:
            clock.ahead = after
            assert client.get("/v1/orders", token=token["token"]).status_code == 200
            client.run(gate.note_use())
            return listed(client, token["id"])["last_used_at"]

        first = used(timedelta(hours=1))
        assert first
        assert used(timedelta(hours=1, seconds=30)) == first
        assert used(timedelta(hours=1, seconds=61)) > first


def test_the_last_use_is_written_without_being_asked_for(client: Client) -> None:
    token = made(client)
    client.get("/v1/orders", token=token["token"])
    until(lambda: listed(client, token["id"])["last_used_at"] is not None, within_s=10, what="the housekeeping has come by")


# Guessing


def test_who_guesses_tokens_is_told_to_wait_and_good_tokens_keep_working_from_there(client: Client) -> None:
    peer = "198.51.100.7"
    for _ in range(Refusals.PER_MINUTE):
        problem(client.get("/v1/orders", token="wrong", peer=peer), 401, "unauthorized")
    answer = client.get("/v1/orders", token="wrong", peer=peer)
    wait = problem(answer, 429, "too_many_refusals")["retry_after_s"]
    assert 1 <= wait <= 60
    assert answer.headers["retry-after"] == str(wait)
    assert client.get("/v1/orders", peer=peer).status_code == 200
    problem(client.get("/v1/orders", token=None, peer=peer), 401, "unauthorized")
    problem(client.get("/v1/orders", token="wrong", peer="198.51.100.8"), 401, "unauthorized")


def test_an_ipv6_client_is_counted_by_its_network(client: Client) -> None:
    statuses = [client.get("/v1/orders", token="wrong", peer=f"2001:db8:1:1::{n:x}").status_code for n in range(Refusals.PER_MINUTE + 1)]
    assert statuses == [401] * Refusals.PER_MINUTE + [429]
    assert client.get("/v1/orders", token="wrong", peer="2001:db8:1:2::1").status_code == 401


def test_however_many_addresses_guess_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Refusals, "ADDRESSES_MOST", 50)
    refusals = Refusals()
    for n in range(50 + Refusals.PER_MINUTE):
        refusals.count(f"10.0.{n // 256}.{n % 256}")
    assert len(refusals._counts.storage) == 51
    with pytest.raises(TooManyRefusals):
        refusals.count("10.9.9.9")


# The other process


def test_a_token_revoked_elsewhere_is_worthless_within_two_seconds(tmp_path: Path, migrated_sqlite: Path) -> None:
    (tmp_path / "tallystick.sqlite").write_bytes(migrated_sqlite.read_bytes())
    settings = Settings(data_dir=tmp_path, owner_token=OWNER_TOKEN, log_level="warning")
    with serving(settings) as client:
        token = made(client)
        assert client.get("/v1/orders", token=token["token"]).status_code == 200
        elsewhere = Database(settings.database)
        elsewhere.run(security.revoke_token, token["id"], cause=Cause("command"))
        elsewhere.close()
        until(lambda: client.get("/v1/orders", token=token["token"]).status_code == 401, within_s=2.5, what="it is worthless here too")
