"""Tonight's stock as a CSV file: one row for each SKU and location, for a spreadsheet or your accountant.

    TALLYSTICK_URL=http://127.0.0.1:8000 TALLYSTICK_TOKEN=tally_… python nightly_stock_csv.py

It writes stock-2026-11-23.csv into the folder that it runs in. Every night at half past two, by cron:

    30 2 * * * cd /home/me/stock && TALLYSTICK_URL=… TALLYSTICK_TOKEN=… python nightly_stock_csv.py

A token with the scope `read` will do.
"""

import os
import time
from pathlib import Path

import httpx

tallystick = httpx.Client(
    base_url=os.environ["TALLYSTICK_URL"], headers={"Authorization": f"Bearer {os.environ['TALLYSTICK_TOKEN']}"}, timeout=60
)

file = Path(f"stock-{time.strftime('%Y-%m-%d')}.csv")
part = file.with_suffix(".part")  # whoever looks into the folder never sees half a file

with tallystick.stream("GET", "/v1/exports/stock", params={"format": "csv"}) as answer, part.open("wb") as out:
    answer.raise_for_status()
    for some in answer.iter_bytes():
        out.write(some)
part.replace(file)

rows = file.read_text().count("\n") - 1
print(f"{file}: {rows} rows")
