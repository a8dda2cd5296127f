# SPDX-License-Identifier: MIT
"""`myrest check` tells which rights and tables are missing, and asks for none that is not needed."""
import re
import threading

import pytest

import postgresql
import servers
from rights import SECRETS, bare, check, follow, may
from rights import serve  # noqa: F401 (fixtures)
from servers import SECRET
from writing import refused, send


def test_check_asks_for_no_right_that_is_not_needed(database, lab):
    schema = bare(database, *SECRETS)
    may(schema, "SELECT ON t")
    ended = check(lab, schema, writable="")
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    assert "read only" in ended.stdout
    ended = check(lab, schema)
    told = "myrest: MYREST_WRITABLE: on table 't' the account has no INSERT, UPDATE, DELETE: GRANT INSERT, UPDATE, DELETE ON "
    assert ended.returncode == 77 and ended.stderr.startswith(told), ended
    assert ended.stdout.endswith(", /t/KEY by id, not writable: rights are missing\n"), ended
    follow(schema, ended)
    assert check(lab, schema).returncode == 0


def test_check_takes_a_table_for_post_alone(database, lab):
    schema = bare(database, *SECRETS)
    may(schema, "INSERT ON t")
    ended = check(lab, schema)
    assert ended.returncode == 0, ended
    assert ended.stderr.startswith("myrest: warning: MYREST_WRITABLE: on table 't' the account has no UPDATE, DELETE: GRANT UPDATE, DELETE ON ")
    assert ended.stdout.endswith(" columns, writable by POST alone\n"), ended


def test_check_is_content_with_rights_on_the_columns_that_are_written(database, lab):
    schema = bare(database, *SECRETS)
    may(schema, "SELECT (id, name) ON t", "INSERT (id, pw) ON t", "UPDATE (id, pw) ON t", "DELETE ON t")
    ended = check(lab, schema, writable="t(id,pw)")
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    ended = check(lab, schema)
    name = '"name"' if postgresql.HERE else "`name`"
    told = f"on table 't' the account has no INSERT ({name}), UPDATE ({name}): GRANT INSERT ({name}), UPDATE ({name}) ON "
    assert ended.returncode == 77 and told in ended.stderr, ended
    assert ended.stdout.endswith(", writable, but not all of its columns\n"), ended
    follow(schema, ended)
    ended = check(lab, schema)
    assert ended.stdout.endswith(", writable\n"), ended
    assert (ended.returncode, ended.stderr) == (0, ""), ended


def test_check_names_the_account(database, lab):
    """By a name that has to be quoted, with the signs that quote."""
    user = """o'd`d"@x"""
    schema = bare(database, *SECRETS)
    if postgresql.HERE:
        name = '"{}"'.format(user.replace('"', '""'))
        made = f"CREATE ROLE {name} LOGIN PASSWORD '{SECRET}'"
    else:
        name = "`{}`@`%`".format(user.replace("`", "``"))
        made = f"CREATE USER {name} IDENTIFIED BY '{SECRET}'"
    with schema.connect() as connection, connection.cursor() as cursor:
        for statement in (made, f"GRANT SELECT ON t TO {name}"):
            servers.execute_as_it_is(cursor, statement)
        try:
            for status in (77, 0):
                ended = servers.run(lab, "check", DATABASE_URL=schema.url(user=user), MYREST_TABLES="t", MYREST_WRITABLE="t")
                assert ended.returncode == status, ended
                if status:
                    assert ended.stderr.endswith(f" TO {name}\n"), ended
                    follow(schema, ended)
        finally:
            if postgresql.HERE:
                servers.execute_as_it_is(cursor, f"DROP OWNED BY {name}")
            servers.execute_as_it_is(cursor, f"DROP USER {name}")


def test_check_looks_for_the_table_of_idempotency_keys(database, lab):
    lines = (servers.SOURCE / "conf" / "idempotency.sql").read_text("utf-8").replace("myrest_idempotency", "keys_").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("--"))
    schema = bare(database, *SECRETS)
    may(schema, "SELECT ON t", "INSERT ON t", "UPDATE ON t", "DELETE ON t")
    ended = check(lab, schema, MYREST_IDEMPOTENCY_TABLE="keys_")
    assert ended.returncode in (69, 77) and ended.stderr.count("myrest:") == 1, ended
    assert ended.stderr.startswith("myrest: MYREST_IDEMPOTENCY_TABLE: ") and "'keys_'" in ended.stderr, ended
    made_by = "conf/idempotency.postgresql.sql" if postgresql.HERE else "conf/idempotency.sql"
    assert made_by in ended.stderr and (servers.SOURCE / made_by).exists(), ended
    schema.sql(*(part for part in re.split(r";\s*(?:\n|$)", text) if part.strip()))
    rights = ("INSERT", "SELECT", "UPDATE")
    for missing in [[right] for right in rights] + [[one for one in rights if one != right] for right in rights] + [rights]:
        may(schema, *(f"{one} ON keys_" for one in rights if one not in missing))
        ended = check(lab, schema, MYREST_IDEMPOTENCY_TABLE="keys_")
        told, nothing = ", ".join(missing), f", or there is no such table ({made_by} creates it)" if missing == rights else ""
        assert ended.returncode == 77 and ended.stderr.count("myrest:") == 1, ended
        assert f"on table 'keys_' the account has no {told}{nothing}: GRANT {told} ON " in ended.stderr, ended
        follow(schema, ended)
        ended = check(lab, schema, MYREST_IDEMPOTENCY_TABLE="keys_")
        assert (ended.returncode, ended.stderr) == (0, ""), ended
        schema.sql(f"REVOKE INSERT, SELECT, UPDATE ON {schema.name}.keys_ FROM rest@'%'")
    assert schema.sql("SELECT COUNT(*) FROM keys_") == ((0,),)
    may(schema, "INSERT ON keys_", "SELECT ON keys_", "UPDATE ON keys_")
    schema.sql("ALTER TABLE keys_ DROP COLUMN answer")
    ended = check(lab, schema, MYREST_IDEMPOTENCY_TABLE="keys_")
    assert ended.returncode == 69 and "answer" in ended.stderr and made_by in ended.stderr, ended
    schema.sql("DROP TABLE keys_")
    if not postgresql.HERE:  # who has rights on all tables is told
        schema.sql(f"GRANT SELECT, INSERT, UPDATE ON {schema.name}.* TO rest@'%'")
    ended = check(lab, schema, MYREST_IDEMPOTENCY_TABLE="keys_")
    assert ended.returncode == 69 and f"exist; it must be as this creates it: {made_by}\n" in ended.stderr, ended


@pytest.mark.parametrize("name, kind", [("t", "table"), ("v", "view")])
def test_check_does_not_say_that_a_column_is_not_there_which_it_is_not_shown(database, lab, name, kind):
    schema = bare(database, *SECRETS, "CREATE VIEW v AS SELECT id, name, pw FROM t")
    may(schema, f"SELECT (id, name) ON {name}")
    ended = check(lab, schema, f"{name}(id,pw)", "")
    unreadable = f"the account has no SELECT on column 'pw' of {kind} '{name}'"
    unshown = f"{kind} '{name}' has no column 'pw', or does not show it to the account"
    assert (unreadable if postgresql.HERE else unshown) in ended.stderr and ended.returncode == 69, ended
    ended = check(lab, schema, f"{name}(id,nothing)", "")
    assert f"{kind} '{name}' has no column 'nothing', or does not show it to the account" in ended.stderr, ended


def test_check_tells_of_all_that_is_missing_a_line_each_with_the_grants(database, lab):
    schema = bare(database, *SECRETS, "CREATE TABLE other (id INT PRIMARY KEY, a INT, b INT)", "CREATE VIEW v AS SELECT id FROM t")
    may(schema, "INSERT ON t", "SELECT (id) ON other", "INSERT (a, b) ON other", "UPDATE ON v")
    long = [f"gone_{n:02}" for n in range(40)]
    ended = check(lab, schema, ",".join(["t", "other(id,a,b)", "v", *long]), "")
    assert ended.returncode == 69, ended
    lines = [line.removeprefix("myrest: MYREST_TABLES: ") for line in ended.stderr.splitlines()]
    assert lines[3:] == [f"the database has no table '{name}', or does not show it to the account" for name in long]
    quoted = (lambda name: f'"{name}"') if postgresql.HERE else (lambda name: f"`{name}`")
    account = '"rest"' if postgresql.HERE else "`rest`@`%`"
    a, b = map(quoted, ("a", "b"))
    t, other, v = (('"public".' if postgresql.HERE else "") + quoted(name) for name in ("t", "other", "v"))
    assert lines[:3] == [
        f"the account has no SELECT on table 't': GRANT SELECT ON {t} TO {account}",
        f"the account has no SELECT on column 'a' of table 'other': GRANT SELECT ({a}, {b}) ON {other} TO {account}",
        f"the account has no SELECT on view 'v': GRANT SELECT ON {v} TO {account}",
    ]
    for tables in ("t", "other(id,a,b)", "v"):
        ended = check(lab, schema, tables, "")
        assert ended.returncode == 69, ended
        follow(schema, ended)
        ended = check(lab, schema, tables, "")
        assert (ended.returncode, ended.stderr) == (0, ""), ended


def test_check_tells_by_which_variable_a_column_is_named(database, lab):
    schema = bare(database, *SECRETS)
    may(schema, "SELECT ON t", "INSERT ON t", "UPDATE ON t", "DELETE ON t")
    fault = "table 't' has no column 'nothing', or does not show it to the account\n"
    for tables, variable in (("t", "MYREST_WRITABLE"), ("t(id,nothing)", "MYREST_TABLES")):
        ended = check(lab, schema, tables, "t(id,nothing)")
        assert (ended.returncode, ended.stderr) == (69, f"myrest: {variable}: {fault}"), ended


@pytest.mark.parametrize("in_files", [[], ["DATABASE_URL"], ["MYREST_TABLES", "MYREST_WRITABLE", "MYREST_IDEMPOTENCY_TABLE"]])
def test_check_names_the_variable_that_the_fault_is_in(database, lab, in_files):
    """The one that is set: NAME_FILE, where the value is in a file."""
    schema = bare(database, *SECRETS)
    may(schema, "SELECT ON t")

    def told(url):
        values = {"DATABASE_URL": url, "MYREST_TABLES": "t,ghosts", "MYREST_WRITABLE": "t", "MYREST_IDEMPOTENCY_TABLE": "ghosts"}
        for name in in_files:
            path = lab.folder("values") / name
            path.write_text(values.pop(name))
            path.chmod(0o644)
            values[f"{name}_FILE"] = path
        ended = servers.run(lab, "check", **values)
        assert ended.returncode == 69, ended
        names = re.findall(r"^myrest: ([A-Z_]+): ", ended.stderr, re.M)
        assert all(name.endswith("_FILE") == (name.removesuffix("_FILE") in in_files) for name in names), ended
        return {name.removesuffix("_FILE") for name in names}

    assert told(schema.url(password="wrong")) == {"DATABASE_URL"}
    assert told(schema.url()) == {"MYREST_TABLES", "MYREST_WRITABLE", "MYREST_IDEMPOTENCY_TABLE"}


KEYS = (servers.SOURCE / "conf" / "idempotency.sql").read_text("utf-8").split(";")[0].replace("myrest_idempotency", "keys_")


def test_a_table_of_idempotency_keys_that_does_not_serve_is_named(database, serve):
    """It is nothing that a client asked for, and no fault of the table that it writes."""
    schema = database.schema(*SECRETS, grant="SELECT, INSERT, UPDATE, DELETE", whole=True)
    front = serve(schema, "t", MYREST_WRITABLE="t", MYREST_IDEMPOTENCY_TABLE="keys_")

    def ask():
        return send(front, "POST", "/t", {"id": 2}, Idempotency_Key="k")

    def told():
        error = refused(ask(), 500, None)
        assert "the table 'keys_' of MYREST_IDEMPOTENCY_TABLE does not exist, or differs from what conf/idempotency" in error["message"], error
        return error

    told()
    for column in ("answer", "request"):
        schema.sql(KEYS, f"ALTER TABLE keys_ DROP COLUMN {column}")
        told()
        schema.sql("DROP TABLE keys_")
    schema.sql(KEYS, "ALTER TABLE keys_ ADD COLUMN another INT NOT NULL")
    told()
    schema.sql("ALTER TABLE keys_ DROP COLUMN another")
    assert schema.sql("SELECT id FROM t ORDER BY id") == ((1,),)
    assert ask().status == 201 and ask().headers.get("idempotency-replayed") == "true"


def test_rights_on_the_table_of_idempotency_keys_are_named(database, serve):
    schema = bare(database, *SECRETS, KEYS)
    may(schema, *(f"{right} ON t" for right in ("SELECT", "INSERT", "UPDATE", "DELETE")))
    front = serve(schema, "t", MYREST_WRITABLE="t", MYREST_IDEMPOTENCY_TABLE="keys_")
    for right in ("INSERT", "UPDATE", "SELECT"):
        error = refused(send(front, "POST", "/t", {"id": 2}, Idempotency_Key="k"), 403, "42501")
        assert error["hint"].startswith("the account needs SELECT, INSERT and UPDATE on table 'keys_' of MYREST_IDEMPOTENCY_TABLE"), error
        may(schema, f"{right} ON keys_")
    for replayed in (None, "true"):
        response = send(front, "POST", "/t", {"id": 2}, Idempotency_Key="k")
        assert response.status == 201 and response.headers.get("idempotency-replayed") == replayed


@pytest.mark.parametrize("waits_for", ["t", "keys_"])
def test_check_whose_connection_is_lost_is_not_content(database, lab, waits_for):
    """It has to wait for a table that somebody else has locked, and the server ends its connection meanwhile."""
    schema = bare(database, *SECRETS, "CREATE TABLE keys_ (id VARBINARY(255) PRIMARY KEY, request BINARY(16), answer MEDIUMBLOB)")
    may(schema, *(f"{right} ON {table}" for right in ("SELECT", "INSERT", "UPDATE") for table in ("t", "keys_")))
    ended = []
    with schema.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLES {waits_for} WRITE")
        running = threading.Thread(target=lambda: ended.append(check(lab, schema, MYREST_IDEMPOTENCY_TABLE="keys_")))
        running.start()
        servers.until(lambda: waiting(schema))
        for number in schema.pool_connections():
            schema.sql(f"KILL {number}")
        running.join()
        cursor.execute("UNLOCK TABLES")
    assert ended[0].returncode == 69 and "myrest: DATABASE_URL: the connection was lost: " in ended[0].stderr, ended
    assert ("GRANT DELETE ON " in ended[0].stderr) == (waits_for == "keys_"), ended


def waiting(schema):
    """Whether a statement of the pool's account waits for a lock."""
    if postgresql.HERE:
        return schema.sql("SELECT 1 FROM pg_stat_activity WHERE usename = 'rest' AND wait_event_type = 'Lock'")
    return schema.sql("SELECT 1 FROM information_schema.processlist WHERE user = 'rest' AND state LIKE 'Waiting for%lock'")
