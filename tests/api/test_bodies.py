# SPDX-License-Identifier: MIT
"""Bodies as they are sent: kinds, broken JSON, CSV."""
import csv
import gzip
import io
import json
import re

import pytest

from write_tables import EVERY
from write_tables import unchanged, w, writable  # noqa: F401 (fixtures)
from writing import CSV, REPRESENTATION, done, refused, shown


# --- bodies


@pytest.mark.parametrize(
    "kind", [None, "application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"]
)
def test_a_body_is_json_when_nothing_else_is_said(w, kind):
    done(w.post("/users", b' \r\n{"username" : "ada",\t"email":"ada@x" } \n', kind=kind), 201)
    assert w.value("SELECT email FROM users WHERE username = 'ada'") == "ada@x"


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "image/png", "json", "text/csv2"])
@pytest.mark.parametrize("method, target", [("POST", "/users"), ("PATCH", "/users?id=eq.1"), ("PUT", "/users/1")])
def test_a_body_of_another_kind_is_415(unchanged, method, target, kind):
    refused(unchanged.send(method, target, b'{"username":"x","email":"y"}', kind=kind), 415, "PGRST107")


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "identity, gzip", "GZIP", "x"])
@pytest.mark.parametrize("method, target", [("POST", "/users"), ("PATCH", "/users?id=eq.1"), ("PUT", "/users/1")])
def test_a_body_that_is_said_to_be_compressed_is_415(unchanged, method, target, coding):
    """Neither one that is, nor one that only says so."""
    plain = b'{"username":"x","email":"y"}'
    for body in (plain, gzip.compress(plain)):
        response = unchanged.send(method, target, body, kind="application/json", Content_Encoding=coding)
        refused(response, 415, "PGRST107", "Content-Encoding")
        assert response.headers["accept-encoding"] == "identity"
    assert "accept-encoding" not in unchanged.send(method, target, plain, kind="image/png").headers


@pytest.mark.parametrize("coding", ["identity", "Identity", "identity, identity", ""])
def test_a_body_that_is_said_to_be_as_it_was_is_taken(w, coding):
    done(w.post("/users", {"username": "ada", "email": "ada@x"}, Content_Encoding=coding), 201)


BROKEN = [
    b"", b" ", b"{", b"[", b"{}x", b"[{}", b"[{},]", b'{"username":}', b'{"username":"x",}', b"{'username':'x'}", b'{"a":NaN}',
    b'{"username":"a","username":"b"}', b'{"username":"\xff"}', b'{"username":"\\ud800"}', b'{"username":"\\x"}', b'{"username":"a\nb"}',
    b'{"username":01}', b'{"username":1.}', b'{"username":+1}', b"[[]]", b"[1]", b"1", b'"x"', b"null", b"[null]", b'[{},"x"]',
    b'{"username":"x"}{"username":"y"}', b"\xef\xbb\xbf{", b"[" * 2000, b'{"a":' * 2000, b'{"username":tru}', b'{"username":"x"',
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: repr(body[:24]))
@pytest.mark.parametrize("method, target", [("POST", "/users"), ("PATCH", "/users?id=eq.1"), ("PUT", "/users/1")])
def test_json_that_is_broken_is_400(unchanged, method, target, body):
    refused(unchanged.send(method, target, body, kind="application/json"), 400, "PGRST102")


@pytest.mark.parametrize("body", [b"[{},]", b'{"username":"x",}', b'{"username":}'])
def test_a_fault_in_json_has_a_place(unchanged, body):
    error = refused(unchanged.post("/users", body, kind="application/json"), 400, "PGRST102")
    assert re.search(r"\d", f"{error['message']} {error['details']}"), error


def test_a_body_that_is_too_large_is_413(unchanged):
    refused(unchanged.post("/kinds", {"story": "x" * (1 << 20)}, timeout=30), 413)


# --- CSV


def test_csv_many_rows(w):
    response = w.post("/users?select=username,email", csv="username,email\r\nada,ada@x\r\n\"b,\"\"b\",\"x\ny\"\n", prefer=REPRESENTATION)
    assert shown(response, 201) == [{"username": "ada", "email": "ada@x"}, {"username": 'b,"b', "email": "x\ny"}]


def test_csv_the_empty_field_is_null_and_quotes_are_the_empty_text(w):
    done(w.post("/heap", csv='a,b\n5,\n6,""\n,x\n7,NULL\n8,null\n'), 201)
    assert w.rows("SELECT a, b FROM heap WHERE a > 4 OR a IS NULL") == [
        (None, "x"), (5, None), (6, ""), (7, "NULL"), (8, "null"),
    ]  # fmt: skip


def test_csv_without_a_last_line_end_and_without_rows(w):
    done(w.post("/heap", csv="b,a\nx,5"), 201)
    assert w.rows("SELECT a, b FROM heap WHERE a = 5") == [(5, "x")]
    before = w.snapshot()
    done(w.post("/heap", csv="a,b\n"), 201)
    done(w.post("/heap", csv="a,b"), 201)
    assert w.snapshot() == before


def test_csv_values_of_every_type(w):
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(EVERY)
    out.writerow([
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in EVERY.values()
    ])  # fmt: skip
    sent = text.getvalue().replace(",,", ',"",')
    [row] = shown(w.post("/kinds", csv=sent, prefer=REPRESENTATION), 201)
    assert {name: row[name] for name in EVERY} == EVERY


def test_csv_out_is_csv_in(w):
    done(w.post("/kinds", [EVERY, dict.fromkeys(EVERY), {**EVERY, "word": "", "i": None}]), 201)
    target = f"/kinds?select={','.join(EVERY)}&order=id"
    text = w.get(target, headers={"Accept": CSV}).body
    w.schema.sql("DELETE FROM kinds")
    done(w.post("/kinds", csv=text), 201)
    assert w.get(target, headers={"Accept": CSV}).body == text


def test_csv_with_columns(w):
    response = w.post("/defaults?columns=n&select=name,n", csv="name,n\nx,5\n", prefer=REPRESENTATION)
    assert shown(response, 201) == [{"name": "nobody", "n": 5}]


@pytest.mark.parametrize(
    "text",
    ["a,b\n1\n", "a,b\n1,2,3\n", 'a,b\n1,"x\n', 'a,b\n1,"x"y\n', 'a,b\n1,x"y"\n', "a,a\n1,2\n", "", b"a,b\n1,\xff\n"],
    ids=repr,
)
def test_csv_that_is_broken_is_400(unchanged, text):
    refused(unchanged.post("/heap", csv=text), 400, "PGRST102")


def test_csv_of_a_column_nobody_sees(unchanged):
    refused(unchanged.post("/secrets", csv="shown,hidden\na,b\n"), 400, "PGRST204", "hidden")
