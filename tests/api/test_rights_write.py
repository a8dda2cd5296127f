# SPDX-License-Identifier: MIT
"""Rights to write that are missing."""
import pytest

from rights import SECRETS, bare, check, follow, may
from rights import serve  # noqa: F401 (fixtures)
from web import error_of
from writing import REPRESENTATION, refused, send

WRITERS = (
    ("INSERT", "POST", "/t", {"id": 2, "name": "b"}),
    ("UPDATE", "PATCH", "/t/1", {"name": "b"}),
    ("DELETE", "DELETE", "/t/1", None),
)


@pytest.mark.parametrize("right, method, target, body", WRITERS)
def test_a_missing_right_is_told(database, lab, start_pool, start_nginx, right, method, target, body):
    schema = bare(database, *SECRETS)
    rights = {"INSERT", "UPDATE", "DELETE"} - {right}
    may(schema, "SELECT ON t", *(f"{one} ON t" for one in rights))
    pool = start_pool(schema.url(), "t", MYREST_WRITABLE="t")
    fault = error_of(send(start_nginx(pool), method, target, body), 403, "42501")
    assert fault["hint"] == f"on table 't' the account has no {right}"
    logged = [entry for entry in pool.log("write-failed") if entry["level"] == "warning"]
    assert len(logged) == 1 and logged[0]["table"] == "t" and "denied" in logged[0]["message"], pool.text()
    ended = check(lab, schema)
    assert ended.returncode == 0, ended  # a table may be meant for some of the methods alone
    left = {"INSERT": "PATCH DELETE", "UPDATE": "POST DELETE", "DELETE": "POST PATCH"}[right]
    assert f"table t: 3 of 3 columns, /t/KEY by id, writable by {left} alone\n" in ended.stdout
    assert f"warning: MYREST_WRITABLE: on table 't' the account has no {right}: GRANT {right} ON " in ended.stderr
    assert ended.stderr.count("myrest:") == 1 and not any(one in ended.stderr for one in rights), ended.stderr
    assert schema.sql("SELECT * FROM t") == ((1, "a", "x"),)
    follow(schema, ended)
    ended = check(lab, schema)
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    assert "table t: 3 of 3 columns, /t/KEY by id, writable\n" in ended.stdout
    assert schema.sql("SELECT * FROM t") == ((1, "a", "x"),)


@pytest.mark.parametrize(
    "preference, rights",
    [
        ("merge-duplicates", ["SELECT (id, name)", "INSERT", "UPDATE (id, name)"]),
        ("ignore-duplicates", ["SELECT (id)", "INSERT"]),
        (f"ignore-duplicates, {REPRESENTATION}", ["SELECT", "INSERT"]),
        ("ignore-duplicates, count=exact", ["SELECT (id)", "INSERT"]),
    ],
)
def test_an_upsert_needs_no_more_rights_than_it_is_said_to(database, serve, preference, rights):
    schema = bare(database, "CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20), pw VARCHAR(20))", "INSERT INTO t VALUES (1, 'a', 'x')")
    body = [{"id": 1, "name": "b"}, {"id": 2, "name": "c"}]
    may(schema, *(f"{right} ON t" for right in rights))
    web = serve(schema, "t", MYREST_WRITABLE="t")
    answer = send(web, "POST", "/t", body, prefer=f"resolution={preference}")
    assert answer.status in (200, 201), answer
    assert schema.sql("SELECT * FROM t ORDER BY id") == ((1, "b" if "merge" in preference else "a", "x"), (2, "c", None))


@pytest.mark.parametrize(
    "rights",
    [
        ["SELECT", "INSERT"],
        ["SELECT (id)", "INSERT", "UPDATE"],
    ],
)
def test_a_merge_that_lacks_a_right_is_403(database, serve, rights):
    schema = bare(database, "CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20), pw VARCHAR(20))", "INSERT INTO t VALUES (1, 'a', 'x')")
    may(schema, *(f"{right} ON t" for right in rights))
    web = serve(schema, "t", MYREST_WRITABLE="t")
    refused(send(web, "POST", "/t", {"id": 1, "name": "b"}, prefer="resolution=merge-duplicates"), 403, "42501")
    assert schema.sql("SELECT * FROM t") == ((1, "a", "x"),)
