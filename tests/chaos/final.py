# SPDX-License-Identifier: MIT
"""The end: all rows, asked of the database itself and through MyREST, held against what was acknowledged."""
import re

import tables
from oracle import WRONG

PAGE = 200
TABLES = {"cells": "c", "sets": "s", "entries": "e", "orders": "o", "wide": "wide"}  # and the first letter of their keys


def compare(world):
    for table, first in TABLES.items():
        floors = world.oracle.floors(first=first[0])
        for place, there in world.database.copies(table):
            judge(world, floors, table, first, there, f"SELECT of {table}{place}")
        shown = by_pages(world, table, len(there))
        if shown is not None and shown != there:
            different = [pair for pair in zip(shown, there) if pair[0] != pair[1]][:3]
            counts = f"{len(there)} rows in the database, {len(shown)} through MyREST"
            world.oracle.fault(WRONG, f"{table} has {counts}: {different}")


def judge(world, floors, table, first, rows, where):
    found = tables.grouped(table, rows)
    for name in world.oracle.kinds.get(first[0], ()):
        world.oracle.saw(floors, name, found.pop(name, []), where, lost=True)
    for name in found:
        world.oracle.fault(WRONG, f"{where}: {name} was never written")


def by_pages(world, table, count):
    """All rows through MyREST, or None where it does not answer. An answer that streams has no link to the next page."""
    columns = {"cells": "id,n,body", "sets": "id,grp,n,body", "wide": "id,n,body"}.get(table, "id,token,n,body")
    target, rows = f"/{table}?select={columns}&order=id&limit={PAGE}", []
    for _ in range(count // PAGE + 10):
        response = world.nginx.get(target)
        if response.status != 200:
            world.faults.append(f"in the end: GET {target}: {response}")
            return None
        rows += response.json()
        link = re.search(r'<([^>]*)>; rel="next"', response.headers.get("link", ""))
        if not link:
            return rows
        target = re.sub(r"^https?://[^/]*", "", link[1])
    world.faults.append(f"in the end: {table} has pages without end")
    return None
