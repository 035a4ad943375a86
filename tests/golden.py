"""The golden table: what an order that stands like this does to the books.

Each case tells a shop's story in neutral words, step by step, with the books as they must be after each. The figures are worked out by
hand from DESIGN section 3, never by running the code. The domain's tests play the stories from snapshots made by hand, in two dialects;
the adapters' tests play them in the sandbox shops.

- A shop that *keeps* counts down when an order is placed, and never forgets what a line once said (Shopify).
- A shop that *rewrites* counts down when an order is paid, holds units back for those that aren't, and writes a new quantity over the
  old one (WooCommerce).

Where the two leave different books, the step says both. What a marketplace has no way of saying is declared with its reason.

Unless a case says otherwise there are 10 mugs on the shelf in the STUDIO, of which 4 are on offer in the shop: 6 available, 4 allotted.
A counter that the shelf can cover has exactly what it offers: what more it is given is released, what it lacks is repaid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

Dialect = Literal["keeps", "rewrites"]
PRICE: Final = 1000

# The books


@dataclass(frozen=True)
class Line:
    """Figures of an order's line, in units of its SKU. What isn't wanted any more and never left is cancelled."""

    ordered: int
    cancelled: int = 0
    shipped: int = 0
    committed: int = 0  # promised from somewhere, paid or not
    short: int = 0


@dataclass(frozen=True)
class Level:
    """Units of a SKU by state."""

    available: int = 0
    allotted: int = 0
    reserved: int = 0
    committed: int = 0


@dataclass(frozen=True)
class Offer:
    """A counter: what it may still sell, in its own units, and the units of the SKU behind it.

    `uncounted`: held for unpaid orders by a shop that counts down when they are paid; there it shows so many more than it offers. `shown`
    is said where it is below zero.
    """

    on_offer: int
    allotment: int
    uncounted: int = 0
    shown: int | None = None

    def showing(self, dialect: Dialect) -> tuple[int, int]:
        """What it shows, and what of that is held."""
        held = self.uncounted if dialect == "rewrites" else 0
        return (self.on_offer if self.shown is None else self.shown) + held, held


@dataclass(frozen=True)
class Books:
    """`None` for the status: no order is recorded. `open` are the causes of exceptions that wait for somebody."""

    status: str | None
    total: int
    lines: Mapping[str, Line | tuple[Line, ...]]
    levels: Mapping[str, Level]  # by SKU, or SKU@LOCATION
    offers: Mapping[str, Offer]
    open: frozenset[str]
    order: Mapping[str, Any]


def books(status: str | None, total: int = 0, *open: str, order: Mapping[str, Any] | None = None, **figures: Any) -> Books:
    """`a=Line(…)` for lines (several, in the order of their SKUs, for a bundle), `MUG=Level(…)`, `mug=Offer(…)`."""
    named = {name.replace("__", "@"): figure for name, figure in figures.items()}
    return Books(
        status,
        total,
        {name: figure for name, figure in named.items() if isinstance(figure, Line | tuple)},
        {name: figure for name, figure in named.items() if isinstance(figure, Level)},
        {name: figure for name, figure in named.items() if isinstance(figure, Offer)},
        frozenset(open),
        order or {},
    )


# The stories


@dataclass(frozen=True)
class Article:
    """Something on sale in the shop. `parts`: what a person said that it consists of; None: its code says it."""

    name: str
    sku: str
    shows: int = 4
    parts: Mapping[str, int] | None = None
    shares: str | None = None  # the counter of another article
    tracked: bool = True
    ships: bool = True
    fulfilled_by_channel: bool = False


@dataclass(frozen=True)
class Step:
    """What happens in the shop, or with us. Not `heard`: no word of it reaches us before the next step's does."""

    what: str
    details: Mapping[str, Any] = field(default_factory=dict)
    then: Books | None = None
    rewrites: Books | None = None  # where such a shop leaves other books
    heard: bool = True

    def leads_to(self, then: Books, *, rewrites: Books | None = None) -> Step:
        return replace(self, then=then, rewrites=rewrites)

    def books(self, dialect: Dialect) -> Books | None:
        return self.rewrites if dialect == "rewrites" and self.rewrites is not None else self.then

    @property
    def unheard(self) -> Step:
        return replace(self, heard=False)


@dataclass(frozen=True)
class Case:
    name: str
    steps: tuple[Step, ...]
    articles: tuple[Article, ...] = (Article("mug", "MUG"),)
    stock: Mapping[str, int] = field(default_factory=lambda: {"MUG": 10})  # by SKU, or SKU@LOCATION
    currency: str = "EUR"
    # Why it can't be told there: by dialect, by kind of channel, or ("shopify polled") by kind where it sends us no messages.
    not_in: Mapping[str, str] = field(default_factory=dict)

    @property
    def places(self) -> list[str]:
        """The locations that the shop sells from, in order."""
        return list(dict.fromkeys(name.partition("@")[2] or "STUDIO" for name in self.stock))

    def __str__(self) -> str:
        return self.name.replace(" ", "_")


def placed(paid: bool = True, *, test: bool = False, address: str = "given", **lines: tuple[float, str]) -> Step:
    """Somebody buys: lines by name, as (how many, of what)."""
    return Step("placed", {"paid": paid, "test": test, "address": address, "lines": lines})


def pays() -> Step:
    return Step("pays")


def payment_fails() -> Step:
    return Step("payment_fails")


def set_back() -> Step:
    """The shopkeeper sets a paid order back to waiting for its payment."""
    return Step("set_back")


def cancels(*, restock: bool = True) -> Step:
    return Step("cancels", {"restock": restock})


def refunds(*, restock: bool, **units: int) -> Step:
    return Step("refunds", {"restock": restock, "units": units})


def edits(**units: int) -> Step:
    """The shopkeeper writes another quantity."""
    return Step("edits", {"units": units})


def removes(line: str) -> Step:
    return Step("removes", {"line": line})


def exchanges(line: str, **new: tuple[float, str]) -> Step:
    """One line out, another one in, in one go."""
    return Step("exchanges", {"line": line, "new": new})


def ships_there(**units: int) -> Step:
    """The shopkeeper marks units as sent on the channel; without figures, all that are left."""
    return Step("ships_there", {"units": units})


def takes_parcel_back() -> Step:
    """The parcel didn't leave after all, says the shopkeeper on the channel."""
    return Step("takes_parcel_back")


def deletes() -> Step:
    return Step("deletes")


def shows_address(how: str) -> Step:
    """The order changes, and its address is given, or withheld from us."""
    return Step("shows_address", {"address": how})


def late() -> Step:
    """The first message of all arrives, or arrives once more."""
    return Step("late")


def hears() -> Step:
    """What we hadn't heard of arrives."""
    return Step("hears")


def lapses() -> Step:
    """The time that an unpaid order is held for runs out, and it is read again."""
    return Step("lapses")


def we_ship(**units: int) -> Step:
    return Step("we_ship", {"units": units})


def we_cancel() -> Step:
    """Somebody asks our API to cancel it."""
    return Step("we_cancel")


def we_map(article: str, **parts: int) -> Step:
    """A person says what an article consists of; nothing: it is never stock."""
    return Step("we_map", {"article": article, "parts": parts})


def we_receive(sku: str, units: int, *, source: str = "supplier") -> Step:
    return Step("we_receive", {"sku": sku, "units": units, "source": source})


# Reasons that several cases share.
_NO_PARCELS: Final = "WooCommerce's own pages know no parcels: an order has left whole, or not at all."
_ALWAYS_COUNTS: Final = "Shopify has no such state: it counts down at placement, whether the payment is there, waits or fails."
_NO_POLL: Final = "No list of Shopify's shows an order that was deleted: only a message says so."
_ONE_NUMBER: Final = "Each of Shopify's variants has a number of its own."

_NO_EDITS: Final = "An order on Etsy can't be edited: it is canceled, and placed anew."
_MONEY_ALONE: Final = "A refund on Etsy is money, and says nothing of units."
_NO_TESTS: Final = "Etsy has no test orders."
_WHOLE_ORDERS: Final = "Etsy knows no parts of an order: it has left whole, or not at all."
_NEVER_SAID: Final = "Etsy doesn't say whether units are back: they are kept for it until the listing was read."
_NEVER_BEYOND: Final = "Etsy sells nothing beyond what it shows."

_EBAY_NO_EDITS: Final = "An order on eBay can't be edited: it is cancelled, and placed anew."
_EBAY_KEEPS: Final = "eBay puts nothing back on sale when an order is cancelled or refunded."
_EBAY_MONEY: Final = "A refund on eBay is money, and says nothing of units."
_EBAY_NEVER_BEYOND: Final = "eBay sells nothing beyond what it shows."
_EBAY_NO_TESTS: Final = "eBay has no test orders."
_EBAY_ONE_WAY: Final = "A shipment can't be taken back on eBay."

_CUPS: Final = {"MUG": 10, "CUP": 5}
_MUG_AND_CUP: Final = (Article("mug", "MUG"), Article("cup", "CUP", shows=2))

# After 2 of the 4 were sold.
_TWO_SOLD: Final = books("open", 2000, a=Line(2, committed=2), MUG=Level(6, 2, committed=2), mug=Offer(2, 2))
_TWO_UNPAID: Final = books("open", 2000, a=Line(2, committed=2), MUG=Level(6, 2, reserved=2), mug=Offer(2, 2, uncounted=2))
_TWO_SENT: Final = books("shipped", 2000, a=Line(2, shipped=2), MUG=Level(6, 2), mug=Offer(2, 2))
_NONE_WANTED: Final = books("cancelled", 2000, a=Line(2, cancelled=2), MUG=Level(6, 4), mug=Offer(4, 4))
# The shop doesn't offer them any more: they are free.
_NONE_WANTED_OR_BACK: Final = books("cancelled", 2000, a=Line(2, cancelled=2), MUG=Level(8, 2), mug=Offer(2, 2))

CASES: Final = (
    # Placed and paid
    Case("paid at once", (placed(a=(2, "mug")).leads_to(_TWO_SOLD),)),
    Case("paid later", (placed(False, a=(2, "mug")).leads_to(_TWO_UNPAID), pays().leads_to(_TWO_SOLD))),
    Case(
        "unpaid for ever, and paid after all",
        (
            placed(False, a=(2, "mug")).leads_to(_TWO_UNPAID),
            # Its units are free. Who counted them down at placement doesn't offer them; who didn't, offers them again.
            lapses().leads_to(
                books("open", 2000, a=Line(2), MUG=Level(8, 2), mug=Offer(2, 2)),
                rewrites=books("open", 2000, a=Line(2), MUG=Level(6, 4), mug=Offer(4, 4)),
            ),
            pays().leads_to(_TWO_SOLD),
        ),
    ),
    Case(
        "unpaid and cancelled",
        (placed(False, a=(2, "mug")).leads_to(_TWO_UNPAID), cancels().leads_to(_NONE_WANTED)),
        not_in={"ebay": _EBAY_KEEPS},
    ),
    Case(
        "payment failed, and paid after all",
        (
            placed(False, a=(2, "mug")).leads_to(_TWO_UNPAID),
            # What was counted down stays so: a failed payment gives nothing back. What never was is on offer again.
            payment_fails().leads_to(_NONE_WANTED_OR_BACK, rewrites=_NONE_WANTED),
            pays().leads_to(_TWO_SOLD),
        ),
        not_in={
            "memory": "A payment at a stall comes, or it doesn't.",
            "ebay": "An order on eBay whose payment fails stays unpaid, and says no more.",
            "etsy": "An order on Etsy whose payment fails is canceled, and that is all.",
            "shopify": _ALWAYS_COUNTS,
        },
    ),
    Case(
        "set back to unpaid",
        (placed(a=(2, "mug")).leads_to(_TWO_SOLD), set_back().leads_to(_TWO_UNPAID), pays().leads_to(_TWO_SOLD)),
        not_in={"shopify": "What Shopify was once paid stays paid, or is refunded.", "keeps": "Its payments are never taken back."},
    ),
    # Edited
    Case(
        "edited up",
        (
            placed(a=(1, "mug")).leads_to(books("open", 1000, a=Line(1, committed=1), MUG=Level(6, 3, committed=1), mug=Offer(3, 3))),
            edits(a=3).leads_to(books("open", 3000, a=Line(3, committed=3), MUG=Level(6, 1, committed=3), mug=Offer(1, 1))),
        ),
        not_in={"ebay": _EBAY_NO_EDITS, "etsy": _NO_EDITS},
    ),
    Case(
        "edited up beyond what is on offer",
        (
            placed(a=(3, "mug")).leads_to(books("open", 3000, a=Line(3, committed=3), MUG=Level(6, 1, committed=3), mug=Offer(1, 1))),
            # Nobody looks at the number when an order is edited: it falls below zero, and the units come from what is free.
            edits(a=5).leads_to(books("open", 5000, a=Line(5, committed=5), MUG=Level(5, 0, committed=5), mug=Offer(0, 0, shown=-1))),
        ),
        not_in={"ebay": _EBAY_NO_EDITS, "etsy": _NO_EDITS},
    ),
    Case(
        "edited down",
        (
            placed(a=(3, "mug")).leads_to(books("open", 3000, a=Line(3, committed=3), MUG=Level(6, 1, committed=3), mug=Offer(1, 1))),
            edits(a=1).leads_to(
                books("open", 3000, a=Line(3, cancelled=2, committed=1), MUG=Level(6, 3, committed=1), mug=Offer(3, 3)),
                # It asks for less from then on.
                rewrites=books("open", 1000, a=Line(3, cancelled=2, committed=1), MUG=Level(6, 3, committed=1), mug=Offer(3, 3)),
            ),
        ),
        not_in={"ebay": _EBAY_NO_EDITS, "etsy": _NO_EDITS},
    ),
    Case(
        "a line removed",
        (
            placed(a=(1, "mug"), b=(1, "cup")).leads_to(
                books(
                    "open",
                    2000,
                    a=Line(1, committed=1),
                    b=Line(1, committed=1),
                    MUG=Level(6, 3, committed=1),
                    CUP=Level(3, 1, committed=1),
                    mug=Offer(3, 3),
                    cup=Offer(1, 1),
                )
            ),
            removes("b").leads_to(
                books(
                    "open",
                    2000,
                    a=Line(1, committed=1),
                    b=Line(1, cancelled=1),
                    MUG=Level(6, 3, committed=1),
                    CUP=Level(3, 2),
                    mug=Offer(3, 3),
                    cup=Offer(2, 2),
                ),
                rewrites=books(
                    "open",
                    1000,
                    a=Line(1, committed=1),
                    b=Line(1, cancelled=1),
                    MUG=Level(6, 3, committed=1),
                    CUP=Level(3, 2),
                    mug=Offer(3, 3),
                    cup=Offer(2, 2),
                ),
            ),
        ),
        _MUG_AND_CUP,
        _CUPS,
        not_in={"ebay": _EBAY_NO_EDITS, "etsy": _NO_EDITS},
    ),
    Case(
        "exchanged",
        (
            placed(a=(1, "mug")).leads_to(
                books(
                    "open",
                    1000,
                    a=Line(1, committed=1),
                    MUG=Level(6, 3, committed=1),
                    CUP=Level(3, 2),
                    mug=Offer(3, 3),
                    cup=Offer(2, 2),
                )
            ),
            exchanges("a", b=(2, "cup")).leads_to(
                books(
                    "open",
                    3000,
                    a=Line(1, cancelled=1),
                    b=Line(2, committed=2),
                    MUG=Level(6, 4),
                    CUP=Level(3, 0, committed=2),
                    mug=Offer(4, 4),
                    cup=Offer(0, 0),
                ),
                rewrites=books(
                    "open",
                    2000,
                    a=Line(1, cancelled=1),
                    b=Line(2, committed=2),
                    MUG=Level(6, 4),
                    CUP=Level(3, 0, committed=2),
                    mug=Offer(4, 4),
                    cup=Offer(0, 0),
                ),
            ),
        ),
        _MUG_AND_CUP,
        _CUPS,
        not_in={"ebay": _EBAY_NO_EDITS, "etsy": _NO_EDITS},
    ),
    # Cancelled and refunded
    Case(
        "cancelled, and put back on sale",
        (placed(a=(2, "mug")).leads_to(_TWO_SOLD), cancels().leads_to(_NONE_WANTED)),
        not_in={"ebay": _EBAY_KEEPS},
    ),
    Case(
        "cancelled, and not put back on sale",
        (placed(a=(2, "mug")).leads_to(_TWO_SOLD), cancels(restock=False).leads_to(_NONE_WANTED_OR_BACK)),
        not_in={"etsy": _NEVER_SAID},
    ),
    Case(
        "cancelled before we heard that it was placed",
        (placed(a=(2, "mug")).unheard, cancels().leads_to(_NONE_WANTED), late().leads_to(_NONE_WANTED)),
        not_in={"ebay": _EBAY_KEEPS},
    ),
    Case(
        "cancelled without putting back before we heard that it was placed",
        (placed(a=(2, "mug")).unheard, cancels(restock=False).leads_to(_NONE_WANTED_OR_BACK), late().leads_to(_NONE_WANTED_OR_BACK)),
        not_in={"etsy": _NEVER_SAID},
    ),
    Case(
        "cancelled by us",
        (
            placed(a=(2, "mug")).leads_to(_TWO_SOLD),
            # We only ask. Nothing is free before the channel says what it did.
            we_cancel().leads_to(replace(_TWO_SOLD, open=frozenset({"cancel_requested"}))),
            cancels().leads_to(_NONE_WANTED),
        ),
        not_in={"ebay": _EBAY_KEEPS},
    ),
    Case(
        "refunded whole, where we had asked for it to be cancelled",
        (
            placed(a=(2, "mug")).leads_to(_TWO_SOLD),
            we_cancel().leads_to(replace(_TWO_SOLD, open=frozenset({"cancel_requested"}))),
            refunds(restock=True, a=2).leads_to(_NONE_WANTED),
        ),
        not_in={"ebay": _EBAY_KEEPS, "etsy": _MONEY_ALONE},
    ),
    Case(
        "partly refunded, and put back on sale",
        (
            placed(a=(3, "mug")).leads_to(books("open", 3000, a=Line(3, committed=3), MUG=Level(6, 1, committed=3), mug=Offer(1, 1))),
            refunds(restock=True, a=1).leads_to(
                books("open", 3000, a=Line(3, cancelled=1, committed=2), MUG=Level(6, 2, committed=2), mug=Offer(2, 2))
            ),
        ),
        not_in={"ebay": _EBAY_MONEY, "etsy": _MONEY_ALONE},
    ),
    Case(
        "partly refunded, and not put back on sale",
        (
            placed(a=(3, "mug")).leads_to(books("open", 3000, a=Line(3, committed=3), MUG=Level(6, 1, committed=3), mug=Offer(1, 1))),
            refunds(restock=False, a=1).leads_to(
                books("open", 3000, a=Line(3, cancelled=1, committed=2), MUG=Level(7, 1, committed=2), mug=Offer(1, 1))
            ),
        ),
        not_in={"ebay": _EBAY_MONEY, "etsy": _MONEY_ALONE},
    ),
    Case(
        "put back on sale after it was sent",
        (
            placed(a=(2, "mug")).leads_to(_TWO_SOLD),
            ships_there().leads_to(_TWO_SENT),
            # Nothing has come back to the shelf, so what the shop offers again is repaid from what is free.
            refunds(restock=True, a=1).leads_to(books("shipped", 2000, a=Line(2, shipped=2), MUG=Level(5, 3), mug=Offer(3, 3))),
        ),
        not_in={"ebay": _EBAY_KEEPS, "etsy": _MONEY_ALONE},
    ),
    Case(
        "put back on sale after it was sent, with nothing left",
        (
            placed(a=(2, "mug")).leads_to(books("open", 2000, a=Line(2, committed=2), MUG=Level(0, 2, committed=2), mug=Offer(2, 2))),
            ships_there().leads_to(books("shipped", 2000, a=Line(2, shipped=2), MUG=Level(0, 2), mug=Offer(2, 2))),
            refunds(restock=True, a=1).leads_to(books("shipped", 2000, "excess", a=Line(2, shipped=2), MUG=Level(0, 2), mug=Offer(3, 2))),
            # The return arrives.
            we_receive("MUG", 1, source="customer").leads_to(
                books("shipped", 2000, a=Line(2, shipped=2), MUG=Level(0, 3), mug=Offer(3, 3))
            ),
        ),
        stock={"MUG": 4},
        not_in={"ebay": _EBAY_KEEPS, "etsy": _MONEY_ALONE},
    ),
    Case(
        "refunded after it was sent, and not put back on sale",
        (
            placed(a=(2, "mug")).leads_to(_TWO_SOLD),
            ships_there().leads_to(_TWO_SENT),
            refunds(restock=False, a=1).leads_to(_TWO_SENT),
        ),
    ),
    Case(
        "deleted",
        # Nobody says that anything was put back, so the shop doesn't offer it.
        (placed(a=(2, "mug")).leads_to(_TWO_SOLD), deletes().leads_to(_NONE_WANTED_OR_BACK)),
        not_in={
            "memory polled": "No list of a stall's shows an order that was deleted.",
            "ebay polled": "No list of eBay's says that an order isn't there any more.",
            "etsy": "No order is ever deleted on Etsy.",
            "shopify polled": _NO_POLL,
        },
    ),
    Case(
        "a test order deleted",
        (
            placed(test=True, a=(2, "mug")).leads_to(replace(_TWO_SOLD, order={"test": True})),
            deletes().leads_to(replace(_NONE_WANTED_OR_BACK, order={"test": True})),
        ),
        not_in={
            "memory polled": "No list of a stall's shows an order that was deleted.",
            "ebay": _EBAY_NO_TESTS,
            "etsy": _NO_TESTS,
            "shopify polled": _NO_POLL,
            "woocommerce": "WooCommerce has no test orders.",
        },
    ),
    # Shipped
    Case("sent by the channel's shopkeeper", (placed(a=(2, "mug")).leads_to(_TWO_SOLD), ships_there().leads_to(_TWO_SENT))),
    Case(
        "sent in two parcels",
        (
            placed(a=(3, "mug")).leads_to(books("open", 3000, a=Line(3, committed=3), MUG=Level(6, 1, committed=3), mug=Offer(1, 1))),
            ships_there(a=1).leads_to(
                books("open", 3000, a=Line(3, shipped=1, committed=2), MUG=Level(6, 1, committed=2), mug=Offer(1, 1))
            ),
            ships_there().leads_to(books("shipped", 3000, a=Line(3, shipped=3), MUG=Level(6, 1), mug=Offer(1, 1))),
        ),
        not_in={"etsy": _WHOLE_ORDERS, "woocommerce": _NO_PARCELS},
    ),
    Case(
        "sent in part, the rest cancelled",
        (
            placed(a=(3, "mug")).leads_to(books("open", 3000, a=Line(3, committed=3), MUG=Level(6, 1, committed=3), mug=Offer(1, 1))),
            ships_there(a=1).leads_to(
                books("open", 3000, a=Line(3, shipped=1, committed=2), MUG=Level(6, 1, committed=2), mug=Offer(1, 1))
            ),
            cancels().leads_to(books("shipped", 3000, a=Line(3, cancelled=2, shipped=1), MUG=Level(6, 3), mug=Offer(3, 3))),
        ),
        not_in={"ebay": _EBAY_KEEPS, "etsy": _WHOLE_ORDERS, "woocommerce": _NO_PARCELS},
    ),
    Case(
        "sent by us, and marked as sent there: once",
        (
            placed(a=(2, "mug")).leads_to(_TWO_SOLD),
            we_ship().leads_to(_TWO_SENT),
            ships_there().leads_to(_TWO_SENT),
        ),
    ),
    Case(
        "marked as sent there while we send it: once",
        (placed(a=(2, "mug")).leads_to(_TWO_SOLD), ships_there().unheard, we_ship().leads_to(_TWO_SENT), hears().leads_to(_TWO_SENT)),
    ),
    Case(
        "sent by the channel's shopkeeper before we saw it",
        (placed(a=(2, "mug")).unheard, ships_there().leads_to(_TWO_SENT), late().leads_to(_TWO_SENT)),
    ),
    Case(
        "a parcel that didn't leave after all",
        (
            placed(a=(2, "mug")).leads_to(_TWO_SOLD),
            ships_there().leads_to(_TWO_SENT),
            takes_parcel_back().leads_to(_TWO_SOLD),
            ships_there().leads_to(_TWO_SENT),
        ),
        not_in={"memory": "A stall takes no parcel back.", "ebay": _EBAY_ONE_WAY, "etsy": "What was once marked as sent stays so on Etsy."},
    ),
    Case(
        "a parcel of ours that the shopkeeper takes back there",
        # Whoever says that it left because he sent it knows better.
        (placed(a=(2, "mug")).leads_to(_TWO_SOLD), we_ship().leads_to(_TWO_SENT), takes_parcel_back().leads_to(_TWO_SENT)),
        not_in={"memory": "A stall takes no parcel back.", "ebay": _EBAY_ONE_WAY, "etsy": "What was once marked as sent stays so on Etsy."},
    ),
    # What was bought
    Case(
        "a test order",
        (
            placed(test=True, a=(2, "mug")).leads_to(replace(_TWO_SOLD, order={"test": True})),
            cancels().leads_to(replace(_NONE_WANTED, order={"test": True})),
        ),
        not_in={"ebay": _EBAY_NO_TESTS, "etsy": _NO_TESTS, "woocommerce": "WooCommerce has no test orders."},
    ),
    Case(
        "sent by the channel itself",
        (
            placed(a=(2, "mug")).leads_to(books("open", 2000, a=Line(2), MUG=Level(10), order={"fulfilled_by": "channel"})),
            ships_there().leads_to(books("shipped", 2000, a=Line(2, shipped=2), MUG=Level(10), order={"fulfilled_by": "channel"})),
        ),
        (Article("mug", "MUG", shows=4, fulfilled_by_channel=True),),
        not_in={
            "memory": "A stall sends nothing by itself.",
            "ebay": "What eBay sends itself isn't among the listings that its Inventory API shows.",
            "etsy": "Etsy sends nothing itself.",
            "shopify": "Shopify's fulfilment services aren't the channel's own stock.",
            "woocommerce": "WooCommerce sends nothing itself.",
        },
    ),
    Case(
        "no SKU stands for it, until somebody says which",
        (
            placed(a=(2, "mystery")).leads_to(books("open", 2000, "listing_unmapped", a=Line(2), MUG=Level(10))),
            we_map("mystery", MUG=1).leads_to(
                books("open", 2000, a=Line(2, committed=2), MUG=Level(6, 2, committed=2), mystery=Offer(2, 2))
            ),
        ),
        (Article("mystery", "WHAT"),),
    ),
    Case(
        "no SKU stands for an unpaid line, until somebody says which",
        (
            placed(False, a=(2, "mystery")).leads_to(books("open", 2000, "listing_unmapped", a=Line(2), MUG=Level(10))),
            we_map("mystery", MUG=1).leads_to(
                books("open", 2000, a=Line(2, committed=2), MUG=Level(6, 2, reserved=2), mystery=Offer(2, 2, uncounted=2))
            ),
            pays().leads_to(books("open", 2000, a=Line(2, committed=2), MUG=Level(6, 2, committed=2), mystery=Offer(2, 2))),
        ),
        (Article("mystery", "WHAT"),),
    ),
    Case(
        "sent before anybody said that it is a set of four",
        (
            placed(a=(1, "mystery")).leads_to(books("open", 1000, "listing_unmapped", a=Line(1), MUG=Level(10))),
            ships_there().leads_to(books("shipped", 1000, "listing_unmapped", a=Line(1, shipped=1), MUG=Level(10))),
            # Four mugs aren't on the shelf any more, and of the six that are one set is on offer.
            we_map("mystery", MUG=4).leads_to(books("shipped", 1000, a=Line(4, shipped=4), MUG=Level(2, 4), mystery=Offer(1, 4))),
        ),
        (Article("mystery", "WHAT", shows=2),),
    ),
    Case(
        "never stock, somebody says",
        (
            placed(a=(2, "mystery")).leads_to(books("open", 2000, "listing_unmapped", a=Line(2), MUG=Level(10))),
            # There is nothing to be done for it.
            we_map("mystery").leads_to(books("shipped", 2000, a=Line(2), MUG=Level(10))),
        ),
        (Article("mystery", "WHAT"),),
    ),
    Case(
        "a set of four",
        (
            placed(a=(1, "set")).leads_to(books("open", 1000, a=Line(4, committed=4), MUG=Level(2, 4, committed=4), set=Offer(1, 4))),
            ships_there().leads_to(books("shipped", 1000, a=Line(4, shipped=4), MUG=Level(2, 4), set=Offer(1, 4))),
        ),
        (Article("set", "MUG-SET", shows=2, parts={"MUG": 4}),),
    ),
    Case(
        "two listings on one counter",
        (
            placed(a=(1, "mug"), b=(1, "gift")).leads_to(
                books("open", 2000, a=Line(1, committed=1), b=Line(1, committed=1), MUG=Level(6, 2, committed=2), mug=Offer(2, 2))
            ),
            cancels().leads_to(books("cancelled", 2000, a=Line(1, cancelled=1), b=Line(1, cancelled=1), MUG=Level(6, 4), mug=Offer(4, 4))),
        ),
        (Article("mug", "MUG"), Article("gift", "MUG-GIFT", parts={"MUG": 1}, shares="mug")),
        not_in={"ebay": "Each offer on eBay shows a number of its own.", "shopify": _ONE_NUMBER},
    ),
    Case(
        "two counters of one SKU",
        (
            placed(a=(2, "mug"), b=(1, "gift")).leads_to(
                books(
                    "open",
                    3000,
                    a=Line(2, committed=2),
                    b=Line(1, committed=1),
                    MUG=Level(3, 4, committed=3),
                    mug=Offer(2, 2),
                    gift=Offer(2, 2),
                )
            ),
        ),
        (Article("mug", "MUG"), Article("gift", "MUG-GIFT", shows=3, parts={"MUG": 1})),
    ),
    Case(
        "two lines of one listing",
        (
            placed(a=(1, "mug"), b=(2, "mug")).leads_to(
                books("open", 3000, a=Line(1, committed=1), b=Line(2, committed=2), MUG=Level(6, 1, committed=3), mug=Offer(1, 1))
            ),
            edits(b=1).leads_to(
                books(
                    "open", 3000, a=Line(1, committed=1), b=Line(2, cancelled=1, committed=1), MUG=Level(6, 2, committed=2), mug=Offer(2, 2)
                ),
                rewrites=books(
                    "open", 2000, a=Line(1, committed=1), b=Line(2, cancelled=1, committed=1), MUG=Level(6, 2, committed=2), mug=Offer(2, 2)
                ),
            ),
        ),
        not_in={"ebay": _EBAY_NO_EDITS, "etsy": _NO_EDITS},
    ),
    Case(
        "a bundle of two SKUs",
        # No single number stands for it, so it has no offer of ours.
        (
            placed(a=(2, "duo")).leads_to(
                books(
                    "open",
                    2000,
                    a=(Line(2, committed=2), Line(2, committed=2)),
                    CUP=Level(3, committed=2),
                    MUG=Level(8, committed=2),
                )
            ),
            refunds(restock=True, a=1).leads_to(
                books(
                    "open",
                    2000,
                    a=(Line(2, cancelled=1, committed=1), Line(2, cancelled=1, committed=1)),
                    CUP=Level(4, committed=1),
                    MUG=Level(9, committed=1),
                )
            ),
            we_ship().leads_to(
                books(
                    "shipped",
                    2000,
                    a=(Line(2, cancelled=1, shipped=1), Line(2, cancelled=1, shipped=1)),
                    CUP=Level(4),
                    MUG=Level(9),
                )
            ),
        ),
        (Article("duo", "DUO", parts={"CUP": 1, "MUG": 1}),),
        _CUPS,
        not_in={"ebay": _EBAY_MONEY, "etsy": _MONEY_ALONE},
    ),
    Case(
        "more than was ever shown",
        (
            placed(a=(6, "mug")).leads_to(
                books("open", 6000, a=Line(6, committed=6), MUG=Level(4, 0, committed=6), mug=Offer(0, 0, shown=-2))
            ),
        ),
        not_in={"ebay": _EBAY_NEVER_BEYOND, "etsy": _NEVER_BEYOND},
    ),
    Case(
        "more than there is",
        (
            placed(a=(6, "mug")).leads_to(
                books("open", 6000, a=Line(6, committed=4, short=2), MUG=Level(0, 0, committed=4), mug=Offer(0, 0, shown=-2))
            ),
            # What comes in goes to who waits for it.
            we_receive("MUG", 5).leads_to(
                books("open", 6000, a=Line(6, committed=6), MUG=Level(3, 0, committed=6), mug=Offer(0, 0, shown=-2))
            ),
        ),
        stock={"MUG": 4},
        not_in={"ebay": _EBAY_NEVER_BEYOND, "etsy": _NEVER_BEYOND},
    ),
    Case(
        "more than there is, and sent all the same",
        # Two more were on the shelf than the books knew.
        (
            placed(a=(6, "mug")).leads_to(
                books("open", 6000, a=Line(6, committed=4, short=2), MUG=Level(0, 0, committed=4), mug=Offer(0, 0, shown=-2))
            ),
            ships_there().leads_to(books("shipped", 6000, a=Line(6, shipped=6), MUG=Level(0), mug=Offer(0, 0, shown=-2))),
        ),
        stock={"MUG": 4},
        not_in={"ebay": _EBAY_NEVER_BEYOND, "etsy": _NEVER_BEYOND},
    ),
    Case(
        "more than its own counter had, and nothing was free",
        (
            # The other counter's allotment serves it, and that one now offers a unit that it hasn't got.
            placed(a=(5, "mug")).leads_to(
                books(
                    "open",
                    5000,
                    "excess",
                    a=Line(5, committed=5),
                    MUG=Level(0, 5, committed=5),
                    mug=Offer(0, 0, shown=-1),
                    gift=Offer(6, 5),
                )
            ),
            cancels().leads_to(books("cancelled", 5000, a=Line(5, cancelled=5), MUG=Level(0, 10), mug=Offer(4, 4), gift=Offer(6, 6))),
        ),
        (Article("mug", "MUG"), Article("gift", "MUG-GIFT", shows=6, parts={"MUG": 1})),
        not_in={"ebay": _EBAY_NEVER_BEYOND, "etsy": _NEVER_BEYOND},
    ),
    Case(
        "from two locations",
        (
            placed(a=(3, "mug")).leads_to(
                books(
                    "open",
                    3000,
                    a=Line(3, committed=3),
                    MUG=Level(0, 0, committed=2),
                    MUG__STALL=Level(1, 1, committed=1),
                    mug=Offer(1, 1),
                )
            ),
            cancels().leads_to(books("cancelled", 3000, a=Line(3, cancelled=3), MUG=Level(0, 2), MUG__STALL=Level(1, 2), mug=Offer(4, 4))),
        ),
        stock={"MUG": 2, "MUG@STALL": 3},
        not_in={"ebay": _EBAY_KEEPS},
    ),
    Case(
        "not tracked",
        (
            placed(a=(2, "pdf")).leads_to(books("open", 2000, a=Line(2), PDF=Level())),
            ships_there().leads_to(books("shipped", 2000, a=Line(2, shipped=2), PDF=Level())),
        ),
        (Article("pdf", "PDF", tracked=False),),
        {"PDF": 0},
        not_in={"etsy": "On Etsy whatever is sent has a number; only downloads have none."},
    ),
    Case(
        "a mug and a tip",
        (
            placed(a=(1, "mug"), t=(1, "tip")).leads_to(
                books("open", 2000, a=Line(1, committed=1), t=Line(1), MUG=Level(6, 3, committed=1), mug=Offer(3, 3))
            ),
            # Whoever sends everything doesn't send the tip.
            we_ship().leads_to(books("shipped", 2000, a=Line(1, shipped=1), t=Line(1), MUG=Level(6, 3), mug=Offer(3, 3))),
        ),
        (Article("mug", "MUG"), Article("tip", "", tracked=False, ships=False)),
        not_in={"ebay": "Nobody leaves a tip on eBay.", "woocommerce": "A tip is a fee there, and no line."},
    ),
    Case(
        "counted, though it is never sent",
        # A seat at a course: nothing to post, and yet it can't be sold twice.
        (placed(a=(2, "seat")).leads_to(books("open", 2000, a=Line(2, committed=2), SEAT=Level(6, 2, committed=2), seat=Offer(2, 2))),),
        (Article("seat", "SEAT", ships=False),),
        {"SEAT": 10},
    ),
    # How it is told
    Case(
        "an older message that comes late",
        (
            placed(a=(1, "mug")).leads_to(books("open", 1000, a=Line(1, committed=1), MUG=Level(6, 3, committed=1), mug=Offer(3, 3))),
            edits(a=2).leads_to(_TWO_SOLD),
            late().leads_to(_TWO_SOLD),
        ),
        not_in={"ebay": _EBAY_NO_EDITS, "etsy": _NO_EDITS},
    ),
    Case(
        "a decimal quantity",
        (
            placed(a=(1.5, "mug")).leads_to(
                books("open", 1500, "decimal_quantity", a=Line(2, committed=2), MUG=Level(6, 2, committed=2), mug=Offer(2, 2))
            ),
        ),
        not_in={
            "memory": "A stall sells whole things alone.",
            "ebay": "A quantity on eBay is a whole number.",
            "etsy": "Etsy sells whole units.",
            "shopify": "Shopify sells whole units.",
            "woocommerce": "Only plugins sell a part of a unit there, and the sandbox has none; the adapter's own tests have such a line.",
        },
    ),
    Case("another currency", (placed(a=(2, "mug")).leads_to(replace(_TWO_SOLD, order={"currency": "USD"})),), currency="USD"),
    Case(
        "an address that we may not see, then may, then may not",
        (
            placed(address="withheld", a=(2, "mug")).leads_to(replace(_TWO_SOLD, order={"address": False})),
            shows_address("given").leads_to(replace(_TWO_SOLD, order={"address": True})),
            shows_address("withheld").leads_to(replace(_TWO_SOLD, order={"address": True})),
        ),
        not_in={
            "memory": "A stall knows no addresses.",
            "ebay": "Whoever may read eBay's orders sees their addresses.",
            "woocommerce": "Whoever may read WooCommerce's orders sees their addresses.",
        },
    ),
    Case(
        "no address at all",
        (placed(address="none", a=(2, "mug")).leads_to(replace(_TWO_SOLD, order={"address": False})),),
        not_in={
            "ebay": "Its checkout asks every buyer for an address.",
            "etsy": "On Etsy goods always go to an address.",
            "woocommerce": "Its checkout asks every buyer for an address.",
        },
    ),
)
