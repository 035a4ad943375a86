"""What scripts ask lists for: one SKU's, one place's, what is still open, what is new."""

from datetime import UTC, datetime

from tests.api.client import Client, lines, received


def ids(client: Client, path: str, **parameters: object) -> list[str]:
    return [each["id"] for each in client.everything(path, **parameters)]


def place(client: Client, code: str) -> str:
    client.made("/v1/locations", {"code": code, "name": code.title()})
    return code


def test_orders_are_found_by_sku_place_status_and_reference(client: Client) -> None:
    mug, bowl = client.sku(stock=5), client.sku()
    hut = place(client, f"HUT-{mug}")
    client.made("/v1/stock/movements", received(bowl, 5, hut))
    one = client.made("/v1/orders", {"lines": lines((mug, 1)), "reference": f"WEB-{mug}"})["id"]
    both = client.made("/v1/orders", {"lines": lines((mug, 1), (bowl, 1))})["id"]
    client.made(f"/v1/orders/{one}/cancel")
    assert ids(client, "/v1/orders", sku=mug.lower()) == [both, one]
    assert ids(client, "/v1/orders", sku=bowl) == [both]
    assert ids(client, "/v1/orders", sku=mug, status="cancelled") == [one]
    assert ids(client, "/v1/orders", location=hut.lower()) == [both]
    assert ids(client, "/v1/orders", reference=f"WEB-{mug}") == [one]
    assert ids(client, "/v1/orders", sku="NOBODY-HAS-THIS") == []


def test_transfers_are_found_by_either_end_by_sku_and_by_whether_they_have_arrived(client: Client) -> None:
    mug = client.sku(stock=9)
    near, far = place(client, f"NEAR-{mug}"), place(client, f"FAR-{mug}")
    sent = {"source": "STUDIO", "lines": lines((mug, 2))}
    arrived = client.made("/v1/stock/transfers", sent | {"target": near})["id"]
    client.made(f"/v1/stock/transfers/{arrived}/receive")
    going = client.made("/v1/stock/transfers", sent | {"target": far})["id"]
    assert ids(client, "/v1/stock/transfers", sku=mug) == [going, arrived]
    assert ids(client, "/v1/stock/transfers", location="STUDIO", sku=mug) == [going, arrived]
    assert ids(client, "/v1/stock/transfers", location=near) == [arrived]
    assert ids(client, "/v1/stock/transfers", sku=mug, status="under_way") == [going]
    assert ids(client, "/v1/stock/transfers", sku=mug, status="done") == [arrived]


def test_counts_and_reservations_are_found_by_sku_and_place(client: Client) -> None:
    mug, bowl = client.sku(stock=9), client.sku(stock=9)
    shed = place(client, f"SHED-{mug}")
    here = client.made("/v1/stock/counts", {"location": "STUDIO", "lines": [{"sku": mug, "counted": 9}]})["id"]
    there = client.made("/v1/stock/counts", {"location": shed, "lines": [{"sku": mug, "counted": 1}, {"sku": bowl, "counted": 0}]})["id"]
    assert ids(client, "/v1/stock/counts", sku=mug) == [there, here]
    assert ids(client, "/v1/stock/counts", sku=bowl) == [there]
    assert ids(client, "/v1/stock/counts", location=shed) == [there]
    held = client.made("/v1/reservations", {"lines": lines((mug, 1))})["id"]
    client.made(f"/v1/reservations/{held}/release")
    again = client.made("/v1/reservations", {"lines": lines((mug, 1), (bowl, 1))})["id"]
    assert ids(client, "/v1/reservations", sku=mug) == [again, held]
    assert ids(client, "/v1/reservations", sku=mug, status="released") == [held]
    assert ids(client, "/v1/reservations", sku=bowl) == [again]


def test_movements_are_found_by_when_they_were_recorded(client: Client) -> None:
    mug = client.sku(stock=9)
    since = datetime.now(UTC).isoformat()
    later = client.made("/v1/stock/movements", received(mug, 1) | {"occurred_at": "2020-01-01T00:00:00Z"})["id"]
    assert ids(client, "/v1/stock/movements", sku=mug, updated_since=since) == [later]
    assert len(ids(client, "/v1/stock/movements", sku=mug)) == 2
