# SPDX-License-Identifier: MIT
"""The tables that are written and read, and how a row of an answer is one of the oracle's keys."""
import csv
import io
import json

from oracle import text_of

SET = 5        # rows of a key of `sets`
WIDE = 1500    # rows of `wide`, which are one key; its answers stream (MYREST_BUFFER_BYTES)
WIDTH = 240    # of their texts
LARGE = 2500   # rows that never change, in answers that stream
PAUSE = 1.0    # seconds that the view `slow` takes

# In MySQL's words, as the tests of tests/api have them.
TABLES = (
    "CREATE TABLE cells (id BIGINT PRIMARY KEY, n BIGINT NOT NULL, body VARCHAR(80) NOT NULL)",
    "CREATE TABLE sets (id BIGINT PRIMARY KEY, grp BIGINT NOT NULL, n BIGINT NOT NULL, body VARCHAR(80) NOT NULL,"
    " KEY grp_key (grp))",
    "CREATE TABLE entries (id BIGINT PRIMARY KEY AUTO_INCREMENT, token VARCHAR(60) NOT NULL, n BIGINT NOT NULL,"
    " body VARCHAR(80) NOT NULL, KEY token_key (token))",
    "CREATE TABLE orders (id BIGINT PRIMARY KEY AUTO_INCREMENT, token VARCHAR(60) NOT NULL, n BIGINT NOT NULL,"
    " body VARCHAR(80) NOT NULL, KEY order_key (token))",
    f"CREATE TABLE wide (id BIGINT PRIMARY KEY, n BIGINT NOT NULL, body VARCHAR({WIDTH}) NOT NULL)",
    "CREATE TABLE large (id BIGINT PRIMARY KEY, body VARCHAR(200) NOT NULL)",
    "CREATE TABLE pauses (id BIGINT PRIMARY KEY, seconds DOUBLE NOT NULL)",
    f"INSERT INTO pauses VALUES (1, {PAUSE})",
    "CREATE VIEW cells_view AS SELECT id, n, body FROM cells",
    "CREATE VIEW slow AS SELECT id, SLEEP(seconds) AS pause FROM pauses",
    "INSERT INTO wide VALUES " + ", ".join(f"({n}, 1, '{text_of('wide', 1, WIDTH)}')" for n in range(1, WIDE + 1)),
    "INSERT INTO large VALUES " + ", ".join(f"({n}, '{text_of('large', n, 200)}')" for n in range(1, LARGE + 1)),
)
NAMES = ("cells", "sets", "entries", "orders", "wide", "large", "cells_view", "slow")
WRITABLE = "cells,sets,entries,orders,wide"
IDEMPOTENCY = "myrest_idempotency"
MAX_ROWS = 10000

OBJECT = "application/vnd.pgrst.object+json"
CSV = "text/csv"
NDJSON = "application/x-ndjson"


def key_of(table, row):
    """The name of the key that a row of an answer belongs to."""
    if table in ("cells", "cells_view"):
        return f"c{row['id']}"
    if table == "sets":
        return f"s{row['grp']}"
    return "wide" if table == "wide" else row["token"]


def key_of_set_row(grp, place):
    return grp * 10 + place


def rows_of(answer, kind):
    """The rows of an answer of this media type."""
    text = answer.body.decode("utf-8")
    if kind == CSV:
        return [numbers(row) for row in csv.DictReader(io.StringIO(text))]
    if kind == NDJSON:
        return [json.loads(line) for line in text.splitlines()]
    found = json.loads(text)
    return [found] if isinstance(found, dict) else found


def numbers(row):
    return {name: int(value) if name in ("id", "grp", "n") else value for name, value in row.items()}


def grouped(table, rows):
    """name of a key -> the (version, text) of its rows, in an answer."""
    found = {}
    for row in rows:
        found.setdefault(key_of(table, row), []).append((row["n"], row.get("body")))
    return found


def to_csv(rows):
    names = list(rows[0])
    return "\n".join([",".join(names), *(",".join(str(row[name]) for name in names) for row in rows)]) + "\n"
