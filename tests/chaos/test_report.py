# SPDX-License-Identifier: MIT
"""What may fail, and while what is broken."""
import pytest

from report import forbidden
from wire import Failure

ALLOWED = [
    ("GET", "503 PGRST001", ["database killed"]),
    ("POST", "reset", ["nginx worker killed"]),
    ("GET", "404 PGRST205", ["table renamed away", "worker killed"]),
    ("PATCH", "412 40001", ["column added and dropped"]),
    ("POST", "502 PGRST001", ["worker killed"]),
    ("GET", "502 PGRST001", ["database restart", "worker killed"]),
    ("GET", "503 PGRST001", ["all workers killed", "connections killed"]),
    ("POST", "503 PGRST001", ["pool restart"]),
]
FORBIDDEN = [
    ("GET", "500 PGRSTX00", ["database killed"]),
    ("GET", "503 PGRST003", []),
    ("GET", "reset", []),
    ("GET", "404 PGRST205", ["database killed"]),
    ("PATCH", "412 40001", ["database killed"]),
    ("GET", "400 42703", ["column added and dropped"]),
    ("GET", "502 PGRST001", ["worker killed"]),
    ("HEAD", "503", ["connections killed", "pool reload"]),
    ("POST", "502 PGRST001", ["pool reload"]),
    ("GET", "502 PGRST001", ["all workers killed"]),
    ("GET", "502 PGRST001", ["pool restart"]),
]


def failure(method, what):
    return Failure(0.0, 0.1, method, "/cells", what, streamed=False)


@pytest.mark.parametrize("method, what, names", ALLOWED)
def test_what_may_fail(method, what, names):
    assert forbidden(failure(method, what), names) is None


@pytest.mark.parametrize("method, what, names", FORBIDDEN)
def test_what_may_not(method, what, names):
    assert forbidden(failure(method, what), names)


def test_a_stream_may_be_cut_by_a_kill_of_its_worker():
    assert forbidden(Failure(0.0, 0.1, "GET", "/wide", "cut", streamed=True), ["worker killed"]) is None
