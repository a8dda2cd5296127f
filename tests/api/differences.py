# SPDX-License-Identifier: MIT
"""Which database server is here, and where it differs from the one that the tests are written for, which is MariaDB. Of
each of the others a module has a table, DIFFERENT, that names every such place (mysql.py, postgresql.py). All the rest is
expected to be the same.

DIFFERENT has two kinds of entries: the name of a test (file, '::', test with its parameters, as a pattern of fnmatch) ->
Left; or the name of a value that a test asks for by here() -> Instead. Both hold for tests/clients and tests/openapi as
well, whose tests are named likewise.
"""
import fnmatch
import importlib
import os

import pytest

import unpacked


def _server():
    kind = os.environ.get("MYREST_TEST_DATABASE", "mysql")
    assert kind in ("mysql", "postgresql"), "MYREST_TEST_DATABASE"
    if kind == "postgresql":
        return kind
    return "mysql" if unpacked.MYSQLD and unpacked.MYSQLD.name == "mysqld" else "mariadb"


SERVER = _server()


class Left:
    """A test that says nothing of the server that is here."""

    def __init__(self, reason):
        self.reason = reason


class Instead:
    """What is expected of the server that is here, or given to it, in place of what the test has."""

    def __init__(self, value, reason):
        self.value, self.reason = value, reason


class Difference:
    """A row of the documentation's table: what it is about, how it is on MySQL, and how on PostgreSQL."""

    def __init__(self, what, mysql, postgresql):
        self.row = (what, mysql, postgresql)


def _different():
    return {} if SERVER == "mariadb" else importlib.import_module(SERVER).DIFFERENT


def here(name, value):
    """The value of a test, or the one that DIFFERENT has for it."""
    entry = _different().get(name)
    return entry.value if entry else value


def instead(prefix):
    """The values of DIFFERENT whose names begin so, for tests that are not written in Python."""
    found = {name: entry for name, entry in _different().items() if name.startswith(prefix)}
    return {name: entry.value for name, entry in found.items() if isinstance(entry, Instead)}


def left_out(test):
    """Why a test is left out, or None. `test`: its file without test_ and .py, '::', its name."""
    for pattern, entry in _different().items():
        if isinstance(entry, Left) and fnmatch.fnmatchcase(test, pattern):
            return "{0}: {2}".format(*entry.reason.row) if isinstance(entry.reason, Difference) else entry.reason
    return None


def leave_out(items):
    """Marks the tests that say nothing of the server that is here; items: as pytest has collected them."""
    for item in items:
        reason = left_out(f"{item.path.stem.removeprefix('test_')}::{item.name}")
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
