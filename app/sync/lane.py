"""A lane: everything that is done for one channel, one step after another.

The worker drives lanes with threads and the simulator with a clock; both call `step`. Whatever waits is a row with a time, never a
sleep, so a lane that starts anew goes on where the last one stood.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Select, and_, case, func, or_, select, text, true, update

from app import chance
from app.channels import registry
from app.channels.base import Channel, ChannelError, NoUse, Parcel, ShipLine, TryLater
from app.channels.clock import Clock
from app.database import Database, Session
from app.domain import (
    channels,
    connections,
    counters,
    deliveries,
    exceptions,
    fence,
    notices,
    orders,
    plans,
    recording,
    signals,
    store,
    workers,
    writes,
)
from app.domain.capabilities import Capabilities
from app.domain.causes import Cause
from app.domain.errors import NotFound, Refusal
from app.domain.fence import LeaseLost, Pen
from app.statements import Prepared, given
from app.sync import inbox, poll, reconcile
from app.sync.push import DEADLINE_S, Pushing, has_open_write
from app.vault import ChannelVault
from app.vault import Vault as Keys

log = structlog.get_logger()

LEASE = timedelta(seconds=90)
RENEW_BEFORE = timedelta(seconds=45)
# How long a lane waits at most before it looks for itself.
IDLE = timedelta(seconds=30)
A_MOMENT = timedelta(milliseconds=200)
# A channel that nobody worked for so long is gone through as a whole.
AWAY = timedelta(minutes=10)
# Nobody takes over sooner after a lease has run out: its holder may tell the time by another clock.
CLOCKS_APART = 2 * workers.CLOCKS_APART
CAPABILITIES_EVERY = timedelta(days=1)
SUBSCRIPTIONS_EVERY = timedelta(hours=1)
# After so many failures in a row nothing is asked for a while: longer each time.
OPENS_AFTER = 3
CLOSED_MOST_S = 300.0

Agenda = dict[str, datetime | None]
"""When each kind of work for a channel falls due; None: there is none of it."""


class Lane:
    """One channel's lane, in the hands of one worker.

    `exclusive`: nobody else can work on this database (SQLite, whose directory is locked), so a lease that a dead process left behind
    is taken over at once. `public_url`: where messages can reach us; None: the channel is polled alone.
    """

    def __init__(
        self,
        database: Database,
        keys: Keys,
        channel_id: str,
        *,
        holder: str,
        exclusive: bool,
        public_url: str | None = None,
        transport: Any = None,
    ) -> None:
        self.database = database
        self.keys = keys
        self.channel_id = channel_id
        self.holder = holder
        self.exclusive = exclusive
        self.public_url = public_url
        self._transport = transport
        self._channel: Channel | None = None
        self._opened = 0  # the version of the channel that the adapter was made for
        self._lease_until: datetime | None = None
        # Until when a former holder may have sent something; what it had stored is still to be taken over.
        self._to_adopt: datetime | None = None
        self._asked = 0  # requests in this step
        self._clock = Clock()  # what time the shop says it is
        self._measured = 0  # how often our own clock had jumped when that was written down
        self.cause = Cause(f"channel:{channel_id}")

    def step(self) -> datetime | None:
        """Do what is due, and say when to come again (None: this channel is over).

        Raises: DatabaseUnavailable.
        """
        now = chance.now()
        self._asked = 0
        agenda: Agenda | None
        stand, can, agenda = self.database.look(_stand, self.channel_id)
        if stand["status"] == "disconnected":
            self._say_goodbye(stand)
            return None
        if stand["holder"] != self.holder or stand["lease_until"] is None or stand["lease_until"] - now < RENEW_BEFORE:
            taken = self.database.run(_lease, self.channel_id, self.holder, exclusive=self.exclusive)
            if taken is None:  # somebody else works for it
                return max(now + A_MOMENT, min(now + RENEW_BEFORE, (stand["lease_until"] or now) + CLOCKS_APART))
            stand |= taken
            if taken["adopted_from"] is not None:
                self._to_adopt, agenda = taken["adopted_from"], None
        self._lease_until = stand["lease_until"]
        if stand["refused"] is not None and not _asked_again(stand, now):
            return now + IDLE
        closed_until: datetime | None = stand["open_until"]
        if can is None and closed_until is not None and closed_until > now:
            return min(closed_until, now + IDLE)
        self._note_clock(stand)
        channel = self._open(stand["version"])
        try:
            if can is None or _is_due(stand["capabilities_due_at"], now):
                stand |= self._ask(channel)
                can, agenda = Capabilities.from_json(stand["capabilities"]), None
            pen = Pen(self.channel_id, stand["fence"], stand["epoch"], can)
            if self._to_adopt is not None:
                self.database.run(fence.adopted, pen, since=self._to_adopt)
                self._to_adopt, agenda = None, None
            agenda = agenda or self._agenda()
            if closed_until is not None and closed_until > now:
                if _is_due(agenda["inbox"], now):
                    inbox.handle(self.database, self.keys, channel, pen, ask_from=closed_until)  # what it tells us needs no asking
                return min(closed_until, now + IDLE)
            again = self._work(channel, pen, stand, agenda)
        except LeaseLost as error:
            log.warning("a lane changed hands", channel=self.channel_id, reason=str(error))
            return now + RENEW_BEFORE
        except ChannelError as error:
            name = str(stand["name"])
            # What was asked before this was answered: then it isn't the shop that can't be reached.
            alone, version = self._asked <= 1, self._opened
            until: datetime = self.database.run(_failed, self.channel_id, name, error, alone=alone, version=version, cause=self.cause)
            return until
        # What a person mended meanwhile counts as none, and was told all the same.
        if (stand["failures"] or stand["last_error"]) and self.database.run(_works_again, self.channel_id, cause=self.cause):
            return chance.now()
        return again

    def close(self) -> None:
        """Let go of the connection; the lease is handed over at once."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _say_goodbye(self, stand: dict[str, Any]) -> None:
        """The connection is over: nothing shall be sent to us any more. What can't be taken away there does no harm here."""
        if self.public_url is not None and stand["capabilities"] is not None:
            try:
                self._open(stand["version"]).unsubscribe()
            except ChannelError as error:
                log.warning("subscriptions couldn't be taken away", channel=self.channel_id, reason=str(error))
        self.close()

    def hand_over(self) -> None:
        """Nobody has to wait for our lease: nothing of ours is under way."""
        self.close()
        self.database.run(_hand_over, self.channel_id, self.holder)

    # What there is to do

    def _work(self, channel: Channel, pen: Pen, stand: dict[str, Any], agenda: Agenda) -> datetime:
        now = chance.now()
        received = () if _is_silent(stand) else channel.receive()
        if received:
            self.database.run(_keep_received, self.keys, self.channel_id, channel, received)
            channel.acknowledge(received)
        if stand["status"] == "leaving":
            if self.database.run(connections.left, self.channel_id, cause=self.cause):
                return now
            agenda = self._agenda()  # it may want a poll at once
        agenda = _permitted(stand, agenda)
        due = {what for what, at in agenda.items() if at is not None and at <= now}
        handled = inbox.handle(self.database, self.keys, channel, pen) if "inbox" in due or received else 0
        # Before anything is written: a shop that takes no writes may well say what it sold.
        if "poll" in due:
            poll.poll(self.database, channel, pen)
        pushing = Pushing(self.database, channel, pen, live=_is_written(stand))
        did = bool(due & {"write", "read", "change"}) and pushing.step(due)
        if pushing.failed is not None:
            raise pushing.failed
        if "parcel" in due:
            self._tell(channel)
        if "unpaid" in due:
            poll.reread_unpaid(self.database, channel, pen)
        if "listings" in due:
            self._list(channel, pen)
            return now
        if "subscriptions" in due:
            self._subscribe(channel, pen, stand)
        if "reconcile" in due:
            reconcile.step(self.database, channel, pen)
        if received and handled:  # there may be more of that
            return now
        if did or handled or due & {"poll", "parcel", "unpaid", "subscriptions", "reconcile"}:
            return self._again()
        # What is due and couldn't be done (an open write stands before it) isn't asked for again at once.
        return _first_of(agenda, now, least=A_MOMENT)

    def _again(self) -> datetime:
        """When to come again after something was done: at once where that made something due, and no step is taken only to find out."""
        stand, _, agenda = self.database.look(_stand, self.channel_id)
        now = chance.now()
        if stand["status"] == "leaving":  # it may be over by now
            return now
        return _first_of(_permitted(stand, agenda), now)

    def _agenda(self) -> Agenda:
        """What there is to do, after something that may have changed it."""
        _, _, agenda = self.database.look(_stand, self.channel_id)
        return agenda

    def _ask(self, channel: Channel) -> dict[str, Any]:
        """What the connected shop can do, and what of its set-up weakens the promise."""
        can = channel.capabilities()
        try:
            return self.database.run(_keep_capabilities, self.channel_id, can, cause=self.cause)
        except Refusal as error:
            raise NoUse(error.code, error.detail) from error

    def _list(self, channel: Channel, pen: Pen) -> None:
        """Bring in what is on sale. It may take the shop a while to say it all: that is no reason to keep orders and writes waiting."""
        try:
            poll.bring_in_listings(self.database, channel, pen)
        except TryLater as error:
            if not error.limited:
                raise
            self.database.run(_later, self.channel_id, "listings_due_at", chance.now() + timedelta(seconds=error.after_s or 10.0))

    def _subscribe(self, channel: Channel, pen: Pen, stand: dict[str, Any]) -> None:
        if pen.can.subscribes and self.public_url is not None:
            url = f"{self.public_url.rstrip('/')}/webhooks/{self.channel_id}"
            try:
                found = channel.subscribe(url)
            except TryLater as error:
                again_at = chance.now() + timedelta(seconds=max(60.0, error.after_s or 0.0))  # nothing else waits for it
                self.database.run(signals.not_subscribed, stand, str(error), again_at=again_at)
                raise
            if found.changed:
                log.info("subscriptions were put right", channel=self.channel_id, changed=list(found.changed))
            self.database.run(signals.subscribed, stand, url, found.topics, found.changed)
        self.database.run(_later, self.channel_id, "subscriptions_due_at", chance.now() + SUBSCRIPTIONS_EVERY)

    def _tell(self, channel: Channel) -> None:
        """Shipments that the channel has yet to be told of."""
        for notice in self.database.look(notices.due, self.channel_id, 20):
            try:
                channel.ship(_parcel(notice["parcel"]))
            except TryLater as error:
                wait = timedelta(seconds=error.after_s or min(3600.0, 30.0 * 2.0 ** min(notice["attempts"], 7)))
                self.database.run(notices.put_off, notice["id"], str(error), chance.now() + wait)
                raise
            except NoUse as error:
                if error.code in ("credentials", "scope"):
                    raise
                self.database.run(notices.park, notice, str(error), cause=self.cause)
            else:
                self.database.run(notices.done, notice["id"], cause=self.cause)

    # The adapter

    def _open(self, version: int) -> Channel:
        """The adapter; made anew when its settings or credentials changed."""
        if self._channel is None or self._opened != version:
            self.close()
            row = self.database.look(channels.get, self.channel_id)
            self._channel = registry.open_channel(
                row,
                ChannelVault(self.database, self.keys, row),
                transport=self._transport,
                guard=self._guard,
                clock=self._clock,
            )
            self._opened = row["version"]
        return self._channel

    def _note_clock(self, lane: dict[str, Any]) -> None:
        """How far our clock is from the shop's: written where it moved, and measured anew after ours had jumped."""
        ahead, measured = self._clock.ahead, self._clock.anew
        if ahead is not None and (measured != self._measured or signals.clock_moved(lane, ahead)):
            self._measured = measured
            self.database.run(signals.note_clock, self.channel_id, ahead)

    def _guard(self) -> None:
        """Called before each request leaves: a lease that ends before the request could is no lease."""
        self._asked += 1
        if self._lease_until is None or self._lease_until < chance.now() + timedelta(seconds=DEADLINE_S):
            until = self.database.run(_renew, self.channel_id, self.holder)
            if until is None:
                raise LeaseLost(f"lane {self.channel_id} changed hands")
            self._lease_until = until


def _is_written(stand: Mapping[str, Any]) -> bool:
    return stand["status"] in ("live", "leaving")


def _is_silent(stand: Mapping[str, Any]) -> bool:
    """A store that may have gone back in time, or may be a copy, changes nothing there: it takes no messages from a queue, tells of no
    parcels, and doesn't ask for webhooks."""
    return stand["recovering_since"] is not None and stand["status"] != "live"


def _permitted(stand: Mapping[str, Any], agenda: Agenda) -> Agenda:
    """What of it may be done, as the channel and the store stand."""
    waits = (() if _is_written(stand) else ("change", "reconcile")) + (("parcel", "subscriptions") if _is_silent(stand) else ())
    return {what: at for what, at in agenda.items() if what not in waits}


def _first_of(agenda: Agenda, now: datetime, *, least: timedelta = timedelta()) -> datetime:
    """When the first of it falls due, and no sooner than `least` from now."""
    return min([now + IDLE, *(max(at, now + least) for at in agenda.values() if at is not None)])


def _parcel(kept: dict[str, Any]) -> Parcel:
    lines = [ShipLine(**line) for line in kept["lines"]]
    return Parcel(**kept | {"lines": lines, "shipped_at": datetime.fromisoformat(kept["shipped_at"])})


def _is_due(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _asked_again(lane: dict[str, Any], now: datetime) -> bool:
    """A shop that refused us is asked again now and then: a person may have put it right there."""
    return _is_due(lane["open_until"], now)


def _lease(session: Session, channel_id: str, holder: str, *, exclusive: bool) -> dict[str, Any] | None:
    """Take the lane, or keep it. None: somebody else has it. `adopted_from`: until when its former holder may have sent something."""
    now = chance.now()
    if kept := session.rows(_keep, {"channel_id": channel_id, "holder": holder, "now": now, "until": now + LEASE}):
        return kept[0] | {"adopted_from": None}
    (row,) = session.find(channels.lanes, columns=["holder", "fence", "lease_until"], channel_id=channel_id, lock=True)
    held = row["holder"] not in (None, holder) and row["lease_until"] is not None
    if held and row["lease_until"] + CLOCKS_APART > now and not exclusive:
        return None
    adopted_from = now if exclusive or row["lease_until"] is None else min(now, row["lease_until"] + CLOCKS_APART)
    # While nobody worked for it messages may have been lost, and there are shops that send none twice: its orders are read at once.
    taken = {"holder": holder, "fence": row["fence"] + 1, "lease_until": now + LEASE, "poll_due_at": now}
    if row["lease_until"] is not None and row["lease_until"] < now - AWAY:
        taken["reconcile_due_at"] = now
    channels.change_lane(session, channel_id, **taken)
    return row | taken | {"adopted_from": adopted_from}


def _renew(session: Session, channel_id: str, holder: str) -> datetime | None:
    now = chance.now()
    kept = session.rows(_keep, {"channel_id": channel_id, "holder": holder, "now": now, "until": now + LEASE})
    return kept[0]["lease_until"] if kept else None


def died(session: Session, worker: str) -> None:
    """The process of this worker is known to be gone: it is counted in no more, and whoever takes over doesn't wait for its leases. What it
    had stored may have been sent until now."""
    workers.leave(session, worker)
    session.change(channels.lanes, {"lease_until": chance.now() - CLOCKS_APART}, holder=worker)


def _hand_over(session: Session, channel_id: str, holder: str) -> None:
    if channels.lane(session, channel_id)["holder"] == holder:
        channels.change_lane(session, channel_id, holder=None, lease_until=chance.now())
        plans.wake(session, channel_id)


def _later(session: Session, channel_id: str, what: str, at: datetime) -> None:
    channels.change_lane(session, channel_id, **{what: at})


def _keep_capabilities(session: Session, channel_id: str, can: Capabilities, *, cause: Cause) -> dict[str, Any]:
    channels.keep_capabilities(session, channel_id, can.as_json(), can.account)
    channels.change_lane(session, channel_id, capabilities_due_at=chance.now() + CAPABILITIES_EVERY)
    row = channels.get(session, channel_id)
    lacks = [f"It lacks the permission {scope!r}." for scope in can.missing_scopes] + list(can.warnings)
    if not lacks:
        exceptions.clear(session, "shop_setup", channel_id, cause=cause)
    else:
        exceptions.raise_(
            session,
            "shop_setup",
            channel_id,
            severity="warning",
            title=f"{row['name']} isn't set up as it should be",
            advice=" ".join(lacks)[:2000],
            facts={"missing_scopes": list(can.missing_scopes)},
            channel_id=channel_id,
            cause=cause,
        )
    return row


def _keep_received(session: Session, keys: Keys, channel_id: str, channel: Channel, received: Any) -> None:
    for delivery in received:
        deliveries.keep(session, channel_id, **inbox.sealed(keys, channel, delivery))


def _failed(session: Session, channel_id: str, name: str, error: ChannelError, *, alone: bool, version: int, cause: Cause) -> datetime:
    """The circuit: failures in a row make it wait, longer each time. A refusal waits for a person.

    `alone`: nothing that was asked in the same step was answered.
    """
    now = chance.now()
    lane = channels.lane(session, channel_id)
    if isinstance(error, NoUse):
        if channels.get(session, channel_id)["version"] != version:
            return now  # its settings or what opens it were changed meanwhile: what was refused isn't what it is now
        until = now + timedelta(hours=1)
        channels.change_lane(session, channel_id, refused=error.code, open_until=until, last_error=str(error)[:500])
        exceptions.raise_(
            session,
            "channel_refused",
            channel_id,
            # While it is being connected somebody is looking anyway.
            severity="urgent" if channels.get(session, channel_id)["capabilities"] is not None else "warning",
            title=f"{name} refuses to talk to us",
            advice=str(error)[:1000],
            facts={"code": error.code},
            channel_id=channel_id,
            cause=cause,
        )
        return now + IDLE
    assert isinstance(error, TryLater)
    failures = (lane["failures"] if alone or error.limited else 0) + (0 if error.limited else 1)
    wait = error.after_s if error.after_s is not None else min(CLOSED_MOST_S, 2.0 ** min(failures, 9))
    until = now + timedelta(seconds=wait * (1 + 0.2 * chance.random().random()))
    changes: dict[str, Any] = {"failures": failures, "last_error": str(error)[:500], "open_until": until}
    channels.change_lane(session, channel_id, **changes)
    if failures == OPENS_AFTER * 2:  # for about a minute; after ten of them `domain/watch` makes it urgent
        exceptions.raise_(
            session,
            "channel_unreachable",
            channel_id,
            severity="warning",
            title=f"{name} can't be reached",
            advice=f"Tallystick keeps trying. What it shows stays as it is, and is covered. The last answer: {str(error)[:300]}",
            facts={"failures": failures},
            channel_id=channel_id,
            cause=cause,
        )
    return until


def _works_again(session: Session, channel_id: str, *, cause: Cause) -> bool:
    """Returns whether it is to be gone through now: whatever happened there meanwhile."""
    before = channels.lane(session, channel_id)
    long_gone: bool = before["refused"] is not None or before["failures"] >= OPENS_AFTER
    if long_gone:
        channels.ask_to_reconcile(session, channel_id)
    channels.change_lane(session, channel_id, failures=0, open_until=None, refused=None, last_error=None)
    exceptions.clear(session, "channel_refused", channel_id, cause=cause)
    exceptions.clear(session, "channel_unreachable", channel_id, cause=cause)
    return long_gone


_row, _lane = channels.channels.c, channels.lanes.c
_keep = Prepared(
    update(channels.lanes)
    .where(_lane.channel_id == given(_lane.channel_id), _lane.holder == given(_lane.holder))
    .where(_lane.lease_until >= given(_lane.lease_until, "now"))
    .values(lease_until=given(_lane.lease_until, "until"))
    .returning(_lane.fence, _lane.lease_until)
)
_w, _c, _n, _o = writes.writes.c, counters.counters.c, notices.notices.c, orders.orders.c
_opened = (
    select(
        func.min(_w.due_at).label("write"),
        func.min(case((_w.state == "settling", _w.settle_after))).label("settles"),
        # Nobody waits for its answer: a step ended in the middle of it.
        func.count(case((and_(_w.due_at.is_(None), or_(_w.state == "intent", _w.state == "unknown")), 1))).label("left"),
    )
    .where(writes.is_open(given(_w.channel_id)))
    .subquery()
)
# Behind an open write both wait, and its own time counts. Written so that each is the first of an index, however much there is.
_FIRST: Mapping[str, Select[Any]] = {
    "change": select(func.min(_c.due_at)).where(
        _c.channel_id == given(_c.channel_id), _c.due_at.is_not(None), _c.state == "active", _c.target.is_not(None), ~has_open_write()
    ),
    "read": select(func.min(_c.rebase_at)).where(
        _c.channel_id == given(_c.channel_id), _c.rebase_at.is_not(None), _c.sku_id.is_not(None), ~has_open_write()
    ),
    "parcel": select(func.min(_n.due_at)).where(_n.channel_id == given(_n.channel_id), text("notices.state = 'waiting'")),
    "unpaid": select(func.min(_o.hold_until)).where(_o.channel_id == given(_o.channel_id), recording.UNPAID),
    "inbox": deliveries.first_due,
}
_standing = Prepared(
    select(
        *(_row.id, _row.name, _row.status, _row.version, channels.capabilities_text),
        *(_lane.holder, _lane.lease_until, _lane.fence, _lane.failures, _lane.open_until, _lane.refused, _lane.last_error),
        *(_lane.settled_at, _lane.polled_at, _lane.poll_due_at, _lane.listings_due_at, _lane.subscriptions_due_at),
        *(_lane.capabilities_due_at, _lane.listed_at, _lane.reconcile_due_at, _lane.reconciling, _lane.clock_ahead_s),
        *(store.store.c.epoch, store.store.c.recovering_since),
        _opened,
        *(query.scalar_subquery().label(what) for what, query in _FIRST.items()),
    )
    .join_from(channels.channels, channels.lanes, _lane.channel_id == _row.id)
    .join(store.store, true())
    .join(_opened, true())
    .where(_row.id == given(_row.id, "channel_id"))
)


def _stand(session: Session, channel_id: str) -> tuple[dict[str, Any], Capabilities | None, Agenda]:
    """How a channel, its lane and the store stand; what it can do, if it has been asked; and what there is to do. Raises: NotFound."""
    rows = session.rows(_standing, {"channel_id": channel_id})
    if not rows:
        raise NotFound(f"No channel has the id {channel_id}.")
    (stand,) = rows
    can = Capabilities.from_text(stand["capabilities"]) if stand["capabilities"] is not None else None
    agenda: Agenda = {what: stand[what] for what in ("write", *_FIRST)}
    agenda |= {what: stand[f"{what}_due_at"] for what in ("poll", "listings", "subscriptions", "capabilities")}
    agenda["reconcile"] = reconcile.due_at(stand)
    settles, now = stand["settles"], chance.now()
    if settles is not None and can is not None:
        agenda["poll"] = poll.wanted_at(session, channel_id, can, stand)
    if stand["left"] or (settles is not None and stand["settled_at"] is not None and settles <= stand["settled_at"]):
        agenda["write"] = now
    if _is_due(agenda["unpaid"], now) and signals.clock_is_off(session):
        agenda["unpaid"] = None  # nobody knows whether its time has come
    return stand, can, agenda
