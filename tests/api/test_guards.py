# SPDX-License-Identifier: MIT
"""What keeps a client from changing more than it means: filters, max-affected, handling=strict."""
import socket

import pytest

import web
from write_tables import free, lenient, unchanged, w, writable  # noqa: F401 (fixtures)
from writing import REPRESENTATION, applied, done, refused, shown


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("query", ["", "?", "?select=id", "?columns=n", "?order=id"])
def test_without_a_filter_it_is_refused(unchanged, method, query):
    refused(unchanged.send(method, f"/checked{query}", {"n": 1} if method == "PATCH" else None), 400, "21000")


def test_without_a_filter_where_the_operator_allows_it(free):
    assert done(free.patch("/checked", {"n": 0}), 204).headers["content-range"] == "0-4/*"
    assert free.rows("SELECT DISTINCT n FROM checked") == [(0,)]
    assert len(shown(free.delete("/checked", prefer=REPRESENTATION))) == 5
    assert free.rows("SELECT * FROM checked") == []


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_more_rows_than_max_affected_are_refused(unchanged, method):
    body = {"n": 0} if method == "PATCH" else None
    prefer = "handling=strict, max-affected=2"
    refused(unchanged.send(method, "/checked?id=lte.3", body, prefer=prefer), 400, "PGRST124")
    refused(unchanged.send(method, "/checked?id=lte.3", body, prefer=f"{prefer}, return=representation"), 400, "PGRST124")


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_as_many_as_max_affected_are_not(w, method):
    response = w.send(method, "/checked?id=lte.3", {"n": 0} if method == "PATCH" else None, prefer="handling=strict, max-affected=3")
    done(response, 204)
    assert applied(response) == {"handling=strict", "max-affected=3"}
    assert w.value("SELECT COUNT(*) FROM checked WHERE n > 0 AND id <= 3") == 0


def test_max_affected_counts_rows_that_had_the_value_already(unchanged):
    refused(unchanged.patch("/checked?id=eq.1", {"n": 1}, prefer="handling=strict, max-affected=0"), 400, "PGRST124")


def test_max_affected_without_strict_is_not_heeded(w):
    response = done(w.patch("/checked?id=lte.3", {"n": 0}, prefer="max-affected=2"), 204)
    assert "max-affected=2" not in applied(response)
    assert w.value("SELECT COUNT(*) FROM checked WHERE n = 0") == 3


@pytest.mark.parametrize("method, target", [("POST", "/users"), ("PATCH", "/users?id=eq.1"), ("DELETE", "/users?id=eq.1"), ("PUT", "/users/1")])
def test_strict_refuses_what_it_does_not_know(unchanged, method, target):
    response = unchanged.send(method, target, {"username": "x", "email": "y"}, prefer="handling=strict, wait=5")
    assert "wait=5" in refused(response, 400, "PGRST122")["details"]
    response = unchanged.send(method, target, {"username": "x", "email": "y"}, prefer="wait=5, handling=strict, missing=default, count=all")
    assert refused(response, 400, "PGRST122")["details"] == "not known: wait=5, count=all"
    many = ", ".join(f"x{number}" for number in range(20))
    response = unchanged.send(method, target, {"username": "x", "email": "y"}, prefer=f"{many}, handling=strict")
    assert refused(response, 400, "PGRST122")["details"] == "not known: x0, x1, x2, x3, x4, x5, x6, x7 and 12 more"


def test_strict_and_known_is_applied(w):
    response = done(w.post("/users", {"username": "x", "email": "y"}, prefer=("handling=strict", "return=minimal")), 201)
    assert applied(response) == {"handling=strict", "return=minimal"}
    assert applied(done(w.post("/users", {"username": "z", "email": "z"}, prefer="wait=5"), 201)) == set()


def test_prefer_in_several_headers_is_one(w):
    lines = b"POST /users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nPrefer: return=representation\r\nPrefer: count=exact\r\n"
    body = b'{"username":"ada","email":"ada@x"}'
    with socket.create_connection((w.web.host, w.web.port), 10) as connection:
        connection.sendall(lines + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        response = web.read_response(connection.makefile("rb"))
    assert response.status == 201 and response.headers["content-range"] == "*/1", response
    assert applied(response) == {"return=representation", "count=exact"}
