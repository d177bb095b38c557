#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A row for each message in an SQLite database, once, however often the message comes.

    pubsub-subscribe --group mailers orders.+ --exec ./exactly_once_rows.py DB

runs this for each message: the payload is on standard input, the ID in the environment. Exit
status 0 acknowledges; anything else has the message come again, and at last a dead letter.
docs/recipes/exactly-once-effect.md says why this is right.
"""

import os
import sqlite3
import sys

PATIENCE_S = 20  # less than a message's deadline


def once(database, message_id, payload):
    """Whether this was the first time. Both rows are there afterwards, or neither."""
    database.execute("BEGIN IMMEDIATE")
    database.execute("CREATE TABLE IF NOT EXISTS done (id INTEGER PRIMARY KEY)")
    database.execute("CREATE TABLE IF NOT EXISTS orders (text TEXT NOT NULL)")
    new = database.execute(
        "INSERT INTO done (id) VALUES (?) ON CONFLICT DO NOTHING", (message_id,)
    ).rowcount == 1
    if new:
        database.execute("INSERT INTO orders (text) VALUES (?)", (payload,))
    database.execute("COMMIT")
    return new


def main():
    database = sqlite3.connect(sys.argv[1], timeout=PATIENCE_S, isolation_level=None)
    message_id = int(os.environ["PUBSUB_ID"])
    if once(database, message_id, sys.stdin.read()):
        print(f"{message_id:016}", flush=True)
    database.close()


main()
