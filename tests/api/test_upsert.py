# SPDX-License-Identifier: MIT
"""POST with a resolution: who is there is changed or left, who is not is added."""
import pytest

import postgresql
from servers import ADMIN, GUEST
from write_tables import IGNORE, MERGE, merged
from write_tables import unchanged, w, writable  # noqa: F401 (fixtures)
from writing import GRANT, REPRESENTATION, applied, done, refused, send, shown


@pytest.mark.parametrize("kind, value", [
    ("BIGINT", 9007199254740993),
    ("BIGINT UNSIGNED", 18446744073709551615),
    ("DECIMAL(40,10)", "123456789012345678901234567890.0123456789"),
    ("DOUBLE", 0.1),
    ("FLOAT", 0.1),
    ("TINYINT(1)", True),
    pytest.param("BIT(64)", 2**64 - 1, marks=pytest.mark.skipif(postgresql.HERE, reason="a text of digits there")),
    ("VARCHAR(20)", "κόσμος"),
    ("CHAR(4) CHARACTER SET latin1", "é"),
    ("VARBINARY(20)", "/wD/"),
    ("ENUM('b','a')", "a"),
    ("UUID", "00000000-0000-0000-0000-000000000001"),
    ("INET6", "::1"),
    ("DATE", "2020-01-01"),
    ("DATETIME(6)", "2020-01-01T00:00:00.123456"),
    ("TIMESTAMP(6)", "2020-01-01T00:00:00.123456Z"),
    ("TIME(6)", "12:00:00.123456"),
    ("YEAR", 2020),
])  # fmt: skip
def test_an_upsert_leaves_its_key_as_it_is(database, start_pool, start_nginx, kind, value):
    """Of every type, to the last digit, where it is compared because there are other unique keys."""
    made = f"CREATE TABLE t (k {kind} NOT NULL, other INT, v INT, PRIMARY KEY (k), UNIQUE KEY o (other))"
    schema = database.schema(made, grant=GRANT)
    front = start_nginx(start_pool(schema.url(), "t", MYREST_WRITABLE="t"))
    made = shown(send(front, "POST", "/t", {"k": value, "other": 1, "v": 1}, prefer=REPRESENTATION), 201)
    before = schema.sql("SELECT k FROM t")
    for number, resolution in enumerate((MERGE, MERGE, IGNORE, IGNORE)):
        body = {"k": value, "v": 2 + number}
        done(send(front, "POST", "/t", body, prefer=resolution), 200 if resolution == IGNORE else 201)
        assert send(front, "POST", "/t", [body], prefer=[resolution, REPRESENTATION]).status in (200, 201)
        assert schema.sql("SELECT k FROM t") == before
    assert shown(front.get("/t")) == [{**made[0], "v": 3}]


def test_merge_changes_who_is_there_and_adds_who_is_not(w):
    body = [{"id": 1, "username": "root", "email": "r@x"}, {"id": 7, "username": "ada", "email": "ada@x"}]
    response = merged(w.post("/users", body, prefer=(MERGE, REPRESENTATION)))
    assert response.json() == body
    assert applied(response) == {MERGE, "return=representation"}
    assert w.rows("SELECT * FROM users ORDER BY id") == [(1, "root", "r@x"), (2, "guest", "guest@example.com"), (7, "ada", "ada@x")]


def test_merge_without_a_key_adds(w):
    rows = merged(w.post("/users", {"username": "ada", "email": "ada@x"}, prefer=(MERGE, REPRESENTATION))).json()
    assert rows == [{"id": rows[0]["id"], "username": "ada", "email": "ada@x"}]
    assert w.value("SELECT COUNT(*) FROM users") == 3


def test_merge_shows_rows_that_are_the_same_as_well(w):
    body = [ADMIN, {**GUEST, "email": "new"}]
    assert merged(w.post("/users", body, prefer=(MERGE, REPRESENTATION))).json() == body


def test_merge_changes_only_the_columns_that_are_given(w):
    response = merged(w.post("/people", {"id": 1, "email": "a@x", "first": "Ann", "last": "New"}, prefer=MERGE))
    assert response.body == b""
    assert w.rows("SELECT * FROM people WHERE id = 1") == [(1, "a@x", "Ann", "New", 20)]


@pytest.mark.parametrize(
    "conflict, body, row",
    [
        ("email", {"email": "a@x", "first": "New", "last": "Name"}, (1, "a@x", "New", "Name", 20)),
        ("first,last", {"email": "new@x", "first": "Ann", "last": "Ash", "age": 99}, (1, "new@x", "Ann", "Ash", 99)),
        ("last,first", {"email": "new@x", "first": "Ann", "last": "Ash"}, (1, "new@x", "Ann", "Ash", 20)),
        ("%22email%22", {"email": "a@x", "first": "X", "last": "Y"}, (1, "a@x", "X", "Y", 20)),
    ],
)
def test_merge_by_another_unique_key(w, conflict, body, row):
    [answer] = merged(w.post(f"/people?on_conflict={conflict}", body, prefer=(MERGE, REPRESENTATION))).json()
    assert tuple(answer.values()) == row
    assert w.rows("SELECT * FROM people WHERE id = 1") == [row]
    assert w.value("SELECT COUNT(*) FROM people") == 2


@pytest.mark.parametrize("resolution", [MERGE, IGNORE])
@pytest.mark.parametrize(
    "conflict, body, column",
    [
        ("", {"id": 9, "email": "b@x", "first": "New", "last": "Name"}, "email"),
        ("", {"id": 1, "email": "b@x", "first": "Ann", "last": "Ash"}, "email"),
        ("?on_conflict=email", {"email": "new@x", "first": "Bea", "last": "Box"}, "first"),
        ("?on_conflict=first,last", {"email": "b@x", "first": "New", "last": "Name"}, "email"),
        ("?on_conflict=email", {"id": 2, "email": "new@x", "first": "New", "last": "Name"}, "id"),
    ],
)
def test_a_conflict_with_another_key_is_409(unchanged, resolution, conflict, body, column):
    if resolution == IGNORE and body.get("id") == 1:  # the row of the key is there: it is left as it is
        done(unchanged.post(f"/people{conflict}", body, prefer=resolution), 200)
        return
    refused(unchanged.post(f"/people{conflict}", body, prefer=resolution), 409, "23505", column)


@pytest.mark.parametrize("resolution", [MERGE, IGNORE])
@pytest.mark.parametrize("conflict", ["email", "email,first"])
def test_a_conflict_with_another_key_is_409_where_the_row_has_null_in_the_one_that_is_meant(
    database, start_pool, start_nginx, conflict, resolution
):
    """A comparison with NULL must not pass for one that holds."""
    schema = database.schema(
        "CREATE TABLE t (id INT PRIMARY KEY, email VARCHAR(20), first VARCHAR(20), name VARCHAR(20), UNIQUE KEY e (email),"
        " UNIQUE KEY ef (email, first))",
        "INSERT INTO t VALUES (1, NULL, 'a', 'old'), (2, NULL, NULL, 'old')",
        grant=GRANT,
    )
    before = schema.sql("SELECT * FROM t ORDER BY id")
    front = start_nginx(start_pool(schema.url(), "t", MYREST_WRITABLE="t"))
    for number in (1, 2):
        for values in ({"email": "x", "first": "a"}, {"email": None, "first": "a"}, {"email": None, "first": None}, {}):
            body = {"id": number, **values, "name": "new"}
            other = {"id": 9, **{column: "z" for column in values}, "name": "new"}
            for sent in (body, [other, body]):
                answer = send(front, "POST", f"/t?on_conflict={conflict}", sent, prefer=resolution)
                refused(answer, 409, "23505", "id", *(["row 2"] if sent != body else []))
                assert schema.sql("SELECT * FROM t ORDER BY id") == before, sent


def test_ignore_adds_who_is_not_there_and_leaves_who_is(w):
    body = [{"id": 1, "username": "root", "email": "r@x"}, {"id": 7, "username": "ada", "email": "ada@x"}]
    response = w.post("/users", body, prefer=(IGNORE, REPRESENTATION))
    assert shown(response, 201) == [body[1]]
    assert applied(response) == {IGNORE, "return=representation"}
    assert w.rows("SELECT * FROM users ORDER BY id") == [
        (1, "admin", "admin@example.com"), (2, "guest", "guest@example.com"), (7, "ada", "ada@x"),
    ]  # fmt: skip


def test_ignore_all_of_them(unchanged):
    response = unchanged.post("/users", [ADMIN, GUEST], prefer=(IGNORE, REPRESENTATION))
    assert response.status == 200 and response.json() == [], response


def test_ignore_ids_are_those_of_the_rows_that_were_added(w):
    body = [{"email": f"{n}@x", "first": f"F{n}", "last": "L"} for n in range(10)]
    done(w.post("/people", body[::3]), 201)
    rows = shown(w.post("/people?on_conflict=email", body, prefer=(IGNORE, REPRESENTATION)), 201)
    assert [row["email"] for row in rows] == [row["email"] for n, row in enumerate(body) if n % 3]
    assert {row["id"]: row["email"] for row in rows}.items() <= dict(w.rows("SELECT id, email FROM people")).items()


def test_merge_ids_are_those_of_the_rows(w):
    body = [{"email": f"{n}@x", "first": f"F{n}", "last": "L"} for n in range(10)]
    done(w.post("/people", body[::3]), 201)
    rows = merged(w.post("/people?on_conflict=email", [row | {"age": 5} for row in body], prefer=(MERGE, REPRESENTATION))).json()
    assert [(row["email"], row["age"]) for row in rows] == [(row["email"], 5) for row in body]
    assert {row["id"]: row["email"] for row in rows} == dict(w.rows("SELECT id, email FROM people WHERE age = 5"))


@pytest.mark.parametrize("prefer", [MERGE, (MERGE, REPRESENTATION), (MERGE, REPRESENTATION, "missing=default")])
def test_merge_by_another_key_leaves_ids_that_are_not_named(w, prefer):
    """Each row as it says: with an id, with null for it, or without one."""
    names = {"first": "F", "last": "L"}
    body = [
        {"id": None, "email": "b@x", **names},
        {"id": 1, "email": "a@x", **names, "last": "A"},
        {"email": "new@x", **names, "last": "N"},
        {"id": 70, "email": "seventy@x", **names, "last": "S"},
        {"id": None, "email": "a@x", **names, "last": "B"},
    ]
    answer = w.post("/people?on_conflict=email&columns=id,email,first,last", body, prefer=prefer)
    assert answer.status in (200, 201), answer
    rows = w.rows("SELECT id, email, last FROM people ORDER BY email")
    assert rows[:2] + rows[3:] == [(1, "a@x", "B"), (2, "b@x", "L"), (70, "seventy@x", "S")] and rows[2][1] == "new@x"
    if prefer != MERGE:
        assert [(row["id"], row["last"]) for row in answer.json()] == [(2, "L"), (1, "A"), (rows[2][0], "N"), (70, "S"), (1, "B")]


@pytest.mark.parametrize("body", [{"id": None, "email": "b@x"}, [{"id": 1, "email": "a@x"}, {"id": None, "email": "b@x"}]])
@pytest.mark.parametrize("resolution", [MERGE, IGNORE])
def test_null_for_the_id_of_a_row_that_another_key_finds(w, resolution, body):
    given = [{**row, "first": "F", "last": row["email"]} for row in (body if isinstance(body, list) else [body])]
    answer = w.post("/people?on_conflict=email", given if isinstance(body, list) else given[0], prefer=resolution)
    assert answer.status in (200, 201), answer
    assert w.rows("SELECT id, email FROM people") == [(1, "a@x"), (2, "b@x")]


def test_merge_leaves_a_number_of_the_database_s(w):
    body = [{"id": 1, "n": None, "name": "a"}, {"id": 2, "n": 500, "name": "b"}]
    answer = merged(w.post("/numbered", body, prefer=(MERGE, REPRESENTATION)))
    assert answer.json() == [{"id": 1, "n": 1011, "name": "a"}, body[1]] == w.json("/numbered?order=id")
    merged(w.post("/numbered?on_conflict=n", {"id": 3, "n": 500, "name": "c"}, prefer=MERGE))
    assert w.rows("SELECT * FROM numbered") == [(1, 1011, "a"), (3, 500, "c")]


@pytest.mark.parametrize(
    "table, body, status, code, column",
    [
        ("users", {"id": 9, "username": "x" * 81, "email": "y"}, 422, "22001", "username"),
        ("users", {"id": 9, "username": None, "email": "y"}, 422, "23502", "username"),
        ("users", {"id": 9, "username": "x"}, 422, "23502", "email"),
        ("books", {"id": 9, "author_id": 77}, 409, "23503", "author_id"),
        ("checked", {"id": 9, "n": 11}, 422, "23514", "small_n"),
        ("checked", {"id": 9, "n": 2147483648}, 422, "22003", "n"),
        ("kinds", {"id": 9, "kind": "c"}, 422, "22P02", "kind"),
    ],
)
@pytest.mark.parametrize("resolution", [MERGE, IGNORE])
def test_only_duplicates_are_resolved(unchanged, resolution, table, body, status, code, column):
    """IGNORE in the server's own sense would cut values off and leave rows out."""
    refused(unchanged.post(f"/{table}", body, prefer=resolution), status, code, column)


@pytest.mark.parametrize("conflict", ["age", "first", "first,age", "email,first", "email,id"])
@pytest.mark.parametrize("resolution", [MERGE, IGNORE])
def test_on_conflict_that_is_no_unique_key_is_400(unchanged, resolution, conflict):
    body = {"email": "a@x", "first": "New", "last": "Name"}
    refused(unchanged.post(f"/people?on_conflict={conflict}", body, prefer=resolution), 400, "42P10")


def test_on_conflict_of_a_column_nobody_sees_is_400(unchanged):
    for column in ("hidden", "nothing"):
        refused(unchanged.post(f"/secrets?on_conflict={column}", {"shown": "x"}, prefer=MERGE), 400)


def test_upsert_where_there_is_no_key(w):
    response = w.post("/heap", {"a": 1, "b": "x"}, prefer=MERGE)
    assert response.status in (201, 400), response
    assert w.value("SELECT COUNT(*) FROM heap") == (4 if response.status == 201 else 3)


def test_merge_by_a_composite_key(w):
    body = [{"x": 1, "y": "a", "v": 100}, {"x": 5, "y": "e", "v": 500}]
    rows = merged(w.post("/cells?select=x,y,v,note", body, prefer=(MERGE, REPRESENTATION))).json()
    assert rows == [body[0] | {"note": "n1"}, body[1] | {"note": "none"}]


def test_merge_by_csv(w):
    merged(w.post("/users", csv="id,username,email\n1,root,r@x\n8,eve,e@x\n", prefer=MERGE))
    assert w.rows("SELECT * FROM users ORDER BY id") == [(1, "root", "r@x"), (2, "guest", "guest@example.com"), (8, "eve", "e@x")]


def test_a_duplicate_without_a_resolution_is_409(unchanged):
    refused(unchanged.post("/users?on_conflict=username", ADMIN), 409, "23505")
