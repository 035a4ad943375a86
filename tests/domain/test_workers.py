"""Who works for the shops: by signs of life, and with no word between them."""

from datetime import timedelta

from app.chance import Seeded
from app.database import Database
from app.domain import workers
from app.domain.workers import BEAT, GONE

SHOPS = [f"shop-{number}" for number in range(7)]


def test_shops_are_shared_out_evenly_and_each_has_one_worker(database: Database, clock: Seeded) -> None:
    for name in ("zoe", "ann", "mia"):
        clock.advance(BEAT)
        living = database.run(workers.beat, name)
    assert living == ["zoe", "ann", "mia"]  # those that came first first
    shares = [workers.share(each, living, SHOPS) for each in living]
    assert sorted(map(len, shares)) == [2, 2, 3]
    assert sorted(shop for share in shares for shop in share) == SHOPS


def test_who_gives_no_sign_of_life_leaves_its_share_to_the_others_until_it_comes_back(database: Database, clock: Seeded) -> None:
    database.run(workers.beat, "ann")
    database.run(workers.beat, "zoe")
    clock.advance(GONE)
    assert database.run(workers.beat, "zoe") == ["zoe"]
    assert workers.share("zoe", ["zoe"], SHOPS) == set(SHOPS)
    assert workers.share("ann", ["zoe"], SHOPS) == set()
    assert database.run(workers.beat, "ann") == ["ann", "zoe"]


def test_a_clean_stop_leaves_nothing_behind_and_any_other_is_found(database: Database, clock: Seeded) -> None:
    assert database.look(workers.last_seen) is None
    database.run(workers.beat, "ann")
    died_at = clock.now()
    clock.advance(timedelta(seconds=1))
    database.run(workers.beat, "zoe")
    database.run(workers.leave, "zoe")
    assert database.look(workers.last_seen) == died_at
    assert database.run(workers.bury) == []
    clock.advance(6 * GONE)
    assert database.run(workers.bury) == ["ann"]
    assert database.look(workers.last_seen) is None
