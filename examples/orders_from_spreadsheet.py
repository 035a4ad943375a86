"""Place the orders of a spreadsheet: from a market day, a fair, a friend's shop. Run it as often as you like: no order is placed twice.

    TALLYSTICK_URL=http://127.0.0.1:8000 TALLYSTICK_TOKEN=tally_… python orders_from_spreadsheet.py orders.csv

The file is CSV in UTF-8 with a heading, one row for each order:

    reference,sku,quantity,price,name,email,street,city,postal_code,country
    FAIR-001,MUG-BLUE,2,12.50,A. Buyer,buyer@example.org,1 Kiln Lane,Stoke,ST1 1AA,GB

`reference` is your own number, different in every row; `price` is for one unit, in euros. What can't be placed is kept in
orders.rejected.csv with the reason in a further column: mend it there, and run it on that file. The token needs the scope `write`.
"""

import csv
import os
import sys
from collections import Counter
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import httpx

tallystick = httpx.Client(
    base_url=os.environ["TALLYSTICK_URL"], headers={"Authorization": f"Bearer {os.environ['TALLYSTICK_TOKEN']}"}, timeout=30
)


def order(row: dict[str, str]) -> dict:
    """The row as POST /v1/orders wants it: money in cents, empty cells left out."""
    address = {"line1": row["street"], "city": row["city"], "postal_code": row["postal_code"], "country": row["country"]}
    cents = Decimal(row["price"]) * 100
    if cents % 1:
        raise ValueError("the price has more than two places")
    price = {"amount": int(cents), "currency": "EUR"}
    return {
        "reference": row["reference"],
        "lines": [{"sku": row["sku"], "quantity": int(row["quantity"]), "unit_price": price}],
        "buyer": {name: row[name] for name in ("name", "email") if row[name]},
        **({"ship_to": {name: value for name, value in address.items() if value}} if row["street"] else {}),
    }


def place(row: dict[str, str]) -> str | None:
    """None: it is placed. Otherwise why not. An answer that we didn't get raises: run it again."""
    if not row.get("reference"):
        return "the reference is missing"
    if references[row["reference"]] > 1:
        return "another row has this reference, too"
    if tallystick.get("/v1/orders", params={"reference": row["reference"]}).raise_for_status().json()["items"]:
        return None  # by an earlier run, however long ago
    try:
        body = order(row)
    except (ArithmeticError, ValueError, KeyError) as error:
        return f"a cell is missing or can't be read: {error}"
    # The key makes it safe to send this twice, even where the first answer got lost on its way.
    key = sha256(row["reference"].encode()).hexdigest()
    answer = tallystick.post("/v1/orders", json=body, headers={"Idempotency-Key": f"spreadsheet-{key}"})
    if answer.status_code in (404, 409, 422):
        return answer.json()["detail"]
    answer.raise_for_status()
    return None


file = Path(sys.argv[1])
rejected = file.with_name(file.stem.removesuffix(".rejected") + ".rejected.csv")
with file.open(newline="", encoding="utf-8-sig") as lines:
    rows = [{name: (cell or "").strip() for name, cell in row.items() if name} for row in csv.DictReader(lines)]
references = Counter(row.get("reference") for row in rows)
reasons = [place(row) for row in rows]

bad = [{**row, "why": reason} for row, reason in zip(rows, reasons, strict=True) if reason]
rejected.unlink(missing_ok=True)
if bad:
    with rejected.open("w", newline="", encoding="utf-8") as out:
        table = csv.DictWriter(out, list(bad[0]))
        table.writeheader()
        table.writerows(bad)
print(f"{len(rows) - len(bad)} placed" + (f", {len(bad)} kept in {rejected}" if bad else ""))
sys.exit(1 if bad else 0)
