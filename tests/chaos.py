"""`make chaos`: two processes that serve and two that work, on one PostgreSQL, with shops and buyers; and every few seconds one of them is
killed, replaced as an upgrade does it, or stopped and woken up late. Afterwards nothing may be lost or doubled, and everything agrees.

It takes ten minutes; `make chaos ARGS="--seconds 60"` takes one. Only waits are shorter than in a real service: a lease is over after
6 seconds instead of 90, an unanswered request after 3 instead of 30, and what can't be known is waited out for 4 seconds instead of a
quarter of an hour. So what takes a real service hours to meet is met in minutes.
"""

import itertools
import os
import random
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.progress import Progress

from app import demo
from app.demo import shelf
from app.demo.market import Market
from app.demo.service import Service
from app.sandbox.score import Score
from app.settings import Settings
from tests.receiver import receiving
from tests.servers import OWNER_TOKEN, Server, postgres, until

QUICK = """
from dataclasses import replace
from datetime import timedelta

from app.channels import http, shopify, woocommerce_shop
from app.cli import app
from app.domain import fence, workers
from app.sync import lane, push

lane.LEASE, lane.RENEW_BEFORE, lane.IDLE, lane.CLOSED_MOST_S = timedelta(seconds=6), timedelta(seconds=4), timedelta(seconds=1), 0.5
lane.CLOCKS_APART = timedelta(seconds=1)
workers.BEAT, workers.GONE = timedelta(seconds=1), timedelta(seconds=4)
lane.DEADLINE_S = push.DEADLINE_S = 3.0
fence.READ_AGAIN_S = 2.0
http.Client.__init__.__defaults__ = (None, 2.5, *http.Client.__init__.__defaults__[2:])


def quicker(capabilities):
    return lambda its: replace(capabilities(its), poll_every_s=3.0, late_write_s=4.0)


woocommerce_shop.capabilities = quicker(woocommerce_shop.capabilities)
shopify.Shopify.capabilities = quicker(shopify.Shopify.capabilities)
app()
"""
# What our own API sells beside the shops: plenty of one, few of the other.
OWN = (shelf.PIECES[0].code, shelf.PIECES[4].code)


class Balancer:
    """What stands before several servers: hands each connection to the next of them that takes it."""

    def __init__(self, ports: list[int]) -> None:
        self._ports = itertools.cycle(ports)
        self._of = len(ports)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, name="balancer", daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listening.accept()
            except OSError:
                return
            for _ in range(self._of):
                with suppress(OSError):
                    theirs = socket.create_connection(("127.0.0.1", next(self._ports)), timeout=1.0)
                    theirs.settimeout(30.0)
                    ours.settimeout(30.0)
                    for pair in ((ours, theirs), (theirs, ours)):
                        threading.Thread(target=_pass_on, args=pair, daemon=True).start()
                    break
            else:
                ours.close()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


class Patient(Service):
    """Asks again, with the same key, until it has an answer. Only a refusal is one."""

    def _sent(self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]) -> Any:
        return self._until_answered(lambda: super(Patient, self)._sent(method, path, body, headers))

    def get(self, path: str, **query: Any) -> Any:
        return self._until_answered(lambda: super(Patient, self).get(path, **query))

    def _until_answered(self, ask: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 90.0
        while True:
            try:
                return ask()
            except (httpx.TransportError, httpx.HTTPStatusError) as error:
                refused = isinstance(error, httpx.HTTPStatusError) and error.response.status_code < 500
                # Somebody else is still at work on the same key: whoever that was may have been killed.
                busy = refused and error.response.status_code == 409 and "in_progress" in error.response.text  # type: ignore[union-attr]
                if (refused and not busy) or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)


@dataclass
class Figures:
    seconds: float = 0.0
    killed: int = 0
    replaced: int = 0
    stopped: int = 0
    orders: int = 0
    own_orders: int = 0
    units: int = 0
    events: int = 0
    repeated: int = 0
    oversold: tuple[int, int, int] = (0, 0, 0)
    settled_s: float = 0.0
    wrong: list[str] = field(default_factory=list)


class Chaos:
    """The processes, the shops, the buyers, and who kills."""

    def __init__(self, home: Path, database_url: str, seed: int, *, kinds: str = "shopify,woocommerce") -> None:
        self.dice = random.Random(seed)
        self.figures = Figures()
        shared = {"key_file": str(home / "key"), "allow_private_webhooks": "true", "owner_token": OWNER_TOKEN}
        self.serving, self.working = [], []
        for number in (1, 2):
            server = Server(home / f"serve-{number}", database_url=database_url, command=("-c", QUICK, "serve", "--no-work"), **shared)
            self.serving.append(server)
            worker = Server(home / f"work-{number}", database_url=database_url, **shared)
            worker.runs("-c", QUICK, "work", "--port", str(worker.port))
            self.working.append(worker)
        self.balancer = Balancer([each.port for each in self.serving])
        for each in (*self.serving, *self.working):
            each.knows(public_url=f"http://127.0.0.1:{self.balancer.port}")
        self.processes = [*self.serving, *self.working]
        settings = Settings(host="127.0.0.1", port=self.balancer.port, owner_token=SecretStr(OWNER_TOKEN), data_dir=home / "asks")
        self.service = Patient(settings, home / "asks.log")
        self.score = Score()
        self.stands = [shelf.Stand(index, kind) for index, kind in enumerate(shelf.kinds(kinds))]
        for stand in self.stands:
            self.score.watch(stand.shop, stand.sells())
        self._away: dict[int, tuple[float, Callable[[], None]]] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._acknowledged: list[tuple[str, str]] = []
        self._counted = 0
        self._failed: BaseException | None = None

    def run(self, seconds: float, say: Callable[[float], None] = lambda _: None) -> Figures:
        """Raises: whatever broke; what doesn't hold is in the figures."""
        with ExitStack() as stack:
            stack.callback(self.balancer.close)
            self.receiver = stack.enter_context(receiving())
            for each in self.processes:
                each.start()
                stack.callback(each.kill)
            for stand in self.stands:
                stand.site.open()
                stack.callback(stand.site.close)
            market = Market(self.service, self.stands, self.score, speed=6.0, faults=0.0)
            market.start()
            stack.callback(market.stop)
            endpoint = self.service.post("/v1/webhook-endpoints", {"url": self.receiver.url, "description": "Everything", "from": "oldest"})
            self.receiver.secret = endpoint["secret"]
            demo._open_shop(self.service, self.stands, market, self._over, Console(quiet=True))
            market.trade()
            buyers = [threading.Thread(target=self._buy, args=(number,), daemon=True) for number in range(3)]
            for buyer in buyers:
                buyer.start()
            began = time.monotonic()
            while (passed := time.monotonic() - began) < seconds:
                say(passed)
                self._strike()
                self._look()
                for failed in (market.failed, self._failed):
                    if failed is not None:
                        raise failed
                time.sleep(0.1)
            self._wake_all()
            market.stop()
            self._over.set()
            for buyer in buyers:
                buyer.join(100)
            self.figures.seconds = seconds
            self._judge()
        return self.figures

    # Who kills

    def _strike(self) -> None:
        """Every few seconds one of them, whoever it is."""
        now = time.monotonic()
        for number, (at, back) in list(self._away.items()):
            if now >= at:
                back()
                del self._away[number]
        if self.dice.random() > 0.1 / 2.5 or len(self._away) == len(self.processes):
            return
        number = self.dice.choice([each for each in range(len(self.processes)) if each not in self._away])
        process = self.processes[number]
        how = self.dice.choice(("killed", "replaced", "stopped", "stopped"))
        if how == "killed":
            process.kill()
            self.figures.killed += 1
            self._away[number] = now + self.dice.uniform(0.2, 2.0), lambda: process.start(wait=False)
        elif how == "replaced":
            process.stop()
            self.figures.replaced += 1
            self._away[number] = now, lambda: process.start(wait=False)
        else:
            os.kill(process.pid, signal.SIGSTOP)
            self.figures.stopped += 1
            # Every third sleeps for longer than its lease.
            self._away[number] = now + self.dice.choice((0.5, 3.0, 11.0)), lambda: os.kill(process.pid, signal.SIGCONT)

    def _wake_all(self) -> None:
        for _, back in self._away.values():
            back()
        self._away.clear()
        for each in self.processes:
            until(each.is_ready, within_s=60, what="all processes are back")

    # Who buys from us

    def _buy(self, buyer: int) -> None:
        dice = random.Random(self.dice.random())
        try:
            for number in itertools.count():
                if self._over.wait(dice.uniform(0.1, 0.8)):
                    return
                code, reference = dice.choice(OWN), f"own-{buyer}-{number}"
                draft = {"lines": [{"sku": code, "quantity": 1, "unit_price": {"amount": 2400, "currency": "EUR"}}], "reference": reference}
                try:
                    self.service.post("/v1/orders", draft)
                except httpx.HTTPStatusError as error:
                    if error.response.status_code != 409:
                        raise
                    continue  # there are none for us just now
                with self._lock:
                    self._acknowledged.append((reference, code))
        except BaseException as error:
            self._failed = error

    # What must hold

    def _look(self) -> None:
        with self._lock:
            bought, self._counted = self._acknowledged[self._counted :], len(self._acknowledged)
        self.score.look()
        for _, code in bought:
            self.score.sold_here(code, 1)

    def _judge(self) -> None:
        began = time.monotonic()
        with suppress(TimeoutError):
            until(lambda: not any(self._differs()), within_s=90, what="everything agrees")
        figures = self.figures
        figures.settled_s = time.monotonic() - began
        figures.wrong += self._differs()
        self._look()
        figures.oversold = (self.score.us, self.score.shops, self.score.people)
        figures.units = self.score.sold
        if self.score.us:
            figures.wrong.append(f"we oversold {self.score.us} units")
        if forged := self.receiver.asked - len(self.receiver.taken):
            figures.wrong.append(f"{forged} messages came with a wrong signature")
        checked = self.serving[0].run("check")
        if checked.returncode:
            figures.wrong.append(checked.stdout + checked.stderr)

    def _differs(self) -> list[str]:
        wrong = []
        stored = list(self.service.all("/v1/orders"))
        own = Counter(each["reference"] for each in stored if each["channel_id"] is None)
        acknowledged = {reference for reference, _ in self._acknowledged}
        if own != Counter(acknowledged):
            wrong.append(
                f"orders of our own: {len(acknowledged)} acknowledged, {own.total()} stored: {sorted(own - Counter(acknowledged))}"
            )
        for stand in self.stands:
            theirs = Counter(each["external_id"] for each in stored if each["channel_id"] == stand.channel_id)
            with stand.shop.lock:
                taken, truth = set(stand.shop.orders), dict(stand.shop.counters)
            if theirs != Counter(taken):
                wrong.append(f"{stand.name}: it has {len(taken)} orders, {theirs.total()} are recorded")
            for counter in self.service.all("/v1/counters", channel=stand.channel_id):
                shows = truth[counter["external_id"]]
                if counter["shown"] != shows or counter["write_id"] or counter["due_at"]:
                    wrong.append(f"{stand.name} shows {shows} of {counter['sku']}, believed {counter['shown']}, wanted {counter['target']}")
        events, delivered = {each["seq"] for each in self._events()}, [said["data"]["seq"] for _, said in self.receiver.taken]
        if missing := events - set(delivered):
            wrong.append(f"{len(missing)} of {len(events)} events weren't delivered, {min(missing)} the first")
        if open_now := list(self.service.all("/v1/exceptions", open="true", severity="urgent")):
            wrong.append(f"open: {[(each['cause'], each['title']) for each in open_now]}")
        figures = self.figures
        figures.orders, figures.own_orders, figures.events = len(stored), len(acknowledged), len(events)
        figures.repeated = len(delivered) - len(set(delivered))
        return wrong

    def _events(self) -> Iterator[dict[str, Any]]:
        after: Any = 0
        while page := self.service.get("/v1/events", after=after, limit=200)["items"]:
            yield from page
            after = page[-1]["seq"]


def main(
    seconds: Annotated[float, typer.Option(help="For how long they are killed.")] = 600.0,
    seed: Annotated[int | None, typer.Option(help="Chooses the same victims again, if not the same moments.")] = None,
    shops: Annotated[str, typer.Option(help="Which shops, by commas.")] = "shopify,woocommerce,shopify",
) -> None:
    """Kill and stop processes at random while they trade, and see that nothing is lost, doubled or oversold; if it is, leave with 1."""
    console = Console()
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    console.print(f"Seed {seed}. Two processes serve, two work; one of them dies or sleeps every few seconds.")
    with postgres(durable=True) as server, tempfile.TemporaryDirectory() as folder, Progress(console=console) as progress:
        task = progress.add_task("killing", total=seconds)
        chaos = Chaos(Path(folder), server.url_for_new_database(), seed, kinds=shops)
        figures = chaos.run(seconds, lambda passed: progress.update(task, completed=passed))
    it = figures
    console.print(
        f"{it.killed} killed, {it.replaced} replaced, {it.stopped} stopped in {it.seconds:.0f} s. {it.orders} orders, {it.own_orders} of "
        f"them our own, {it.units} units; {it.events} events, {it.repeated} of them delivered again. Oversold: by us {it.oversold[0]}, by "
        f"shops {it.oversold[1]}, by people {it.oversold[2]}. All agreed after {it.settled_s:.0f} s.",
        soft_wrap=True,
    )
    for each in figures.wrong:
        console.print(f"[red]{each}[/red]", soft_wrap=True)
    raise typer.Exit(bool(figures.wrong))


if __name__ == "__main__":
    typer.run(main)
