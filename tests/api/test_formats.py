# SPDX-License-Identifier: MIT
"""What an answer looks like: media types, windows by Range, how many rows there are, entity tags."""
import csv
import io
import json
import threading
import time

import pytest

import fcgi
from differences import here
import servers
from web import error_of
from servers import ADMIN, GUEST, USERS

OBJECT = "application/vnd.pgrst.object+json"
TABLES = (
    *USERS,
    "CREATE TABLE notes (id INT PRIMARY KEY, title VARCHAR(200), n DECIMAL(6,2), done BOOL, at DATETIME(3), "
    "doc JSON, raw BLOB, bits BIT(4)) CHARACTER SET utf8mb4",
    "INSERT INTO notes VALUES (1, 'plain', 1.50, 1, '2024-01-02 03:04:05.678', '{\"a\": [1, \"x,y\"]}', 'abc', 5),"
    "(2, 'a \"quote\", a comma', -0.10, 0, NULL, NULL, '', NULL), (3, '', NULL, NULL, NULL, 'null', NULL, 0),"
    "(4, NULL, 0, 2, NULL, '\"s\"', NULL, NULL), (5, 'line\\nfeed\\rreturn', 0, 1, NULL, '[]', NULL, NULL),"
    "(6, 'κόσμος 🎉', 0, 1, NULL, '1', NULL, NULL)",
    "CREATE TABLE many (id INT PRIMARY KEY, bucket INT, filler VARCHAR(100), KEY (bucket))",
    "INSERT INTO many SELECT seq, seq % 10, REPEAT('x', 100) FROM seq_1_to_20000",
    "CREATE VIEW evens AS SELECT id FROM many WHERE id % 2 = 0",
    # What MySQL ends in time is a table that sleeps, not a column. The count needs no column, but every table.
    "CREATE VIEW sleepy AS SELECT id, (SELECT pause FROM (SELECT SLEEP(2) AS pause) AS slow) AS pause FROM users WHERE id = 1",
    "CREATE VIEW asleep AS SELECT id, pause FROM users CROSS JOIN (SELECT SLEEP(2) AS pause) AS slow WHERE id = 1",
    "CREATE TABLE pairs (id INT PRIMARY KEY AUTO_INCREMENT, n INT)",
)


@pytest.fixture(scope="module")
def notes(service):
    return service(*TABLES, tables="users,notes,many,evens,sleepy,asleep,pairs", MYREST_STATEMENT_TIMEOUT=1)


def get(service, target, method="GET", **headers):
    return service.get(target, method=method, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_rows_as_csv(notes):
    response = get(notes, "/notes?order=id", Accept="text/csv")
    assert response.status == 200 and response.headers["content-type"] == "text/csv; charset=utf-8"
    assert int(response.headers["content-length"]) == len(response.body)
    text = response.body.decode()
    assert text.startswith("id,title,n,done,at,doc,raw,bits\n") and text.endswith("\n")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["title"] for row in rows] == [
        "plain", 'a "quote", a comma', "", "", "line\nfeed\rreturn", "κόσμος 🎉"
    ]
    two, bits, none = here("formats.two", ("2", "5", "0"))
    assert rows[0] == {
        "id": "1", "title": "plain", "n": "1.50", "done": "true", "at": "2024-01-02T03:04:05.678",
        "doc": '{"a": [1, "x,y"]}', "raw": "YWJj", "bits": bits,
    }
    assert rows[3]["done"] == two and rows[3]["doc"] == '"s"'
    lines = text.split("\n")
    assert lines[2].endswith(',false,,,"",')  # NULL is the empty field, empty bytes are ""
    assert lines[3] == f'3,"",,,,null,,{none}'
    assert lines[4].startswith("4,,")


def test_csv_says_the_names_of_the_answer(notes):
    response = get(notes, "/notes?select=key:id,%22a,b%22:title&limit=1&order=id", Accept="text/csv")
    assert response.body == b'key,"a,b"\n1,plain\n'
    assert get(notes, "/notes?id=eq.77", Accept="text/csv").body.count(b"\n") == 1
    assert get(notes, "/users/2", Accept="text/csv").body == b"id,username,email\n2,guest,guest@example.com\n"
    assert get(notes, "/users/3", Accept="text/csv").status == 404


def test_rows_as_ndjson(notes):
    response = get(notes, "/notes?order=id", Accept="application/x-ndjson")
    assert response.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    lines = response.body.decode().split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == get(notes, "/notes?order=id").json()


def test_one_object(notes):
    response = get(notes, "/users?id=eq.2", Accept=OBJECT)
    assert response.status == 200 and response.json() == GUEST
    assert response.headers["content-type"] == OBJECT + "; charset=utf-8"
    for target, count in (("/users", 2), ("/users?id=eq.9", 0), ("/users?order=id&limit=0", 0)):
        error = error_of(get(notes, target, Accept=OBJECT), 406, "PGRST116")
        assert error["details"] == f"The result contains {count} rows"
    assert get(notes, "/users?order=id&limit=1", Accept=OBJECT).json() == ADMIN
    # More than MYREST_BUFFER_BYTES, of which one object would be wanted: they are counted, not sent.
    assert "1000 rows" in error_of(get(notes, "/many?select=*,f:filler,g:filler,h:filler", Accept=OBJECT), 406)["details"]


def test_what_cannot_be_made_is_406(notes):
    assert "text/csv" in error_of(get(notes, "/users", Accept="image/png"), 406, "PGRST107")["details"]
    assert get(notes, "/users", Accept="image/png, */*;q=0.1").json() == [ADMIN, GUEST]


@pytest.mark.parametrize(
    "target, headers, rows, content_range",
    [
        ("/many?order=id&select=id", {"Range": "0-2"}, [1, 2, 3], "0-2/*"),
        ("/many?order=id&select=id", {"Range": "5-5", "Range-Unit": "items"}, [6], "5-5/*"),
        ("/many?order=id&select=id", {"Range": "items=1-2"}, [2, 3], "1-2/*"),
        ("/many?order=id&select=id", {"Range": "19998-"}, [19999, 20000], "19998-19999/*"),
        ("/many?order=id&select=id&limit=2", {"Range": "1-9"}, [2], "1-1/*"),
        ("/many?order=id&select=id&offset=4&limit=3", {"Range": "0-5"}, [5, 6], "4-5/*"),
        ("/many?order=id&select=id&limit=2", {"Range": "7-9"}, [], "*/*"),
        ("/many?order=id&select=id&limit=2", {"Range": "bytes=0-0"}, [1, 2], "0-1/*"),
        ("/many?order=id&select=id&limit=2", {"Range": "nonsense"}, [1, 2], "0-1/*"),
        ("/many?id=eq.7&select=id", {"Range": "0-0"}, [7], "0-0/*"),
        ("/many?id=eq.7&select=id", {"Range": "1-1"}, [], "*/*"),
    ],
)
def test_a_window_by_range(notes, target, headers, rows, content_range):
    response = notes.get(target, headers=headers)
    assert response.status == 200, response
    assert [row["id"] for row in response.json()] == rows
    assert response.headers["content-range"] == content_range


def test_a_range_that_ends_before_it_begins_is_416(notes):
    error_of(get(notes, "/many", Range="9-3"), 416, "PGRST103")


@pytest.mark.parametrize("prefer, applied", [
    ("tx=rollback", "tx=rollback"),
    ("tx=commit, count=exact", "count=exact, tx=commit"),
    ("handling=strict", "handling=strict"),
    ("handling=lenient, nothing=else, tx=rollback, count=planned", "count=planned, tx=rollback, handling=lenient"),
    ("return=minimal", None),
])  # fmt: skip
def test_what_a_read_heeds_is_named(users, prefer, applied):
    assert users.get("/users", headers={"Prefer": prefer}).headers.get("preference-applied") == applied


@pytest.mark.parametrize(
    "target, status, content_range",
    [
        ("/users", 200, "0-1/2"),
        ("/users?limit=1", 206, "0-0/2"),
        ("/users?limit=1&offset=1", 206, "1-1/2"),
        ("/users?offset=2", 206, "*/2"),
        ("/users?id=gt.5", 200, "*/0"),
        ("/users?id=eq.1", 200, "0-0/1"),
        ("/many?select=id&limit=3", 206, "0-2/20000"),
        ("/many?select=id", 206, "0-999/20000"),
        ("/many?select=id&bucket=eq.3&limit=1", 206, "0-0/2000"),
        ("/many?select=id&or=(bucket.eq.3,id.lt.100)&limit=1", 206, "0-0/2089"),
        ("/evens?limit=2", 206, "0-1/10000"),
    ],
)
def test_all_are_counted(notes, target, status, content_range):
    for method in ("GET", "HEAD"):
        response = get(notes, target, method, Prefer="count=exact")
        assert (response.status, response.headers["content-range"]) == (status, content_range)
        assert response.headers["preference-applied"] == "count=exact"


def test_behind_the_end_of_a_known_number_is_416(notes):
    response = get(notes, "/users?offset=3", Prefer="count=exact")
    error = error_of(response, 416, "PGRST103")
    assert error["details"] == "An offset of 3 was requested, but there are only 2 rows."
    assert response.headers["content-range"] == "*/2"
    assert get(notes, "/users?offset=3").json() == []


def test_the_planner_s_guess(notes):
    notes.schema.sql("ANALYZE TABLE many PERSISTENT FOR ALL")

    def total(target, count):
        return int(get(notes, target, Prefer=f"count={count}").headers["content-range"].rpartition("/")[2])

    assert 15000 < total("/many?select=id&limit=1", "planned") < 25000
    assert 1000 < total("/many?select=id&bucket=eq.3&limit=1", "planned") < 4000
    assert total("/users", "planned") >= 2
    assert total("/users?id=eq.77", "planned") == 0
    # Few are counted, many are guessed.
    assert total("/users?limit=1", "estimated") == 2
    assert total("/many?select=id&id=lt.50&limit=1", "estimated") == 49
    assert 15000 < total("/many?select=id&limit=1", "estimated") < 25000


def test_only_a_count_takes_a_snapshot(notes):
    notes.schema.sql("ANALYZE TABLE many PERSISTENT FOR ALL")

    def snapshots(target, count):
        before = notes.schema.sql("SHOW GLOBAL STATUS LIKE 'Com_begin'")[0][1]
        assert get(notes, target, Prefer=f"count={count}").status == 206
        return int(notes.schema.sql("SHOW GLOBAL STATUS LIKE 'Com_begin'")[0][1]) - int(before)

    assert snapshots("/many?select=id&limit=1", "planned") == 0
    assert snapshots("/many?select=id&limit=1", "estimated") == 0
    assert snapshots("/users?limit=1", "estimated") == 1
    assert snapshots("/users?limit=1", "exact") == 1


def test_a_large_answer_with_a_count_streams_and_ends_its_snapshot(notes):
    target = "/many?select=*,f:filler,g:filler,h:filler&order=id"
    response = get(notes, target, Prefer="count=exact")
    assert len(response.json()) == 1000
    notes.schema.sql("INSERT INTO users VALUES (30, 'after', 'after@example.com')")
    try:
        for _ in range(10):
            assert get(notes, "/users?select=id&order=id").json()[-1] == {"id": 30}
    finally:
        notes.schema.sql("DELETE FROM users WHERE id = 30")


@pytest.mark.parametrize("failing", ["asleep", "sleepy"])
def test_a_count_that_fails_leaves_no_snapshot_behind(notes, failing):
    """Nor do rows that fail when they are counted."""
    for number in range(4):
        error_of(get(notes, f"/{failing}", Prefer="count=exact"), 504)
        notes.schema.sql(f"INSERT INTO users VALUES ({40 + number}, 'n{number}', 'n{number}')")
        for _ in range(4):
            assert {"id": 40 + number} in get(notes, "/users?select=id").json()
    notes.schema.sql("DELETE FROM users WHERE id >= 40")


def test_rows_and_their_number_are_of_one_moment(notes):
    stop = threading.Event()

    def write():
        connection = notes.schema.connect()
        connection.autocommit(False)
        with connection.cursor() as cursor:
            while not stop.is_set():
                cursor.execute("INSERT INTO pairs (n) VALUES (1), (2), (3)")
                connection.commit()
                cursor.execute("DELETE FROM pairs ORDER BY id LIMIT 2")
                connection.commit()
                if cursor.execute("SELECT COUNT(*) FROM pairs") and cursor.fetchone()[0] > 300:
                    cursor.execute("DELETE FROM pairs")
                    connection.commit()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    try:
        end = time.monotonic() + 2
        while time.monotonic() < end:
            response = get(notes, "/pairs?select=id", Prefer="count=exact")
            total = int(response.headers["content-range"].rpartition("/")[2])
            assert total == len(response.json())
            seen.add(total)
    finally:
        stop.set()
        writer.join()
    assert len(seen) > 3, "nothing was written meanwhile"


def test_who_counts_and_who_does_not_share_one_statement(database, start_pool):
    schema = database.schema(*USERS, "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(0.4) AS pause")
    pool = start_pool(schema.url(), "users,slow", workers=1)
    wanted = [
        ({}, "0-1/*", b"["),
        ({"Prefer": "count=exact"}, "0-1/2", b"["),
        ({"Accept": "text/csv"}, "0-1/*", b"id,"),
        ({"Accept": "application/x-ndjson", "Prefer": "count=estimated"}, "0-1/2", b"{"),
    ]
    with pool.fcgi() as busy:
        busy.send(fcgi.encode("GET", "/slow"))
        time.sleep(0.1)
        connections = [pool.fcgi() for _ in wanted]
        for connection, (headers, _, _) in zip(connections, wanted):
            connection.send(fcgi.encode("GET", "/users", headers={"MyREST-Merged": "?", **headers}))
        for connection, (_, content_range, begins) in zip(connections, wanted):
            answer = connection.read()
            assert answer.headers["content-range"] == content_range
            assert answer.headers["myrest-merged"] == "4"
            assert answer.body.startswith(begins)
            connection.close()
        busy.read()


def test_a_preference_that_is_not_known(notes):
    assert get(notes, "/users", Prefer="wait=5").status == 200
    assert "wait=5" in error_of(get(notes, "/users", Prefer="handling=strict, wait=5"), 400, "PGRST122")["details"]
    assert get(notes, "/users", Prefer="handling=strict, count=exact").status == 200


def test_there_is_one_schema(notes):
    assert get(notes, "/users", Accept_Profile="public").status == 200
    assert get(notes, "/users", Accept_Profile=notes.schema.name).status == 200
    error = error_of(get(notes, "/users", Accept_Profile="other"), 406, "PGRST106")
    assert "public" in error["hint"]
    assert get(notes, "/", Accept_Profile="public").status == 200
    assert "public" in error_of(get(notes, "/", Accept_Profile="other"), 406, "PGRST106")["hint"]


def test_several_prefer_headers_are_one(notes):
    response = notes.get("/users?limit=1", headers={"Prefer": "count=exact", "prefer": "return=minimal"})
    assert response.status == 206 and response.headers["content-range"] == "0-0/2"


def test_entity_tags(notes):
    for target in ("/users", "/users/1", "/users?id=eq.1", "/users?select=email&order=id", "/users/1?select=email"):
        first = get(notes, target)
        tag = first.headers["etag"]
        assert tag.startswith('"') and tag.endswith('"') and len(tag) == 34
        assert get(notes, target).headers["etag"] == tag
        assert get(notes, target, "HEAD").headers["etag"] == tag
        for sent in (tag, "W/" + tag, f'"other", {tag}', "*"):
            again = get(notes, target, If_None_Match=sent)
            assert again.status == 304 and again.body == b"" and again.headers["etag"] == tag
        assert get(notes, target, If_None_Match='"other"').status == 200
        assert get(notes, target, Accept="text/csv").headers["etag"] != tag
        assert get(notes, target, Accept="text/csv", If_None_Match=tag).status == 200


def test_an_object_s_tag_is_over_all_of_its_columns(notes):
    def tag(target):
        return get(notes, target).headers["etag"]

    before = [tag("/users/1"), tag("/users/1?select=id"), tag("/users/1?select=email,id")]
    assert len(set(before)) == 1
    assert tag("/users/2") != before[0]
    notes.schema.sql("UPDATE users SET email = 'new@example.com' WHERE id = 1")
    try:
        assert tag("/users/1?select=id") != before[0]
        assert tag("/users/1?select=id") == tag("/users/1")
    finally:
        notes.schema.sql("UPDATE users SET email = 'admin@example.com' WHERE id = 1")
    assert tag("/users/1") == before[0]


def test_an_answer_says_what_it_depends_on(notes):
    assert get(notes, "/users").headers["vary"] == "Accept, Prefer, Range"
