"""Tallystick: the one record of a small store's products, stock and orders. This page is the map.

    main.py        create_app(): the only place where the parts of the server are joined
    cli.py         tallystick serve | check | import | export | token | openapi | backup | restore
    settings.py    everything read from the environment, once (TALLYSTICK_…)
    database.py    engine, read() and write(), column types
    chance.py      the one source of time, ids and randomness
    security.py    tokens, scopes, and who guesses too often
    migrations.py  the one migrator
    backups.py     a consistent copy while the store trades, and the way back
    directory.py   the data directory and who holds it
    logs.py        how lines are written, and what never stands in them
    worker.py      the housekeeping, and the files that wait to be taken in
    api/           HTTP in. dependencies, problems and their wording, idempotency, etags, middleware, the contract and its explorer, then
                   one file per noun
    importing/     files of products: reading, recognising and taking them in, chunk by chunk
    domain/        what the store is. One file per noun: its tables and the functions that change them

Imports point one way: cli → main → api, worker → security, migrations, … → domain → database → chance. Contracts in pyproject.toml
hold it.

What always holds, whoever calls:
- A unit is in exactly one place. No level is below zero, and a level is the sum of its movements.
- `domain.stock.move_many` is the only code that changes a level, and the table of moves is closed.
- What becomes free first serves lines that are short; only the rest may be seen as available.
- A domain function takes a `Session`, never commits and never touches the network. An answer leaves after the commit.
- Every movement and event has an actor and a cause. Buyer data lies in `contacts` alone.
- Time, ids and randomness come from `chance`. Money is minor units with a currency, time is aware and UTC, units are integers.

One way through the house, a stock adjustment: api/stock → database.write → domain/postings.post → domain/stock.move_many →
domain.finish (repay, events) → commit → 201.
"""
