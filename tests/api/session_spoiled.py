# SPDX-License-Identifier: MIT
"""Sessions that others have spoiled: the worst value of each variable, and what is answered all the same."""
import json
import re
import time

import pymysql
import pytest

import mysql
import postgresql
import servers
from servers import until
from writing import GRANT, REPRESENTATION, send

# The worst value of each variable. A server may lack some.
MYSQL = [
    ("autocommit", "0"),  # reads freeze, writes are lost
    ("completion_type", "'CHAIN'"),  # COMMIT begins another transaction
    ("completion_type", "'RELEASE'"),  # or hangs up
    ("lc_messages", "'de_DE'"),  # names are looked for in the errors' words
    ("max_sort_length", "64"),  # what follows does not count in the order
    ("sort_buffer_size", "1024"),
    ("sql_safe_updates", "1"),  # no UPDATE and no DELETE but by a key
    ("max_join_size", "1"),
    ("sql_auto_is_null", "1"),  # IS NULL finds the row that was inserted last
    ("default_regex_flags", "'EXTENDED'"),  # spaces of a pattern do not count
    ("old_mode", "'NO_DUP_KEY_WARNINGS_WITH_IGNORE'"),
    ("max_error_count", "0"),  # no diagnostics
    ("foreign_key_checks", "0"),
    ("unique_checks", "0"),
    ("check_constraint_checks", "0"),
    ("sql_mode", "'ANSI_QUOTES,PIPES_AS_CONCAT,PAD_CHAR_TO_FULL_LENGTH,NO_UNSIGNED_SUBTRACTION'"),  # nor is it strict
    ("time_zone", "'+05:30'"),
    ("tx_isolation", "'READ-UNCOMMITTED'"),
    ("transaction_isolation", "'READ-UNCOMMITTED'"),
    *([("optimizer_switch", "'hypergraph_optimizer=on'")] if mysql.HERE else []),
    ("system_versioning_asof", "'2001-01-01 00:00:00'"),  # no row is there yet
    ("net_write_timeout", "1"),
    ("net_read_timeout", "1"),
    ("wait_timeout", "1"),
    ("interactive_timeout", "1"),
    ("idle_transaction_timeout", "1"),
    ("idle_write_transaction_timeout", "1"),
    ("idle_readonly_transaction_timeout", "1"),
    ("sql_select_limit", "1"),  # of all rows, the catalogue's as well
    ("explicit_defaults_for_timestamp", "0"),  # NULL is now where a TIMESTAMP is NOT NULL
    ("innodb_snapshot_isolation", "1"),  # an error where somebody else has changed the row
    ("character_set_collations", "'utf8mb4=utf8mb4_bin'"),
    ("collation_connection", "'latin1_german2_ci'"),
    ("character_set_results", "'binary'"),
    ("default_collation_for_utf8mb4", "'utf8mb4_general_ci'"),
    ("use_secondary_engine", "'FORCED'"),
    ("sql_buffer_result", "1"),  # what a result's columns are is told of a temporary table
    ("big_tables", "1"),
    ("query_cache_type", "1"),
    ("in_predicate_conversion_threshold", "2"),  # an IN becomes a join
    ("updatable_views_with_limit", "'NO'"),
    ("sql_notes", "0"),
    ("session_track_system_variables", "'*'"),  # each answer says more
    ("session_track_schema", "0"),
    ("session_track_state_change", "1"),
    ("session_track_transaction_info", "'CHARACTERISTICS'"),
    ("session_track_gtids", "'OWN_GTID'"),
    ("div_precision_increment", "0"),
    ("group_concat_max_len", "4"),
    ("default_week_format", "3"),
    ("lc_time_names", "'de_DE'"),
    ("cte_max_recursion_depth", "1"),
    ("max_recursive_iterations", "1"),
    ("low_priority_updates", "1"),
    ("sql_require_primary_key", "1"),
    ("show_gipk_in_create_table_and_information_schema", "0"),
]
POSTGRESQL = [
    ("standard_conforming_strings", "off"),  # a backslash of a literal takes the next character
    ("backslash_quote", "on"),
    ("TimeZone", "Asia/Kathmandu"),
    ("DateStyle", "SQL, DMY"),
    ("IntervalStyle", "iso_8601"),
    ("bytea_output", "escape"),
    ("extra_float_digits", "-15"),
    ("client_encoding", "LATIN1"),
    ("default_transaction_isolation", "serializable"),
    ("default_transaction_deferrable", "on"),
    ("array_nulls", "off"),
    ("transform_null_equals", "on"),
    ("xmloption", "document"),
    ("row_security", "off"),  # an error where a policy would choose the rows
    ("gin_fuzzy_search_limit", "1"),
    ("quote_all_identifiers", "on"),
    ("exit_on_error", "on"),  # each error ends the connection
    ("client_min_messages", "debug5"),
    ("idle_in_transaction_session_timeout", "1"),
    ("idle_session_timeout", "500"),
    ("timezone_abbreviations", "India"),
    ("xmlbinary", "hex"),
    ("escape_string_warning", "on"),
    ("synchronous_commit", "off"),
    ("check_function_bodies", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_indexscan", "off"),
    ("enable_hashagg", "off"),
    ("force_parallel_mode", "regress"),
    ("debug_parallel_query", "regress"),
    ("default_text_search_config", "simple"),
    ("lc_messages", "POSIX"),
    ("lc_monetary", "POSIX"),
]
WORST = POSTGRESQL if postgresql.HERE else MYSQL

NAMES = "SET NAMES latin1"  # of init_connect, an old habit
TEXT = "ä€😀\\'\"%_"

TABLES = (
    "CREATE TABLE parents (id INT PRIMARY KEY)",
    "INSERT INTO parents VALUES (1)",
    "CREATE TABLE things (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50) NOT NULL, s VARCHAR(50), n DECIMAL(10,2),"
    " f DOUBLE, d DATE, t DATETIME(6), z TIMESTAMP(6) NULL, b BLOB, parent INT,"
    " l VARCHAR(20) CHARACTER SET latin1, j JSON, now TIMESTAMP NOT NULL DEFAULT '2020-01-01 00:00:00',"
    " CONSTRAINT things_name UNIQUE (name),"
    " CONSTRAINT things_n CHECK (n < 1000), CONSTRAINT things_parent FOREIGN KEY (parent) REFERENCES parents (id))",
    "INSERT INTO things (id, name, s, n, f, d, t, parent, l, j) VALUES (1, 'one', 'a b', 1.50, 0.1, '2024-02-03',"
    " '2024-02-03 04:05:06.789', 1, 'Zoë', '{\"a\": [1, \"ä\"]}')",
    "INSERT INTO things (id, name, f, l) VALUES (2, 'two', 1e300, 'a')",
    "CREATE TABLE pages (id INT PRIMARY KEY, body VARCHAR(2000) NOT NULL)",
    "INSERT INTO pages SELECT seq, CONCAT(REPEAT('x', 150), CHAR(103 - seq)) FROM seq_1_to_6"
    if not postgresql.HERE
    else "INSERT INTO pages SELECT seq, CONCAT(REPEAT('x', 150), CHR(103 - seq)) FROM seq_1_to_6",
)
NEW = {"name": "neu", "s": TEXT, "n": 2.5, "f": 0.30000000000000004, "d": "2024-12-31", "t": "2024-12-31T23:59:59.123",
       "z": "2024-07-01T12:00:00", "b": "AP8nXA==", "parent": None,
       "l": "é", "j": {"a": ["Ä", None]}}  # fmt: skip
ASKED = [  # method, target, body, preferences
    ("GET", "/things?order=id", None, "count=exact"),
    ("GET", "/things/1", None, None),
    ("GET", "/things/77", None, None),
    ("POST", "/things", NEW, REPRESENTATION),
    ("GET", "/things?s=eq.%C3%A4%E2%82%AC%F0%9F%98%80%5C%27%22%25_", None, None),
    ("GET", "/things?s=match.a%20b&select=id", None, None),
    ("GET", "/things?z=eq.2024-07-01T12:00:00&select=id,z", None, None),
    ("GET", "/things?id=is.null", None, None),
    ("DELETE", "/things?id=is.null", None, "count=exact"),
    ("POST", "/things", NEW, None),  # 409 names the key
    ("POST", "/things", [{"name": "good"}, {"name": "one"}], None),  # and the row
    ("POST", "/things", {"name": None}, None),
    ("POST", "/things", {"name": "when", "now": None}, None),
    ("POST", "/things", {"name": "checked", "n": 2000}, None),
    ("POST", "/things", {"name": "orphan", "parent": 9}, None),
    ("POST", "/things", {"name": "x" * 60}, None),
    ("POST", "/things", {"name": "late", "d": "2024-02-30"}, None),
    ("POST", "/things?on_conflict=name", [{"name": "one", "s": "n"}, {"name": "new"}], "resolution=ignore-duplicates"),
    ("POST", "/things?on_conflict=name", [{"name": "two", "s": "m"}], f"resolution=merge-duplicates,{REPRESENTATION}"),
    ("PATCH", "/things?s=eq.m", {"n": 7}, f"count=exact,{REPRESENTATION}"),
    ("DELETE", "/things?s=eq.m", None, f"count=exact,{REPRESENTATION}"),
    ("GET", "/things?order=name&limit=2", None, "count=exact"),
    ("GET", "/things?l=gt.%E2%82%AC&select=id&order=id", None, None),  # a character that the column has not
    ("GET", "/things?l=ilike.*%C3%8B&select=id,l", None, None),
    ("GET", "/things?j->a->>1=eq.%C3%A4&select=id,j,j->a->>1", None, None),
    ("GET", "/things?j->a->>1=gt.%C3%84&select=id", None, None),
    ("GET", "/things?id=in.(1,2,3,77)&n=in.(1.5,2.50,1e0)&d=in.(2024-02-03,2024-12-31)&select=id", None, "count=exact"),
    ("GET", "/things?name=in.(ONE,one,%C3%A4,%E2%82%AC)&select=id", None, None),
    ("PATCH", "/things?order=id&limit=1", {"n": 8}, f"count=exact,{REPRESENTATION}"),
]
IDLE = {"wait_timeout": 2, "idle_session_timeout": 1}  # so many seconds without a request
IDS = re.compile(rb'"id":(\d+)')


@pytest.fixture(scope="module")
def spoiled(lab):
    """A server of our own, whose defaults are changed."""
    database = servers.Database(lab)
    yield database
    database.kill()


def known(database, way):
    """Those that the server has and that can be set so: what init_connect says it says as the pool's account."""
    if postgresql.HERE:
        names = {row[0] for row in plainly(database, "SELECT name FROM pg_settings")}
    else:
        names = {row[0] for row in plainly(database, "SHOW GLOBAL VARIABLES")}
    values = [(name, value) for name, value in WORST if name in names]
    return [each for each in values if may_set(database, *each)] if way == "init_connect" else values


def may_set(database, name, value):
    with database.connect(user="rest", password=servers.SECRET) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(f"SET SESSION {name} = {value}")
        except pymysql.Error as why:
            assert why.args[0] in (1227, 1925), why  # it lacks the right, or the server the query cache
            return False
        return True


def plainly(database, *statements, schema=None):
    """As root, by a session that is as it should be."""
    with database.connect(schema) as connection, connection.cursor() as cursor:
        if postgresql.HERE:
            for statement in statements:
                cursor.plainly(statement)
        else:
            cursor.execute("SET SESSION autocommit = 1, completion_type = 0, sql_select_limit = 18446744073709551615,"
                           " sql_big_selects = 1")  # fmt: skip
            if not mysql.HERE:
                cursor.execute("SET SESSION system_versioning_asof = DEFAULT")
            for statement in statements:
                cursor.execute(statement)
        return cursor.fetchall() if statements[-1].startswith(("SELECT", "SHOW")) else ()


def spoil(database, way, values, name):
    """What undoes it."""
    if way == "global":
        plainly(database, *[f"SET GLOBAL {each} = {value}" for each, value in values])
        return [f"SET GLOBAL {each} = DEFAULT" for each, _ in values]
    if way == "init_connect":
        text = ";".join([NAMES, *[f"SET SESSION {each} = {value}" for each, value in values]])
        plainly(database, 'SET GLOBAL init_connect = "' + text.replace('"', '""') + '"')
        return ["SET GLOBAL init_connect = ''"]
    whose = {"system": "SYSTEM", "role": "ROLE rest", "database": f"DATABASE {name}"}[way]
    statements = [f"ALTER {whose} SET {each} = {literal(value)}" for each, value in values]
    plainly(database, *statements, "SELECT pg_reload_conf()")
    return [f"ALTER {whose} RESET {each}" for each, _ in values] + ["SELECT pg_reload_conf()"]


def literal(value):
    return value if "," in value else f"'{value}'"


def answers_of(start_pool, start_nginx, database, way=None, values=()):
    """What is answered to what is asked, over tables that are new."""
    schema = database.schema(*TABLES, grant=GRANT)
    servers.ids_go_on(schema, "things")
    undo = spoil(database, way, values, schema.name) if way else []
    try:
        pool = start_pool(schema.url(), "things,pages,parents", workers=1, MYREST_WRITABLE="things")
        front = start_nginx(pool)
        answers = []
        for method, target, body, prefer in ASKED:
            answer = send(front, method, target, body, prefer)
            answers.append((method, target, answer.status, answer.headers.get("content-range"), answer.body))
        answers.append(pages(front))
        answers.append(seen(database, schema, front))
        time.sleep(max(IDLE.get(name, 0) for name, _ in [*values, (None, None)]))
        assert [pool.metric("myrest_database_connects_total"), pool.log("database-away")] == [1, []]
        # and a connection that is new
        for (connection,) in plainly(database, connections(schema)):
            plainly(database, f"SELECT pg_terminate_backend({connection})" if postgresql.HERE else f"KILL {connection}")
        answers.append(until(lambda: send(front, "GET", "/things?order=id").status == 200, 5))
        answers.append(json.loads(send(front, "GET", "/things?order=id").body))
        pool.stop()
        return answers
    finally:
        if undo:
            plainly(database, *undo)


def connections(schema):
    if postgresql.HERE:
        return f"SELECT pid FROM pg_stat_activity WHERE usename = 'rest' AND datname = '{schema.name}'"
    return f"SELECT id FROM information_schema.processlist WHERE user = 'rest' AND db = '{schema.name}'"


def pages(front):
    """Each id once."""
    found, target = [], "/pages?select=id&order=body&limit=2"
    while target and len(found) < 20:
        answer = front.get(target)
        assert answer.status in (200, 206), answer
        found += [int(each) for each in IDS.findall(answer.body)]
        link = answer.headers.get("link")
        target = re.sub(r"^https?://[^/]*", "", re.match(r"<([^>]*)>", link)[1]) if link else None
    assert found == [6, 5, 4, 3, 2, 1]
    return found


def seen(database, schema, front):
    """What is written is there for everybody at once, and what others write is read at once."""
    counts = []
    for value in range(3):
        for prefer in (None, f"count=exact,{REPRESENTATION}"):  # one that is a transaction, and one that need not be
            name = f"seen{value}{prefer is not None}"
            assert send(front, "POST", "/things", {"name": name, "s": TEXT}, prefer).status == 201
            found = plainly(database, f"SELECT s FROM things WHERE name = '{name}'", schema=schema.name)
            assert [row[0] for row in found] == [TEXT]
            plainly(database, f"UPDATE things SET n = {value + 10} WHERE name = '{name}'", schema=schema.name)
            answer = send(front, "GET", f"/things?name=eq.{name}&select=n,s", None, "count=exact")
            assert json.loads(answer.body) == [{"n": value + 10, "s": TEXT}]
            counts.append(answer.headers["content-range"])
    return counts


@pytest.fixture(scope="module")
def expected():
    return {}


def right(expected, start_pool, start_nginx, database):
    if not expected:
        expected["answers"] = answers_of(start_pool, start_nginx, database)
        statuses = [answer[2] for answer in expected["answers"][: len(ASKED)]]
        assert statuses[:4] == [200, 200, 404, 201] and statuses[9:11] == [409, 409] and 500 not in statuses, statuses
    return expected["answers"]


SHIFTER = (
    "CREATE FUNCTION shift() RETURNS int LANGUAGE plpgsql VOLATILE AS"
    " $$BEGIN PERFORM set_config('TimeZone', 'Asia/Kolkata', false); RETURN 1; END$$"
    if postgresql.HERE
    else "CREATE FUNCTION shift() RETURNS INT READS SQL DATA BEGIN SET SESSION time_zone = '+05:30'; RETURN 1; END"
)
NOON = "2024-07-01T12:00:00"
UTC = re.compile(NOON + r"(\.0+)?\+00:00")
EPOCH = "SELECT extract(epoch FROM z)" if postgresql.HERE else "SELECT UNIX_TIMESTAMP(z)"

FAILING_SHIFTER = (
    "CREATE FUNCTION shift_and_fail() RETURNS int LANGUAGE plpgsql VOLATILE AS"
    " $$BEGIN PERFORM set_config('TimeZone', 'Asia/Kolkata', false); RAISE 'no'; END$$"
    if postgresql.HERE
    else "CREATE FUNCTION shift_and_fail() RETURNS INT READS SQL DATA BEGIN SET SESSION time_zone = '+05:30';"
    " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; RETURN 1; END"
)
FAILING_TRIGGER = (
    ("CREATE FUNCTION shifting() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM shift_and_fail(); END$$",
     "CREATE TRIGGER shifting BEFORE INSERT ON parents FOR EACH ROW EXECUTE FUNCTION shifting()")
    if postgresql.HERE
    else ("CREATE TRIGGER shifting BEFORE INSERT ON parents FOR EACH ROW SET NEW.id = shift_and_fail()",)
)  # fmt: skip
