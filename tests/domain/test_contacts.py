"""Buyers are kept in one table, and erased in one operation."""

import pytest

from app.chance import Seeded
from app.database import Database
from app.domain import contacts
from app.domain.contacts import FIELDS
from app.domain.errors import NotFound
from tests.shop import CAUSE, event_types, everything, figures, place, refused, seen, stocked

BUYER = {"name": "Ada Buyer", "email": "ada@example.org", "phone": "+44 1782 000000"}
ADDRESS = {"name": "Ada Buyer", "line1": "1 Kiln Lane", "city": "Stoke", "postal_code": "ST1 1AA", "country": "GB"}
NOBODY = "00000000-0000-7000-8000-000000000000"


def known(database: Database, contact_id: str) -> dict[str, str]:
    row = database.look(contacts.get, contact_id)
    return {field: row[field] for field in FIELDS if row[field] is not None}


def erase(database: Database, contact_id: str) -> dict[str, object]:
    return database.run(contacts.erase, contact_id, cause=CAUSE)


def tables_that_say(database: Database, *words: str) -> set[str]:
    """The tables in which one of the words stands anywhere."""
    return {name for name, rows in database.look(everything).items() if any(word in repr(rows) for word in words)}


def test_a_buyer_and_their_address_are_kept_in_one_table_only(database: Database) -> None:
    stocked(database, "BOWL", 5)
    order = place(database, ("BOWL", 1), buyer=BUYER, ship_to=ADDRESS)
    assert known(database, order["contact_id"]) == BUYER
    assert known(database, order["ship_to_id"]) == ADDRESS
    assert database.look(contacts.get, order["ship_to_id"])["buyer_id"] == order["contact_id"]
    for word in ("Ada", "ada@example", "Kiln Lane", "1782"):
        assert tables_that_say(database, word) == {"contacts"}


def test_a_buyer_who_is_known_can_buy_again(database: Database) -> None:
    stocked(database, "BOWL", 5)
    first = place(database, ("BOWL", 1), buyer=BUYER)
    second = place(database, ("BOWL", 1), contact_id=first["contact_id"], ship_to=ADDRESS)
    assert second["contact_id"] == first["contact_id"]
    assert database.look(contacts.get, second["ship_to_id"])["buyer_id"] == first["contact_id"]
    with refused(database, NotFound):
        place(database, ("BOWL", 1), contact_id=NOBODY)


def test_an_order_needs_no_buyer(database: Database) -> None:
    stocked(database, "BOWL", 5)
    order = place(database, ("BOWL", 1))
    assert (order["contact_id"], order["ship_to_id"]) == (None, None)


def test_erasing_a_buyer_blanks_every_address_of_theirs_and_leaves_what_they_bought(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 5)
    first = place(database, ("BOWL", 2), buyer=BUYER, ship_to=ADDRESS)
    second = place(database, ("BOWL", 1), contact_id=first["contact_id"], ship_to=ADDRESS | {"city": "Leek"})
    other = place(database, ("BOWL", 1), buyer={"name": "Bob"}, ship_to={"city": "Hanley"})
    assert erase(database, first["contact_id"])["erased_at"] == clock.now()
    for contact_id in (first["contact_id"], first["ship_to_id"], second["ship_to_id"]):
        assert (known(database, contact_id), database.look(contacts.get, contact_id)["erased_at"]) == ({}, clock.now())
    assert (known(database, other["contact_id"]), known(database, other["ship_to_id"])) == ({"name": "Bob"}, {"city": "Hanley"})
    assert (figures(seen(database, first)), seen(database, first)["contact_id"]) == ([(2, 0, 0, 0)], first["contact_id"])
    assert tables_that_say(database, "Ada", "ada@example", "Kiln Lane", "Leek", "1782") == set()


def test_erasing_an_address_leaves_its_buyer(database: Database) -> None:
    stocked(database, "BOWL", 5)
    order = place(database, ("BOWL", 1), buyer=BUYER, ship_to=ADDRESS)
    erase(database, order["ship_to_id"])
    assert (known(database, order["contact_id"]), known(database, order["ship_to_id"])) == (BUYER, {})


def test_erasing_twice_is_the_same_as_once(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 5)
    order = place(database, ("BOWL", 1), buyer=BUYER)
    first = erase(database, order["contact_id"])
    assert erase(database, order["contact_id"]) == first
    assert event_types(database).count("contact.erased") == 1


def test_an_address_that_comes_after_its_buyer_was_erased_can_be_erased_too(database: Database) -> None:
    stocked(database, "BOWL", 5)
    first = place(database, ("BOWL", 1), buyer=BUYER)
    erase(database, first["contact_id"])
    later = place(database, ("BOWL", 1), contact_id=first["contact_id"], ship_to=ADDRESS)
    erase(database, first["contact_id"])
    assert known(database, later["ship_to_id"]) == {}
    assert tables_that_say(database, "Kiln Lane") == set()


def test_nobody_unknown_is_erased(database: Database) -> None:
    with refused(database, NotFound):
        erase(database, NOBODY)
    with pytest.raises(NotFound):
        database.look(contacts.get, NOBODY)
