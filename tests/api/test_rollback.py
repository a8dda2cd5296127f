# SPDX-License-Identifier: MIT
"""Prefer: tx=rollback, where the operator allows it."""
from servers import ADMIN, GUEST
from write_tables import MERGE, merged
from write_tables import free, lenient, w, writable  # noqa: F401 (fixtures)
from writing import REPRESENTATION, applied, done, refused, shown

ROLLBACK = "tx=rollback"


def test_a_write_that_is_undone_is_answered_as_if_it_were_not(free):
    before = free.snapshot()
    new = {"username": "ada", "email": "ada@x"}
    response = free.post("/users", new, prefer=(ROLLBACK, REPRESENTATION, "count=exact"))
    rows = shown(response, 201)
    assert [row["username"] for row in rows] == ["ada"] and response.headers["content-range"] == "*/1"
    assert applied(response) == {ROLLBACK, REPRESENTATION, "count=exact"}
    assert free.snapshot() == before

    response = free.patch("/users?id=eq.1", {"username": "root"}, prefer=(ROLLBACK, REPRESENTATION))
    assert shown(response) == [{**ADMIN, "username": "root"}] and ROLLBACK in applied(response)
    response = done(free.patch("/users/1", {"username": "root"}, prefer=ROLLBACK), 204)
    assert applied(response) == {ROLLBACK}
    assert shown(free.delete("/users?id=eq.1", prefer=(ROLLBACK, REPRESENTATION))) == [ADMIN]
    assert shown(free.put("/users/1", {"username": "x", "email": "y"}, prefer=(ROLLBACK, REPRESENTATION)))["username"] == "x"
    done(free.put("/users/9", {"username": "x", "email": "y"}, prefer=ROLLBACK), 201)
    assert merged(free.post("/users", {**ADMIN, "email": "e"}, prefer=(ROLLBACK, REPRESENTATION, MERGE))).json()[0]["email"] == "e"
    assert free.snapshot() == before
    assert free.json("/users") == [ADMIN, GUEST]


def test_what_would_be_refused_is_refused_when_it_would_be_undone(free):
    refused(free.post("/users", ADMIN, prefer=ROLLBACK), 409, "23505")
    refused(free.post("/users", {"username": "x"}, prefer=ROLLBACK), 422, "23502", "email")


def test_tx_commit_is_what_happens_anyway(free):
    response = done(free.post("/users", {"username": "ada", "email": "ada@x"}, prefer="tx=commit"), 201)
    assert applied(response) <= {"tx=commit"}
    assert free.value("SELECT COUNT(*) FROM users") == 3


def test_tx_rollback_where_it_is_not_allowed_is_never_said_to_be_heeded(w):
    response = w.post("/users", {"username": "ada", "email": "ada@x"}, prefer=ROLLBACK)
    count = w.value("SELECT COUNT(*) FROM users")
    if response.status == 201:
        assert ROLLBACK not in applied(response) and count == 3
    else:
        refused(response, 400)
        assert count == 2
