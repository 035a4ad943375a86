"""Tallystick: the one record of a small store's products, stock and orders. This page is the map.

    main.py        create_app(): the only place where the parts of the server are joined
    cli.py         tallystick serve | work | demo | simulate | channel | resume | check | explain | import | export | token | key | backup |
                   restore | copy | openapi
    settings.py    everything read from the environment, once (TALLYSTICK_…)
    database.py    engine, read() and write(), column types
    statements.py  those of hot paths, compiled once
    wire.py        how they get to PostgreSQL and back, all at once
    chance.py      the one source of time, ids and randomness
    security.py    tokens, scopes, and who guesses too often
    vault.py       secrets at rest: channels' credentials, and what they sent
    migrations.py  the one migrator
    backups.py     a consistent copy while the store trades, and the way back
    copying.py     a store moves from SQLite to PostgreSQL
    directory.py   the data directory: who holds it, and who works from it and lives
    mark.py        whether this is still the ledger that it was, or a copy, or an older one
    connecting.py  `tallystick channel`: from a shop's address to going live, question by question
    asking.py      the running service, as these commands ask it
    resuming.py    `tallystick resume`: what is different since, and the way on
    explained.py   what was explained, as text for people
    logs.py        how lines are written, and what never stands in them
    worker.py      the housekeeping, and the files that wait to be taken in
    alerts.py      what can't wait reaches a person: a signed POST, a mail
    outgoing.py    what happened reaches other systems: signed webhooks, carried and tried again
    tail.py        the one reader of what happens, for everybody who follows it live
    lanes.py       the threads of a running service: one for each of its channels, and one that plans
    bell.py        what one process commits wakes the others, on PostgreSQL
    api/           HTTP in. dependencies, problems and their wording, idempotency, etags, middleware, the contract and its explorer, then
                   one file per noun
    importing/     files of products: reading, recognising and taking them in, chunk by chunk
    domain/        what the store is. One file per noun: its tables and the functions that change them. recording: a channel's order as it
                   stands, put into the books; fence: how a channel's number changes; repayment: what ends every transaction; explaining,
                   history, exposure: from numbers to their causes; naming: why a channel shows something else; watch, signals, health: what
                   nobody reports; checking, repairing: whether the books balance, and what if they don't; event_types: what can happen;
                   endpoints, carrying: who is sent what happened, and how that fares; workers: who works for which shop; recent: what was
                   changed lately
    channels/      translation. base is the protocol, registry alone knows the adapters by name, memory is the reference; then one
                   family of files per marketplace
    sync/          movement between the two. inbox: what came in; poll: what changed; plan: what each counter shall offer;
                   preview: what going live would do; push: plan, send, settle; reconcile: what a channel shows, held against the
                   books; lane: all of it for one channel, step by step
    sandbox/       simulated marketplaces with their quirks and faults, in this process or over real HTTP
    demo/          `make run`: the service, sandbox shops, their buyers, and who oversold
    simulation/    `tallystick simulate`: whole stores from seeds on a virtual clock, every fault, and what must hold all the while

Imports point one way: cli → demo, simulation → main → worker, lanes → api → alerts → sync → channels.base → vault, security, … → domain →
database → statements, wire → chance.
Contracts in pyproject.toml hold it.

What always holds, whoever calls:
- A unit is in exactly one place. No level is below zero, and a level is the sum of its movements.
- `domain.stock.move_many` is the only code that changes a level, and the table of moves is closed.
- What becomes free first covers counters that offer more than they were given, then serves lines that are short; only the rest may be
  seen as available.
- A counter offers no more than the units that were set aside for it, unless a fact took them: then it has a named cause and an exception.
- A change of a channel's number is stored whole before it leaves, and one is under way per write unit. `shown` changes by differences,
  and each change of it has its entry in the journal (`domain.entries`).
- A domain function takes a `Session`, never commits and never touches the network. An answer leaves after the commit.
- Every movement and event has an actor and a cause. Buyer data lies in `contacts` alone.
- Time, ids and randomness come from `chance`. Money is minor units with a currency, time is aware and UTC, units are integers.

One way through the house, a stock adjustment: api/stock → database.write → domain/postings.post → domain/stock.move_many →
domain.finish (repay, mark the SKU due, events) → commit → 201 ‖ sync/plan → counters due ‖ lane: sync/push → domain/fence (commit) →
channels/<name>.write_quantities → domain/fence (commit).

A marketplace's order: api/webhooks → sync/inbox.keep (commit, 2xx) ‖ lane: sync/inbox.handle → channels/<name>.parse, fetch_orders →
domain/recording.record (commit; SKU marked due) ‖ as above.

A reconciliation: lane: sync/reconcile → sync/poll, channels/<name>.fetch_orders, read_quantities → domain/naming (a difference) →
sync/push (read again) → domain/fence.settled → domain/naming (its cause, and what follows) ‖ as above.
"""
