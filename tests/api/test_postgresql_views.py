# SPDX-License-Identifier: MIT
"""PostgreSQL's views, partitions, schemas and names; which writes a view takes."""
import json
import re

import pytest

import servers
from postgresql_own import plainly, plpgsql, q
from postgresql_own import keyless, serve, table  # noqa: F401 (fixtures)
from web import error_of
from writing import REPRESENTATION, done, refused, send, shown


# --- views, partitions, schemas, names


@pytest.fixture(scope="module")
def forms(serve):
    return serve(
        "CREATE TABLE base (id integer PRIMARY KEY, v text, secret text DEFAULT 's')",
        "INSERT INTO base VALUES (1, 'one'), (2, 'two'), (3, NULL)",
        "CREATE VIEW plain AS SELECT id, v FROM base WHERE id < 100",
        "CREATE VIEW checked AS SELECT id, v FROM base WHERE id < 100 WITH CHECK OPTION",
        "CREATE VIEW counted AS SELECT count(*) AS n, max(v) AS last FROM base",
        "CREATE MATERIALIZED VIEW kept AS SELECT id, v FROM base",
        "CREATE UNIQUE INDEX ON kept (id)",
        "CREATE TABLE parted (id integer NOT NULL, day date NOT NULL, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
        "CREATE TABLE parted_2023 PARTITION OF parted FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",
        "CREATE TABLE parted_2024 PARTITION OF parted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
        "INSERT INTO parted VALUES (1, '2023-05-05', 'old'), (2, '2024-05-05', 'new')",
        "CREATE TABLE \"Odd \"\"Name\"\" é\" (\"ID\" integer PRIMARY KEY, \"select\" text, \"a.b\" integer, \"it's\" text)",
        "INSERT INTO \"Odd \"\"Name\"\" é\" VALUES (1, 'x', 2, 'y')",
        "CREATE TABLE keyless (a integer, b text)",
        "INSERT INTO keyless VALUES (1, 'x'), (1, 'x')",
        "COMMENT ON TABLE base IS 'what is under all'", "COMMENT ON COLUMN base.v IS 'its word'",
        tables='base(id,v),plain,checked,counted,kept,parted,keyless,"Odd ""Name"" é"',
    )  # fmt: skip


def test_a_view_is_read_and_written(forms):
    assert forms.json("/plain?order=id") == [{"id": 1, "v": "one"}, {"id": 2, "v": "two"}, {"id": 3, "v": None}]
    assert shown(send(forms.web, "POST", "/plain", {"id": 10, "v": "ten"}, prefer=REPRESENTATION), 201) == [{"id": 10, "v": "ten"}]
    assert forms.sql("SELECT v, secret FROM base WHERE id = 10") == (("ten", "s"),)
    done(send(forms.web, "PATCH", "/plain?id=eq.10", {"v": "TEN"}), 204)
    done(send(forms.web, "DELETE", "/plain?id=eq.10"), 204)
    assert forms.sql("SELECT count(*) FROM base") == ((3,),)


def test_a_view_s_own_condition(forms):
    refused(send(forms.web, "POST", "/checked", {"id": 200, "v": "x"}), 422, ("44000", "23514"))
    assert forms.sql("SELECT count(*) FROM base WHERE id = 200") == ((0,),)


@pytest.mark.parametrize("table, row", [("counted", {"n": 3, "last": "two"}), ("kept", {"id": 1, "v": "one"})])
def test_a_view_that_cannot_be_written_is_read_only(forms, table, row):
    assert row in forms.json(f"/{table}")
    response = send(forms.web, "OPTIONS", f"/{table}")
    assert response.headers["allow"] == "OPTIONS, GET, HEAD"
    error_of(send(forms.web, "POST", f"/{table}", row), 405)


def test_a_partitioned_table_is_one(forms):
    assert [row["v"] for row in forms.json("/parted?order=day")] == ["old", "new"]
    assert shown(send(forms.web, "POST", "/parted", {"id": 3, "day": "2024-06-06", "v": "x"}, prefer=REPRESENTATION), 201)[0]["v"] == "x"
    assert forms.sql("SELECT count(*) FROM parted_2024") == ((2,),)
    done(send(forms.web, "PATCH", "/parted?id=eq.3", {"day": "2023-06-06"}), 204)
    assert forms.sql("SELECT count(*) FROM parted_2023") == ((2,),)
    done(send(forms.web, "POST", "/parted", {"id": 3, "day": "2023-06-06", "v": "y"}, prefer="resolution=merge-duplicates"), 201)
    assert forms.sql("SELECT v FROM parted WHERE id = 3") == (("y",),)
    for method, target, body in (
        ("POST", "/parted", {"id": 4, "day": "2030-01-01"}), ("PATCH", "/parted?id=eq.3", {"day": "2030-01-01"}),
    ):  # fmt: skip
        fault = error_of(send(forms.web, method, target, body), 422, "23514")
        assert fault["message"] == "the table has no partition for the row", fault
    done(send(forms.web, "DELETE", "/parted?id=eq.3"), 204)
    done(send(forms.web, "PATCH", "/parted?id=lt.9&order=day&limit=1", {"v": "first"}), 204)
    assert forms.json("/parted?order=day&select=v") == [{"v": "first"}, {"v": "new"}]
    done(send(forms.web, "PATCH", "/parted?id=eq.1", {"v": "old"}), 204)


def test_names_are_taken_as_they_are(forms):
    table = q('Odd "Name" é')
    assert forms.json(f"/{table}/1") == {"ID": 1, "select": "x", "a.b": 2, "it's": "y"}
    assert forms.json(f"/{table}?select=id:ID&%22a.b%22=eq.2") == [{"id": 1}]
    done(send(forms.web, "PATCH", f"/{table}?ID=eq.1", {"select": "z"}), 204)
    assert forms.get("/BASE").status == 404
    assert forms.get("/base?V=eq.one").status == 400


def test_what_may_not_be_seen_is_not_there(forms):
    for target in ("/pg_catalog.pg_user", "/pg_user", "/information_schema.tables", "/public.base", "/parted_2024", "/base?secret=eq.s", "/base?select=ctid", "/base?xmin=gt.0"):
        assert forms.get(target).status in (400, 404), target
    assert b"secret" not in forms.get("/").body and b"ctid" not in forms.get("/").body


def test_comments_are_in_the_document(forms):
    document = forms.get("/").json()
    text = json.dumps(document)
    assert "what is under all" in text and "its word" in text


def test_a_boolean_is_no_number_in_the_document(serve):
    made = serve("CREATE TABLE switches (id integer PRIMARY KEY, lit boolean NOT NULL, old boolean)", tables="switches")
    found = made.json("/")["components"]["schemas"]["switches"]["properties"]
    assert found["lit"] == {"type": "boolean"}
    assert found["old"] == {"type": ["boolean", "null"]}


def test_a_table_without_a_key(forms):
    assert forms.json("/keyless") == [{"a": 1, "b": "x"}] * 2
    assert forms.get("/keyless/1").status == 404
    done(send(forms.web, "PATCH", "/keyless?a=eq.1", {"b": "y"}), 204)
    assert forms.json("/keyless") == [{"a": 1, "b": "y"}] * 2


@pytest.mark.parametrize("body", [{}, [{}], [{}, {}]])
def test_a_table_without_columns(serve, body):
    made = serve("CREATE TABLE never ()", "CREATE TABLE emptied (a integer)", "INSERT INTO emptied VALUES (1)", "ALTER TABLE emptied DROP a", tables="never,emptied")
    for name, rows in (("never", []), ("emptied", [{}])):
        assert made.json(f"/{name}") == rows
        for prefer in (None, REPRESENTATION):
            error_of(send(made.web, "POST", f"/{name}", body, prefer=prefer), 405, "PGRST117")
        assert send(made.web, "OPTIONS", f"/{name}").headers["allow"] == "OPTIONS, GET, HEAD, DELETE"
        assert made.json(f"/{name}") == rows


def test_a_table_from_which_others_inherit(serve):
    """Its primary key is not theirs: a row of theirs may have the same one."""
    made = serve(
        "CREATE TABLE parent (id integer PRIMARY KEY, v text)", "CREATE TABLE child (extra integer, PRIMARY KEY (id)) INHERITS (parent)",
        "INSERT INTO parent VALUES (1, 'p'), (2, 'q')", "INSERT INTO child VALUES (1, 'c', 7), (3, 'd', 8)", tables="parent,child",
    )  # fmt: skip
    assert len(made.json("/parent?id=eq.1")) == 2
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        body = {"id": 1, "v": "x"} if method in ("PUT", "PATCH") else None
        error_of(send(made.web, method, "/parent/1", body), 404, "PGRST125")
    error_of(send(made.web, "PUT", "/parent?id=eq.1", {"id": 1, "v": "x"}), 405)
    error_of(send(made.web, "POST", "/parent", {"id": 1}, prefer="resolution=merge-duplicates"), 400, "42P10")
    assert shown(send(made.web, "PATCH", "/parent?id=eq.1", {"v": "x"}, prefer=REPRESENTATION)) == [{"id": 1, "v": "x"}] * 2
    assert [path for path in made.json("/")["paths"] if path.startswith("/parent")] == ["/parent"]
    done(send(made.web, "PUT", "/child/1", {"id": 1, "v": "y"}), 204)
    assert made.json("/child/1") == {"id": 1, "v": "y", "extra": None}
    assert made.sql("SELECT v FROM ONLY parent ORDER BY id") == (("x",), ("q",))


def test_a_unique_index_by_another_collation_is_no_key(serve):
    """It tells apart what the column calls equal, or the other way round."""
    made = serve(
        "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        "CREATE TABLE loose (v text COLLATE blind NOT NULL, n integer)", 'CREATE UNIQUE INDEX ON loose (v COLLATE "C")',
        "CREATE TABLE strict (v text NOT NULL, n integer)", "CREATE UNIQUE INDEX ON strict (v COLLATE blind)",
        "CREATE TABLE same (v text COLLATE blind NOT NULL, n integer, w text, UNIQUE (v) INCLUDE (w))",
        "INSERT INTO loose VALUES ('a', 1), ('A', 2), ('b', 3), ('B', 4)", "INSERT INTO strict VALUES ('a', 1)",
        "INSERT INTO same VALUES ('a', 1), ('b', 2)", tables="loose,strict,same",
    )  # fmt: skip
    found, target = [], "/loose?limit=1"
    while target:
        answer = made.get(target)
        found += [row["n"] for row in answer.json()]
        target = re.match("<https?://[^/]+(/[^>]+)>", answer.headers["link"]).group(1) if "link" in answer.headers else None
    assert sorted(found) == [1, 2, 3, 4]
    for name in ("loose", "strict"):
        for resolution in ("merge", "ignore"):
            error_of(send(made.web, "POST", f"/{name}?on_conflict=v", {"v": "A", "n": 9}, prefer=f"resolution={resolution}-duplicates"), 400, "42P10")
    done(send(made.web, "POST", "/same?on_conflict=v", {"v": "A", "n": 9}, prefer="resolution=merge-duplicates"), 201)
    assert made.sql("SELECT v, n FROM same ORDER BY v") == (("A", 9), ("b", 2))
    assert "after=" in made.get("/same?limit=1").headers["link"]


def test_a_trigger_that_leaves_rows_out(serve):
    """It would do so again, so nobody is told to come back."""
    made = serve(
        "CREATE TABLE t (id integer PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'kept'), (2, 'a'), (3, 'b')",
        plpgsql("keep()", "IF OLD.v = 'kept' THEN RETURN NULL; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;"),
        "CREATE TRIGGER k BEFORE UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION keep()",
    )  # fmt: skip
    tag = made.get("/t/1").headers["etag"]
    for method, target, body, how in (
        ("PATCH", "/t?id=lt.3", {"v": "x"}, {"prefer": REPRESENTATION}), ("DELETE", "/t?id=lt.3", None, {"prefer": REPRESENTATION}),
        ("PATCH", "/t/1", {"v": "x"}, {"If_Match": tag}), ("DELETE", "/t/1", None, {"If_Match": tag}),
    ):  # fmt: skip
        assert "trigger" in refused(send(made.web, method, target, body, **how), 400, "PGRST122")["message"]
    assert made.sql("SELECT v FROM t ORDER BY id") == (("kept",), ("a",), ("b",))
    assert shown(send(made.web, "PATCH", "/t?id=gt.1", {"v": "x"}, prefer=REPRESENTATION)) == [{"id": 2, "v": "x"}, {"id": 3, "v": "x"}]
    answer = done(send(made.web, "PATCH", "/t?id=lt.3", {"v": "y"}), 204)
    assert answer.headers["content-range"] == "0-0/*"


def test_tables_are_found_by_the_search_path(database, start_pool):
    """The first schema of the account's search_path that has the table."""
    schema = database.schema()
    plainly(
        schema, "CREATE SCHEMA first", "CREATE SCHEMA second", "CREATE TABLE second.t (id integer PRIMARY KEY, v text)", "INSERT INTO second.t VALUES (1, 'second')",
        "CREATE TABLE public.t (id integer PRIMARY KEY, other integer)", "CREATE TABLE first.only (id integer PRIMARY KEY)", "INSERT INTO first.only VALUES (7)",
        "CREATE TYPE second.mood AS ENUM ('a')", "CREATE TABLE first.moods (id integer PRIMARY KEY, m second.mood)", "INSERT INTO first.moods VALUES (1, 'a')",
        "GRANT USAGE ON SCHEMA first, second TO rest", "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA first, second, public TO rest",
        f"ALTER ROLE rest IN DATABASE {schema.name} SET search_path = first, second, public",
    )  # fmt: skip
    pool = start_pool(schema.url(), "t,only,moods", MYREST_WRITABLE="t,moods")
    assert json.loads(pool.ask("/t").body) == [{"id": 1, "v": "second"}]
    assert json.loads(pool.ask("/only").body) == [{"id": 7}]
    assert json.loads(pool.ask("/moods?m=eq.a").body) == [{"id": 1, "m": "a"}]
    assert pool.ask("/t", "POST", body=b'{"id":2,"v":"x"}').status == 201
    assert plainly(schema, "SELECT count(*) FROM second.t") == ((2,),)
    plainly(schema, "ALTER SCHEMA first RENAME TO gone", "ALTER SCHEMA second RENAME TO first")  # LOCK TABLE says otherwise than SELECT that it is not there
    counted = pool.ask("/t", headers={"Prefer": "count=exact"})
    assert (counted.status, counted.headers["content-range"]) == (200, "0-1/2")


@pytest.mark.parametrize("view", ["moves", "shadows"])
def test_a_statement_means_the_table_that_was_described(serve, view):
    """Whatever a function makes of search_path, and whoever makes a table of the same name that is found before."""
    made = serve(
        "CREATE SCHEMA other", "CREATE TABLE t (id integer PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'served')", "CREATE TABLE other.t (LIKE t INCLUDING ALL)",
        "INSERT INTO other.t VALUES (1, 'another'), (2, 'another')", "GRANT USAGE ON SCHEMA other TO rest", "GRANT ALL ON other.t TO rest",
        "CREATE VIEW moves AS SELECT set_config('search_path', 'other', false)",
        plpgsql("shadow()", "CREATE TEMPORARY TABLE t (id integer PRIMARY KEY, v text); RETURN 1;", returns="integer"), "CREATE VIEW shadows AS SELECT shadow()",
        tables=f"t,{view}", writable="t", WEB_CONCURRENCY="1",
    )  # fmt: skip
    assert made.json("/t") == [{"id": 1, "v": "served"}]
    assert made.get(f"/{view}").status == 200
    assert made.json("/t") == made.json("/t?order=v") == [{"id": 1, "v": "served"}]
    assert made.json("/t?select=v,id::text&order=id") == [{"v": "served", "id": "1"}]
    assert send(made.web, "GET", "/t?limit=1", prefer="count=exact").headers["content-range"] == "0-0/1"
    done(send(made.web, "POST", "/t", {"id": 2, "v": "x"}), 201)
    done(send(made.web, "PATCH", "/t?id=eq.2", {"v": "y"}), 204)
    assert made.sql("SELECT id, v FROM t ORDER BY id") == ((1, "served"), (2, "y"))
    done(send(made.web, "PATCH", "/t?id=gt.0&order=id.desc&limit=1", {"v": "z"}), 204)
    done(send(made.web, "PUT", "/t/3", {"id": 3, "v": "new"}), 201)
    assert made.sql("SELECT id, v FROM t ORDER BY id") == ((1, "served"), (2, "z"), (3, "new"))
    done(send(made.web, "DELETE", "/t?id=gt.1"), 204)
    assert made.sql("SELECT id, v FROM t") == ((1, "served"),)
    assert made.sql("SELECT id, v FROM other.t ORDER BY id") == ((1, "another"), (2, "another"))
    if view == "moves":  # nor is another one described then
        made.sql("ALTER TABLE public.t RENAME v TO w")
        assert made.json("/t") == [{"id": 1, "w": "served"}]


# --- views that take some kinds of writes

EVENTS = {"INSERT": "POST", "UPDATE": "PATCH", "DELETE": "DELETE"}
SERVED = [tuple(event for place, event in enumerate(EVENTS) if number >> place & 1) for number in range(8)]


def served_view(name, events, how):
    """A view over t that the server cannot write by itself; triggers or rules write it."""
    yield f"CREATE VIEW {name} AS SELECT id, what, count(*) AS n FROM t GROUP BY id, what"
    does = {
        "INSERT": "INSERT INTO t VALUES (NEW.id, NEW.what)", "UPDATE": "UPDATE t SET what = NEW.what WHERE id = OLD.id", "DELETE": "DELETE FROM t WHERE id = OLD.id",
    }  # fmt: skip
    for event in events:
        if how == "rules":
            yield f"CREATE RULE r_{event} AS ON {event} TO {name} DO INSTEAD {does[event]}"
        else:
            yield plpgsql(f"{name}_{event}()", f"{does[event]}; RETURN {'OLD' if event == 'DELETE' else 'NEW'};")
            yield f"CREATE TRIGGER {event} INSTEAD OF {event} ON {name} FOR EACH ROW EXECUTE FUNCTION {name}_{event}()"


@pytest.fixture(scope="module")
def served(serve):
    views = {f"v_{how}_{number}": (events, how) for number, events in enumerate(SERVED) for how in ("triggers", "rules")}
    made = serve(
        "CREATE TABLE t (id integer, what text)", "CREATE VIEW plain AS SELECT id, what, upper(what) AS up FROM t",
        "CREATE VIEW partly AS SELECT id, what, upper(what) AS up FROM t", plpgsql("partly_in()", "INSERT INTO t VALUES (NEW.id, lower(NEW.up)); RETURN NEW;"),
        "CREATE TRIGGER i INSTEAD OF INSERT ON partly FOR EACH ROW EXECUTE FUNCTION partly_in()",
        *(statement for name, (events, how) in views.items() for statement in served_view(name, events, how)),
        tables=",".join(["t", "plain", "partly", *views]),
    )  # fmt: skip
    made.views = views
    return made


@pytest.mark.parametrize("how", ["triggers", "rules"])
@pytest.mark.parametrize("number", range(8))
def test_a_view_takes_the_writes_that_its_triggers_serve(served, number, how):
    name, events = f"v_{how}_{number}", SERVED[number]
    served.sql("DELETE FROM t", "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    allowed = ["OPTIONS", "GET", "HEAD", *(EVENTS[event] for event in events)]
    answer = send(served.web, "OPTIONS", f"/{name}")
    assert answer.headers["allow"].split(", ") == allowed
    rows = {1: "a", 2: "b"}
    for event, method in EVENTS.items():
        target, body = {"POST": (f"/{name}", {"id": 3, "what": "c"}), "PATCH": (f"/{name}?id=eq.1", {"what": "z"}), "DELETE": (f"/{name}?id=eq.2", None)}[method]
        answer = send(served.web, method, target, body)
        if event in events:
            done(answer, 201 if method == "POST" else 204)
            if method == "DELETE":
                del rows[2]
            else:
                rows.update({3: "c"} if method == "POST" else {1: "z"})
        else:
            error_of(answer, 405)
            assert answer.headers["allow"].split(", ") == allowed
        assert dict(served.sql("SELECT id, what FROM t")) == rows
    document = served.json("/")
    assert {method for method in document["paths"][f"/{name}"] if method in ("post", "put", "patch", "delete")} == {method.lower() for method in allowed[3:]}
    readable = {column for column, made in document["components"]["schemas"][name]["properties"].items() if made.get("readOnly")}
    assert readable == (set() if {"INSERT", "UPDATE"} & set(events) else {"id", "what", "n"})


def test_columns_that_a_view_computes_are_written_by_triggers_alone(served):
    served.sql("DELETE FROM t")
    assert refused(send(served.web, "POST", "/plain", {"id": 1, "up": "X"}), 400, "428C9", "up")["details"] == "the database computes it"
    done(send(served.web, "POST", "/plain", {"id": 1, "what": "x"}), 201)
    done(send(served.web, "POST", "/partly", {"id": 2, "up": "Y"}), 201)
    refused(send(served.web, "PATCH", "/partly?id=eq.2", {"up": "Z"}), 400, "55000")
    done(send(served.web, "PATCH", "/partly?id=eq.2", {"what": "z"}), 204)
    assert served.sql("SELECT id, what FROM t ORDER BY id") == ((1, "x"), (2, "z"))


def test_check_tells_which_writes_a_view_takes(served, lab):
    tables = "plain,v_triggers_1,v_rules_6,v_rules_0"
    told = servers.run(lab, "check", DATABASE_URL=served.schema.url(), MYREST_TABLES=tables, MYREST_WRITABLE=tables, MYREST_LISTEN=f"unix:{lab.path}/never")
    assert told.returncode == 0, told
    for line in ("plain: 3 of 3 columns, writable\n", "v_triggers_1: 3 of 3 columns, writable by POST alone\n",
                 "v_rules_6: 3 of 3 columns, writable by PATCH DELETE alone\n", "v_rules_0: 3 of 3 columns, read only\n"):  # fmt: skip
        assert f"view {line}" in told.stdout
