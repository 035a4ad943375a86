"""Which shops' lanes a process runs."""

from datetime import timedelta
from pathlib import Path

import pytest

from app import chance
from app.database import Database
from app.domain import channels, workers
from app.lanes import Lanes
from app.sync.lane import _lease
from app.vault import Vault
from tests.world import world


@pytest.fixture
def lanes(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lanes:
    """Of a store with one shop; no thread is ever begun."""
    monkeypatch.setattr(Lanes, "_run", lambda *_: None)
    monkeypatch.setattr(workers, "clock_ahead", lambda _: timedelta())
    with world(database, tmp_path) as opened:
        opened.connect(object())
    return Lanes(database, Vault(tmp_path / "key"), public_url=None, exclusive=False, directory=tmp_path)


def test_a_process_whose_clock_is_off_works_for_no_shop_until_it_is_right(
    lanes: Lanes, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "clock_ahead", lambda _: timedelta(seconds=-6))
    lanes._share_out()
    assert not lanes._ours
    assert database.look(workers.everyone) == []
    assert lanes._plan_due() == 0  # which needs no clock
    monkeypatch.setattr(workers, "clock_ahead", lambda _: timedelta(seconds=4))
    lanes._beat_at = -100.0
    lanes._share_out()
    assert len(lanes._ours) == 1


def test_of_two_processes_each_has_its_share_and_lets_go_of_what_it_has_no_more(lanes: Lanes, database: Database, tmp_path: Path) -> None:
    lanes._share_out()
    assert len(lanes._ours) == 1
    earlier = lanes.holder
    other = Lanes(database, Vault(tmp_path / "key"), public_url=None, exclusive=False)
    other._share_out()
    assert other._living == [earlier, other.holder]
    assert not other._ours
    lanes.stop(timeout_s=0.1)
    other._beat_at = -100.0
    other._share_out()
    assert len(other._ours) == 1


def test_who_starts_where_another_was_killed_waits_neither_for_it_nor_for_its_leases(
    lanes: Lanes, database: Database, tmp_path: Path
) -> None:
    lanes._share_out()
    (channel,) = database.look(channels.active)
    assert database.run(_lease, channel["id"], lanes.holder, exclusive=False) is not None
    later = Lanes(database, Vault(tmp_path / "key"), public_url=None, exclusive=False, directory=tmp_path)
    later._share_out()
    assert later._living == [lanes.holder, later.holder]
    assert database.run(_lease, channel["id"], later.holder, exclusive=False) is None
    assert lanes._sign is not None
    lanes._sign._lock.release()  # as the operating system does it
    later._beat_at = -100.0
    later._share_out()
    assert later._living == [later.holder]
    before = chance.now()
    taken = database.run(_lease, channel["id"], later.holder, exclusive=False)
    assert taken is not None
    assert before - timedelta(seconds=5) < taken["adopted_from"] <= chance.now(), "what it had stored may have been sent until then"


def test_a_worker_whose_sign_of_life_is_nowhere_to_be_seen_is_waited_for(lanes: Lanes, database: Database, tmp_path: Path) -> None:
    lanes._share_out()
    elsewhere = Lanes(database, Vault(tmp_path / "key"), public_url=None, exclusive=False, directory=tmp_path / "elsewhere")
    assert lanes._sign is not None
    lanes._sign._lock.release()
    elsewhere._share_out()
    assert elsewhere._living == [lanes.holder, elsewhere.holder]
