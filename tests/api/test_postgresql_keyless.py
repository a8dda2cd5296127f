# SPDX-License-Identifier: MIT
"""What is written comes back, without a key as well."""
from postgresql_own import keyless, serve, table  # noqa: F401 (fixtures)
from writing import CSV, OBJECT, REPRESENTATION, done, refused, send, shown


def test_a_change_gives_its_rows_back(table):
    made, name = table, table.table
    answer = send(made.web, "PATCH", f"/{name}?a=lt.4&order=a.desc&select=a,b,t:a::text,n:j->n->1,m:j->>n", {"b": "x"}, prefer=[REPRESENTATION, "count=exact"])
    assert shown(answer) == [{"a": n, "b": "x" + made.mark, "t": str(n), "n": n, "m": f"[{n}, {n}]"} for n in (3, 2, 1)]
    assert answer.headers["content-range"] == "0-2/3"
    assert made.rows() == ((1, "x"), (2, "x"), (3, "x"), (4, "b4"), (5, "b5"))
    answer = send(made.web, "PATCH", f"/{name}?a=eq.4&select=b", {"b": "y"}, prefer=REPRESENTATION, accept=OBJECT)
    assert shown(answer) == {"b": "y" + made.mark}
    answer = send(made.web, "PATCH", f"/{name}?a=eq.4", {"b": "z"}, prefer=REPRESENTATION, accept=CSV)
    assert answer.body.decode() == f'a,b,j,x\n4,z{made.mark},"{{""n"":[4, 4]}}",\n'
    assert shown(send(made.web, "PATCH", f"/{name}?a=eq.99", {"b": "z"}, prefer=REPRESENTATION)) == []
    assert shown(send(made.web, "DELETE", f"/{name}?a=gt.3&order=a&select=a", prefer=REPRESENTATION)) == [{"a": 4}, {"a": 5}]
    assert made.rows() == ((1, "x"), (2, "x"), (3, "x"))
    assert b"hidden" not in send(made.web, "DELETE", f"/{name}?a=eq.1", prefer=REPRESENTATION).body


def test_a_change_that_may_not_be_shown_is_not_made(table):
    made, name = table, table.table
    before = made.rows()
    for method in ("PATCH", "DELETE"):
        body = {"b": "x"} if method == "PATCH" else None
        refused(send(made.web, method, f"/{name}?a=gt.0", body, prefer=REPRESENTATION), 400, "PGRST122", "return=minimal")
        refused(send(made.web, method, f"/{name}?a=gt.3", body, prefer=REPRESENTATION, accept=OBJECT), 406, "PGRST116")
        refused(send(made.web, method, f"/{name}?a=gt.3", body, prefer=[REPRESENTATION, "handling=strict", "max-affected=1"]), 400, "PGRST124")
        assert len(shown(send(made.web, method, f"/{name}?a=gt.3", body, prefer=[REPRESENTATION, "tx=rollback"]))) == 2
        assert "'x'" in refused(send(made.web, method, f"/{name}?x=eq.1", body, prefer=REPRESENTATION), 400, "42883")["message"]
    refused(send(made.web, "PATCH", f"/{name}?a=eq.1", {"b": "too long"}, prefer=REPRESENTATION), 422, "22001", "b")
    refused(send(made.web, "PATCH", f"/{name}?a=eq.1", {"b": "z", "x": "<"}, prefer=REPRESENTATION), 400, "22P02", "x")
    assert made.rows() == before


def test_a_limit_without_a_key(table):
    """Rows of two partitions stand at the same place, each in its own."""
    made, name = table, table.table
    if name in ("simple", "triggered"):
        for prefer in (REPRESENTATION, "return=minimal"):
            refused(send(made.web, "PATCH", f"/{name}?order=a&limit=1", {"b": "x"}, prefer=prefer), 400, "PGRST100", "limit")
            refused(send(made.web, "DELETE", f"/{name}?order=a&limit=1", prefer=prefer), 400, "PGRST100", "limit")
        return
    assert shown(send(made.web, "PATCH", f"/{name}?order=a.desc&limit=2&select=a", {"b": "x"}, prefer=REPRESENTATION)) == [{"a": 5}, {"a": 4}]
    done(send(made.web, "PATCH", f"/{name}?order=a&limit=1", {"b": "y"}), 204)
    assert made.rows() == ((1, "y"), (2, "b2"), (3, "b3"), (4, "x"), (5, "x"))
    assert shown(send(made.web, "DELETE", f"/{name}?order=a&limit=1&select=a", prefer=REPRESENTATION)) == [{"a": 1}]
    done(send(made.web, "DELETE", f"/{name}?order=a.desc&limit=1"), 204)
    assert made.rows() == ((2, "b2"), (3, "b3"), (4, "x"))


def test_what_rules_write_is_not_given_back(keyless):
    keyless.sql("DELETE FROM heap", "INSERT INTO heap (a, b) VALUES (1, 'b1')")
    for method, body in (("PATCH", {"b": "x"}), ("DELETE", None)):
        assert "return=minimal" in refused(send(keyless.web, method, "/ruled?a=eq.1", body, prefer=REPRESENTATION), 400, "0A000")["message"]
    done(send(keyless.web, "PATCH", "/ruled?a=eq.1", {"b": "x"}), 204)
    assert keyless.sql("SELECT b FROM heap") == (("x",),)
