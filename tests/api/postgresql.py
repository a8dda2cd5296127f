# SPDX-License-Identifier: MIT
"""Where the tests are run over PostgreSQL (MYREST_TEST_DATABASE=postgresql, postgresql_server.py): DIFFERENT names every
place where the two databases really differ. All the rest is expected to be the same.
"""
import fnmatch
import os

HERE = os.environ.get("MYREST_TEST_DATABASE", "mysql") == "postgresql"
assert os.environ.get("MYREST_TEST_DATABASE", "mysql") in ("mysql", "postgresql"), "MYREST_TEST_DATABASE"


class Left:
    """A test that says nothing of PostgreSQL."""

    def __init__(self, reason):
        self.reason = reason


class Instead:
    """What is expected of PostgreSQL, or given to it, in place of what the test has for MySQL."""

    def __init__(self, value, reason):
        self.value, self.reason = value, reason


# Name of a test (a pattern as of fnmatch, with the parameters in brackets) -> Left, or the name of a value that a test
# asks for by here() -> Instead.
DIFFERENT = {
    "values.never_in_a_text": Instead("\0", "no text, and no text inside of JSON, has the character NUL"),
    "values.longest_time": Instead(86399999999, "a time is one of a day: 00:00:00 to 23:59:59.999999"),
    "values.shortest_time": Instead(0, "a time is one of a day: 00:00:00 to 23:59:59.999999"),
    "values.loose": Instead(True, "texts are compared exactly unless a column's collation is another one"),
    "filters.times": Instead("'00:00:00' '00:00:00.5' '12:00:00' '23:59:59.999'", "a time is one of a day: 00:00:00 to 23:59:59.999999"),
}


def here(name, value):
    """The value of a test, or the one that DIFFERENT has for it on PostgreSQL."""
    return DIFFERENT[name].value if HERE and name in DIFFERENT else value


def left_out(test):
    """Why a test is left out, or None. `test`: its file without test_ and .py, '::', its name."""
    for pattern, entry in DIFFERENT.items():
        if isinstance(entry, Left) and fnmatch.fnmatchcase(test, pattern.replace("[", "[[]")):
            return entry.reason
    return None
