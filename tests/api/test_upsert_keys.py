# SPDX-License-Identifier: MIT
"""An upsert means one key: the row that has it is changed or left; which row is there already."""
import pytest

import mysql
import postgresql
import servers
from upserts import IGNORE, MERGE, PEOPLE, WANTED, rows_of, upsert
from upserts import serve  # noqa: F401 (fixtures)
from web import error_of
from writing import REPRESENTATION, refused, shown

# A trigger has a key of its own to collide with. In MariaDB's words both are PRIMARY.
AUDITED = (
    "CREATE TABLE audit (name VARCHAR(20) PRIMARY KEY)",
    "INSERT INTO audit VALUES ('known')",
    "CREATE TABLE audited (id INT PRIMARY KEY, name VARCHAR(20))",
    "INSERT INTO audited VALUES (1, 'old')",
    "CREATE TABLE numbered (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20))",
    *[
        f"CREATE TRIGGER {table}_in AFTER INSERT ON {table} FOR EACH ROW INSERT INTO audit VALUES (NEW.name)"
        for table in ("audited", "numbered")
    ],
)

# Triggers that tell of each row that is changed, also to what it was.
WATCHED = (
    "CREATE TABLE changes (id INT, version INT)",
    "CREATE TABLE watched (id INT PRIMARY KEY, email VARCHAR(20) NOT NULL, version INT NOT NULL DEFAULT 1,"
    " low VARCHAR(20) GENERATED ALWAYS AS (LOWER(email)) STORED,"
    " UNIQUE KEY by_email (email), UNIQUE KEY by_low (low))",
    "INSERT INTO watched (id, email) VALUES (1, 'A'), (2, 'B')",
    "CREATE TRIGGER watched_up BEFORE UPDATE ON watched FOR EACH ROW SET NEW.version = OLD.version + 1",
    "CREATE TRIGGER watched_done AFTER UPDATE ON watched FOR EACH ROW INSERT INTO changes VALUES (OLD.id, OLD.version)",
)


# --- which row is there already


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("body", [
    {"id": 1, "email": "a"},  # one row by both keys
    {"id": 2, "email": "a"},  # two rows
    {"id": 9, "email": "a"},
])  # fmt: skip
def test_ignore_looks_at_the_key_that_is_meant_alone(serve, wanted, body):
    front = serve(*PEOPLE, tables="people")
    before = rows_of(front, "people")
    row = {**body, "name": "new"}
    answer = upsert(front, "/people?on_conflict=email", row, IGNORE, wanted)
    assert answer.status == 200, answer
    assert rows_of(front, "people") == before
    added = {"id": 7, "email": "g", "name": "new"}
    for many in ([row, added], [{"id": 8, "email": "h", "name": "new"}, row]):
        answer = upsert(front, "/people?on_conflict=email", many, IGNORE, wanted)
        assert answer.status == 201, answer
        if wanted == REPRESENTATION:
            assert answer.json() == [one for one in many if one is not row]
        if wanted == "count=exact":
            assert answer.headers["content-range"] == "*/1"
    assert rows_of(front, "people") == [*before, (7, "g", "new"), (8, "h", "new")]


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("key", ["id", "email", "low"])
def test_an_ignore_changes_nothing(serve, wanted, key):
    """No trigger runs for a row that is left out, or refused."""
    front = serve(*WATCHED, tables="watched")
    before, target = rows_of(front, "watched"), f"/watched?on_conflict={key}&columns=id,email"
    row, other, new = {"id": 1, "email": "A"}, {"id": 2, "email": "B"}, {"id": 3, "email": "C"}
    for sent in (row, [row], [row, other], [other, row, row]):
        assert upsert(front, target, sent, IGNORE, wanted).status == 200
    unlike = {**row, "id": 9} if key == "id" else {"id": 1, "email": "Z"}  # by the other key alone
    for sent in (unlike, [unlike], [other, unlike], [{"id": 7, "email": "G"}, unlike]):
        error = refused(upsert(front, target, sent, IGNORE, wanted), 409, "23505", "by_email" if key == "id" else "id")
        assert not isinstance(sent, list) or f"row {len(sent)} of the body" in error["details"]
    assert rows_of(front, "watched") == before
    answer = upsert(front, target, [row, new, other], IGNORE, wanted)
    assert answer.status == 201, answer
    if wanted == REPRESENTATION:
        assert answer.json() == [{**new, "version": 1, "low": "c"}]
    assert rows_of(front, "watched") == [*before, (3, "C", 1, "c")]
    assert front.schema.sql("SELECT * FROM changes") == ()


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("resolution", [MERGE, IGNORE])
@pytest.mark.parametrize("table", ["audited", "numbered"])
def test_a_duplicate_of_a_trigger_is_409(serve, table, resolution, wanted):
    """It is no row that is there already: nothing is written, and that is told."""
    front = serve(*AUDITED, tables="audited,numbered")
    before = rows_of(front, table)
    for ids in ((5, 6), (None, None))[: 2 if table == "numbered" else 1]:
        other, known = {"id": ids[0], "name": "other"}, {"id": ids[1], "name": "known"}
        if ids[0] is None:
            del other["id"], known["id"]
        for sent in (known, [known], [other, known]):
            for prefer in ([wanted], [resolution, wanted]):
                error = refused(upsert(front, f"/{table}", sent, *prefer), 409, "23505")
                assert ids[0] or "(id)" not in (error["details"] or ""), "nobody has sent an id"
                assert rows_of(front, table) == before and rows_of(front, "audit") == [("known",)], sent
    assert upsert(front, f"/{table}", {"id": 9, "name": "other"}, resolution, wanted).status == 201
    assert upsert(front, f"/{table}", {"id": 9, "name": "other"}, resolution, wanted).status in (200, 201)


@pytest.mark.parametrize("wanted", WANTED)
def test_a_key_that_a_trigger_makes_is_the_one_that_counts(serve, wanted):
    front = serve(
        "CREATE TABLE codes (code VARCHAR(20) PRIMARY KEY, name VARCHAR(20))",
        "INSERT INTO codes VALUES ('xa', 'old')",
        "CREATE TRIGGER codes_in BEFORE INSERT ON codes FOR EACH ROW SET NEW.code = CONCAT('x', NEW.code)",
        tables="codes",
    )
    body = {"code": "a", "name": "new"}
    assert upsert(front, "/codes", body, IGNORE, wanted).status == 200
    assert upsert(front, "/codes", [body, body], IGNORE, wanted).status == 200
    assert rows_of(front, "codes") == [("xa", "old")]


@pytest.mark.parametrize("wanted", WANTED)
def test_a_key_that_a_trigger_makes_beside_another_one(serve, wanted):
    front = serve(
        "CREATE TABLE codes (code VARCHAR(20) PRIMARY KEY, name VARCHAR(20) NOT NULL, UNIQUE KEY by_name (name))",
        "INSERT INTO codes VALUES ('a', 'old'), ('xb', 'known')",
        "CREATE TRIGGER codes_in BEFORE INSERT ON codes FOR EACH ROW SET NEW.code = CONCAT('x', NEW.code)",
        tables="codes",
    )
    for name in ("old", "known"):
        row = {"code": "c", "name": name}
        for sent in (row, [row], [{"code": "b", "name": "known"}, row]):
            error = refused(upsert(front, "/codes", sent, IGNORE, wanted), 409, "23505", "name")
            assert not isinstance(sent, list) or f"row {len(sent)} of the body" in error["details"]
        by_name = upsert(front, "/codes?on_conflict=name", {"code": "b", "name": name}, IGNORE, wanted)
        assert by_name.status == 200, by_name
    assert upsert(front, "/codes", {"code": "b", "name": "old"}, IGNORE, wanted).status == 200
    assert rows_of(front, "codes") == [("a", "old"), ("xb", "known")]


@pytest.mark.parametrize("wanted", WANTED)
def test_a_key_that_a_trigger_makes_or_the_database(serve, wanted):
    """In one list: each row is added or left out, whichever statements they have in common."""
    front = serve(
        "CREATE TABLE moved (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20))",
        "INSERT INTO moved VALUES (101, 'old'), (103, 'old'), (200, 'old')",
        "CREATE TRIGGER moved_in BEFORE INSERT ON moved FOR EACH ROW"
        " SET NEW.id = CASE WHEN NEW.id BETWEEN 1 AND 50 THEN NEW.id + 100 ELSE NEW.id END",
        tables="moved",
    )
    servers.ids_go_on(front.schema, "moved")
    rows = [{"id": n, "name": "new"} if n else {"name": "new"} for n in (1, None, 2, 3, 4)]
    if wanted != REPRESENTATION:  # they have other ids than the body says
        answer = upsert(front, "/moved?columns=id,name", rows, IGNORE, "missing=default", wanted)
        assert answer.status == 201, answer
        assert answer.headers["content-range"] == ("*/3" if "count" in wanted else "*/*")
        told = rows_of(front, "moved")
        assert told[:5] == [(101, "old"), (102, "new"), (103, "old"), (104, "new"), (200, "old")]
        assert len(told) == 6 and told[5][0] > 200
    else:
        answer = upsert(front, "/moved", [rows[0], rows[3]], IGNORE, wanted)
        assert answer.status == 200 and answer.json() == [], answer


@pytest.mark.parametrize("wanted", WANTED)
def test_a_default_is_a_part_of_the_key(serve, wanted):
    """Of columns that the body does not have."""
    front = serve(
        "CREATE TABLE cells (id INT PRIMARY KEY AUTO_INCREMENT, x INT, y INT DEFAULT 7, name VARCHAR(20),"
        " UNIQUE KEY xy (x, y))",
        "INSERT INTO cells VALUES (1, 1, 7, 'old'), (2, 2, NULL, 'old')",
        tables="cells",
    )
    body = {"id": 2, "x": 1, "name": "new"}  # two rows
    assert upsert(front, "/cells?on_conflict=x,y", body, IGNORE, wanted).status == 200
    assert upsert(front, "/cells?on_conflict=x,y", [body, body], IGNORE, wanted).status == 200
    refused(upsert(front, "/cells?on_conflict=x,y", body, MERGE, wanted), 409, "23505", "id")
    assert upsert(front, "/cells?on_conflict=x,y", {**body, "id": 3}, MERGE, wanted).status in (200, 201)
    assert rows_of(front, "cells") == [(2, 2, None, "old"), (3, 1, 7, "new")]


@pytest.mark.parametrize("fallback", ["7", "(3 + 4)"])
def test_a_merge_by_a_default_is_shown(serve, fallback):
    """MySQL does not tell the default that is an expression; nothing is written then."""
    front = serve(
        "CREATE TABLE cells (id INT PRIMARY KEY AUTO_INCREMENT, x INT, name VARCHAR(20),"
        f" y INT NOT NULL DEFAULT {fallback}, UNIQUE KEY xy (x, y))",
        "INSERT INTO cells VALUES (1, 1, 'old', 7), (2, 1, 'old', 8)",
        tables="cells",
    )
    servers.ids_go_on(front.schema, "cells")
    before, rows = rows_of(front, "cells"), [{"x": 1, "name": "new"}, {"x": 2, "name": "new"}]
    answer = upsert(front, "/cells?on_conflict=x,y", rows, MERGE, REPRESENTATION)
    if mysql.HERE and fallback != "7":
        refused(answer, 400, "PGRST122", "return=minimal")
        assert rows_of(front, "cells") == before
        assert upsert(front, "/cells?on_conflict=x,y", rows[0], MERGE, "return=headers-only").status == 201
        assert rows_of(front, "cells") == [(1, 1, "new", 7), before[1]]
        return
    told = shown(answer, 201)
    new = {"id": told[1]["id"], "x": 2, "name": "new", "y": 7}
    assert told == [{"id": 1, "x": 1, "name": "new", "y": 7}, new] and new["id"] > 2
    assert rows_of(front, "cells") == [(1, 1, "new", 7), before[1], tuple(new.values())]


@pytest.mark.parametrize("body", [{"id": 9, "x": 2}, {"id": 9, "x": 2, "y": None}, {"x": 2, "y": None}])
def test_a_merge_with_null_in_the_key_is_shown(serve, body):
    front = serve(
        "CREATE TABLE cells (id INT PRIMARY KEY AUTO_INCREMENT, x INT, y INT, name VARCHAR(20), UNIQUE KEY xy (x, y))",
        "INSERT INTO cells VALUES (1, 2, NULL, 'old'), (2, 2, 1, 'old')",
        tables="cells",
    )
    servers.ids_go_on(front.schema, "cells")
    [row] = shown(upsert(front, "/cells?on_conflict=x,y", {**body, "name": "new"}, MERGE, REPRESENTATION), 201)
    assert row == {"id": body.get("id", row["id"]), "x": 2, "y": None, "name": "new"} and row["id"] > 2
    assert rows_of(front, "cells") == [(1, 2, None, "old"), (2, 2, 1, "old"), (row["id"], 2, None, "new")]


@pytest.mark.parametrize("name", ["x.PRIMARY", "people.PRIMARY"])
@pytest.mark.parametrize("wanted", [None, *WANTED])
def test_a_key_whose_name_ends_as_another_ones(serve, wanted, name):
    quoted = f'"{name}"' if postgresql.HERE else f"`{name}`"
    front = serve(PEOPLE[0].replace("people_email", quoted), PEOPLE[1], tables="people")
    before = rows_of(front, "people")
    for sent in ({"id": 5, "email": "a"}, [{"id": 6, "email": "f"}, {"id": 5, "email": "a"}]):
        error = refused(upsert(front, "/people", sent, IGNORE, *([wanted] if wanted else [])), 409, "23505", "email")
        assert name in error["message"]
    assert rows_of(front, "people") == before


@pytest.mark.parametrize("wanted", WANTED)
def test_an_ignore_needs_no_right_to_change_rows(serve, wanted):
    front = serve(*PEOPLE, tables="people", grant="SELECT, INSERT, SHOW VIEW")
    row, added = {"id": 1, "email": "a", "name": "new"}, {"id": 3, "email": "c", "name": "new"}
    assert upsert(front, "/people", row, IGNORE, wanted).status == 200
    assert upsert(front, "/people", [row, row], IGNORE, wanted).status == 200
    assert upsert(front, "/people?on_conflict=email", [row, row], IGNORE, wanted).status == 200
    assert upsert(front, "/people", [row, added], IGNORE, wanted).status == 201
    refused(upsert(front, "/people", {**row, "id": 4}, IGNORE, wanted), 409, "23505", "email")
    both = [{"id": 5, "email": "e", "name": "new"}, {**row, "id": 4}]
    refused(upsert(front, "/people", both, IGNORE, wanted), 409, "23505")
    assert rows_of(front, "people") == [(1, "a", "old"), (2, "b", "old"), (3, "c", "new")]


@pytest.mark.parametrize("wanted", WANTED)
def test_an_ignore_by_a_key_that_the_database_computes_needs_that_right(serve, wanted):
    """On MySQL and MariaDB, to tell whether it is this key; nothing is written without it."""
    front = serve(*WATCHED, tables="watched", grant="SELECT, INSERT, SHOW VIEW")
    before, target = rows_of(front, "watched"), "/watched?on_conflict=low&columns=id,email"
    row, new = {"id": 9, "email": "A"}, {"id": 3, "email": "C"}
    for sent in (row, [row], [new, row]):
        answer = upsert(front, target, sent, IGNORE, wanted, "tx=rollback")
        if postgresql.HERE:
            assert answer.status == (201 if sent == [new, row] else 200), answer
        else:
            refused(answer, 409, "23505", "by_email")
    assert rows_of(front, "watched") == before
    assert upsert(front, target, [new, {"id": 4, "email": "D"}], IGNORE, wanted).status == 201


@pytest.mark.parametrize("key", ["(low)", "(low, kind)"])
@pytest.mark.parametrize("wanted", WANTED)
def test_a_key_that_the_database_computes(serve, wanted, key):
    front = serve(
        "CREATE TABLE mails (id INT PRIMARY KEY, email VARCHAR(20), name VARCHAR(20), kind INT NOT NULL DEFAULT 1,"
        f" low VARCHAR(20) GENERATED ALWAYS AS (LOWER(email)) STORED, UNIQUE KEY by_low {key})",
        "INSERT INTO mails (id, email, name) VALUES (1, 'A', 'old'), (2, 'B', 'old'), (3, NULL, 'old')",
        tables="mails",
    )
    before, target = rows_of(front, "mails"), f"/mails?on_conflict={key[1:-1].replace(' ', '')}"
    body = {"id": 9, "email": "a", "name": "new"}
    assert upsert(front, target, body, IGNORE, wanted).status == 200
    assert upsert(front, target, [body, body], IGNORE, wanted).status == 200
    for other in ({"id": 2, "email": "c"}, {"id": 3, "email": "c"}, {"id": 1, "email": None}):
        for resolution in (MERGE, IGNORE):
            for sent in ({**other, "name": "new"}, [{**body, "id": 1}, {**other, "name": "new"}]):
                refused(upsert(front, target, sent, resolution, wanted), 409, "23505", "id")
    assert rows_of(front, "mails") == before
    for sent in ({**body, "id": 1}, [{**body, "id": 1, "name": "newer"}, {"id": 4, "email": "D", "name": "new"}]):
        answer = upsert(front, target, sent, MERGE, wanted)
        assert answer.status in (200, 201), answer
        if wanted == REPRESENTATION:
            rows = sent if isinstance(sent, list) else [sent]
            assert answer.json() == [{**row, "kind": 1, "low": row["email"].lower()} for row in rows]
    rows = [row[:3] for row in rows_of(front, "mails")]
    assert rows == [(1, "a", "newer"), (2, "B", "old"), (3, None, "old"), (4, "D", "new")]


@pytest.mark.skipif(postgresql.HERE, reason="it has no keys of a text's beginning")
@pytest.mark.parametrize("resolution", [MERGE, IGNORE])
@pytest.mark.parametrize("wanted", WANTED)
def test_a_key_of_a_texts_beginning(serve, wanted, resolution):
    """The row that is meant has all of the text. One that begins alike is another."""
    front = serve(
        "CREATE TABLE words (word VARCHAR(20) NOT NULL, name VARCHAR(20), UNIQUE KEY begins (word(3)))",
        "INSERT INTO words VALUES ('abcdef', 'old')",
        tables="words",
    )
    for sent in ({"word": "abcxyz", "name": "new"}, [{"word": "x", "name": "new"}, {"word": "abcxyz", "name": "new"}]):
        error_of(upsert(front, "/words?on_conflict=word", sent, resolution, wanted), 409, "23505")
    assert rows_of(front, "words") == [("abcdef", "old")]
    body = {"word": "abcdef", "name": "new"}
    assert upsert(front, "/words?on_conflict=word", body, resolution, wanted).status in (200, 201)
    assert rows_of(front, "words") == [("abcdef", "new" if resolution == MERGE else "old")]
