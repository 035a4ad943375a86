"""What is measured: a server with one route more, a shop with stock, and the orders that are sent to it."""

import random
from typing import Any

from fastapi import FastAPI

from tests.servers import Server
from tests.trade import order, stock

MANY = [f"MUG-{number:04d}" for number in range(1_000)]
HOT, SOLD_OUT = "HOT", "SOLD-OUT"
PLENTY = 1_000_000


def serve() -> None:
    """`tallystick serve`, where `POST /bench/echo` also takes an order, validates it, and does nothing.

    The route lies behind the same middleware in the same process: it says what the HTTP side alone could do.
    """
    import app.main
    from app.api.orders import OrderIn
    from app.cli import app as commands

    create_app = app.main.create_app

    def with_echo(*args: Any, **kwargs: Any) -> FastAPI:
        application = create_app(*args, **kwargs)

        @application.post("/bench/echo", status_code=201)
        async def echo(body: OrderIn) -> dict[str, int]:
            return {"lines": len(body.lines)}

        # The first to be matched, as orders are among the product's own: the ratio isn't about finding the route.
        application.router.routes.insert(0, application.router.routes.pop())
        return application

    app.main.create_app = with_echo
    commands(["serve"])


def open_shop(server: Server) -> None:
    """A thousand SKUs with plenty of each, a hot one, and one that is sold out."""
    for begin in range(0, len(MANY), 100):
        stock(server, PLENTY, *MANY[begin : begin + 100])
    stock(server, PLENTY, HOT)
    stock(server, 0, SOLD_OUT)


def orders(kind: str, *, seed: int, count: int = 2_000) -> list[dict[str, Any]]:
    """`many`: two of a thousand SKUs. `hot`: one, and the hot one. `refused`: three in four ask in vain."""
    dice = random.Random(seed)

    def one(number: int) -> dict[str, Any]:
        if kind == "hot":
            return order(dice.choice(MANY), HOT)
        if kind == "refused" and number % 4:
            return order(dice.choice(MANY), SOLD_OUT)
        return order(*dice.sample(MANY, 2))

    return [one(number) for number in range(count)]


if __name__ == "__main__":
    serve()
