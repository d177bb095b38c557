# SPDX-License-Identifier: MIT
"""examples/shop: every order is seen to once, though each service is killed in the middle of its
work, and customers send their orders twice."""

import contextlib
import os
import signal

from documents import Home, pipe_with_room, wait_for
from tap import SOURCE, built, case, main

SHOP = SOURCE / "examples" / "shop"
ORDERS = range(100, 120)
PIZZAS = 17
CHANNELS = ("orders", "inventory", "shipping")
# How many bytes each service prints when it has done something, before it tells anybody.
LINE_BYTES = {"orders": len("order 100: pizza\n"), "inventory": len("order-100 -1 pizza\n"),
              "shipping": len("parcel 100: pizza\n")}


class Shop:
    """A home with the shop open in it, and its services' ledgers."""

    def __init__(self):
        self.home = Home()
        self.place = self.home.path.parent
        self.parcels = self.place / "parcels"
        self.parcels.mkdir()
        self.home.run(SHOP / "open.sh")
        self.commands = {
            "orders": [built("example-shop-orders"), self.place / "orders"],
            "inventory": [built("example-shop-inventory"), self.place / "inventory"],
            "shipping": [SHOP / "shipping.sh", self.parcels],
        }

    def deeds(self, name):
        """What a service has done: the lines of its ledger, the names of parcels."""
        if name == "shipping":
            return [path.name for path in self.parcels.iterdir() if path.name.isdigit()]
        path = self.place / name
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def made(self):
        """Which file each parcel is: one that was made twice would be another."""
        return {name: (self.parcels / name).stat().st_ino for name in self.deeds("shipping")}

    def customers_order(self):
        lines = [f'{{"topic":"shop.order.new","headers":{{"number":{number}}},"payload":"pizza"}}'
                 for number in ORDERS]
        self.home.run("pubsub-publish", "--at-least", "1", "--json-lines", stdin=None,
                      input="\n".join(lines))

    def deliver(self):
        """Twice: it is the same delivery."""
        for _ in range(2):
            self.home.run("pubsub-publish", "--at-least", "1", "-H", "number:=1",
                          "-H", f"count:={PIZZAS}", "shop.stock.arrived", "pizza")

    def kill_between(self, name, lines):
        """Kills a service that has done something, and has told nobody yet."""
        before = len(self.deeds(name))
        with pipe_with_room(lines * LINE_BYTES[name]) as full:
            with self.home.start_group(*self.commands[name], output=full) as process:
                wait_for(lambda: len(self.deeds(name)) > before + lines, f"{name} did more")
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    @contextlib.contextmanager
    def running(self, name):
        """A service; at its end it is asked to end."""
        with self.home.start_group(*self.commands[name], output=os.open(os.devnull, os.O_WRONLY)) \
                as process:
            yield process
            process.terminate()
            process.wait()

    def kill_at_work(self, name):
        """Kills a service wherever it is."""
        before = len(self.deeds(name))
        with self.running(name) as process:
            wait_for(lambda: len(self.deeds(name)) > before, f"{name} did more")
            os.killpg(process.pid, signal.SIGKILL)

    def is_done(self):
        return all(self.home.is_empty(name) for name in CHANNELS)

    def problems(self):
        orders, inventory = self.deeds("orders"), self.deeds("inventory")
        outcomes = dict(line.split() for line in orders)
        shipped = {key.removesuffix(".is") for key, word in outcomes.items() if word == "shipped"}
        if len(orders) != 2 * len(ORDERS):
            yield f"the orders are {orders}"
        if shipped != set(self.deeds("shipping")) or len(shipped) != PIZZAS:
            yield f"shipped are {shipped}, there are {self.deeds('shipping')}"
        if sum(line.endswith(" -1 pizza") for line in inventory) != PIZZAS:
            yield f"the inventory is {inventory}"
        if len(inventory) != 1 + len(ORDERS):
            yield f"the inventory has {len(inventory)} lines"
        for path in self.parcels.iterdir():
            if path.name.isdigit() and path.read_text(encoding="utf-8") != "pizza":
                yield f"in parcel {path.name} is {path.read_text(encoding='utf-8')!r}"
        for name in CHANNELS:
            state = self.home.durable(name)
            if state["dead_letters"] != 0 or state["redelivered"] == 0:
                yield f"{name}: {state}"


@case("every order is seen to once, whoever is killed between what he does and what he tells")
def killed():
    shop = Shop()
    shop.deliver()
    with shop.running("inventory") as process:
        wait_for(lambda: shop.home.is_empty("inventory"), "the delivery was put away")
    if process.returncode != 0 or shop.deeds("inventory") != [f"delivery-1 {PIZZAS} pizza"]:
        yield f"{process.returncode}: {shop.deeds('inventory')}"
    shop.customers_order()
    # Each has less to do than the one before it: what that one did last was not told.
    for name, kills in (("orders", (0, 5, 4)), ("inventory", (0, 2, 1)), ("shipping", (0, 0))):
        for lines in kills:
            shop.kill_between(name, lines)
    made = shop.made()
    shop.customers_order()
    for name in CHANNELS:
        shop.kill_at_work(name)
    with contextlib.ExitStack() as stack:
        for name in CHANNELS:
            stack.enter_context(shop.running(name))
        wait_for(shop.is_done, "all orders were seen to")
    yield from shop.problems()
    if not made.items() <= shop.made().items():
        yield f"of {sorted(made)} some were made again"


@case("what a service can't understand becomes a dead letter, and it goes on")
def not_understood():
    shop = Shop()
    publish = ["pubsub-publish", "--at-least", "1"]
    for wrong in (["shop.order.new", "pizza"], ["shop.order.eaten", "pizza", "-H", "number:=1"],
                  ["shop.order.new", "-n", "-H", "number:=1"],
                  ["shop.order.new", "two\nlines", "-H", "number:=1"],
                  ["shop.order.new", "pizza", "-H", "number:=-1"]):
        shop.home.run(*publish, *wrong)
    shop.home.run(*publish, "shop.order.new", "pizza", "-H", "number:=1")
    with shop.running("orders"):
        wait_for(lambda: shop.home.is_empty("orders"), "all was looked at")
    if shop.deeds("orders") != ["1 pizza"]:
        yield f"the orders are {shop.deeds('orders')}"
    if shop.home.durable("orders")["dead_letters"] != 5:
        yield f"{shop.home.durable('orders')['dead_letters']} dead letters"


@case("a ledger whose last line was cut short is as if that line had not been written")
def cut_short():
    shop = Shop()
    path = shop.place / "orders"
    path.write_text("1 pizza\n2 piz", encoding="utf-8")
    shop.home.run("pubsub-publish", "shop.order.new", "salad", "-H", "number:=2")
    with shop.running("orders"):
        wait_for(lambda: shop.home.is_empty("orders"), "the order was taken")
    if shop.deeds("orders") != ["1 pizza", "2 salad"]:
        yield f"the orders are {shop.deeds('orders')}"


if __name__ == "__main__":
    main()
