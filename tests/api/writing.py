# SPDX-License-Identifier: MIT
"""What the tests of writing share: requests with bodies, tables that are as new for each test, what errors must not show."""
import json
import re
import threading

from web import error_of

GRANT = "SELECT, INSERT, UPDATE, DELETE, SHOW VIEW"
OBJECT = "application/vnd.pgrst.object+json"
CSV = "text/csv"
NDJSON = "application/x-ndjson"
REPRESENTATION = "return=representation"

# What no client may be shown of the statement or of the server.
FORBIDDEN = re.compile(
    r"insert into|insert ignore|replace into|update `|delete from|(?<!the account has no )select |values ?\(|on duplicate|returning|set @|"
    r"`|mariadb|mysql|sqlstate|errno|duplicate entry|cannot add or update|constraint fails|at row \d|\bs\d+\.|\b\d{4} \(|"
    r"postgres|libpq|on conflict|failing row contains|key \(.*\)=\((?!.*\) already exists)|is not present in table|relation \"",
    re.I,
)


def encode(value, ascii_only=False):
    return json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":")).encode("utf-8")


def send(web, method, target, body=None, prefer=None, accept=None, csv=None, kind=None, timeout=None, **headers):
    """One request. body: bytes as they are, anything else as JSON; csv: a text. prefer: one or several."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if csv is not None:
        body, kind = csv.encode("utf-8") if isinstance(csv, str) else csv, kind or CSV
    elif body is not None and not isinstance(body, bytes):
        body, kind = encode(body), kind or "application/json"
    if kind is not None:
        sent["Content-Type"] = kind
    if prefer is not None:
        sent["Prefer"] = prefer if isinstance(prefer, str) else ", ".join(prefer)
    if accept is not None:
        sent["Accept"] = accept
    if body is None and method in ("POST", "PUT", "PATCH"):
        body = b""
    return web.get(target, method=method, headers=sent, body=body, timeout=timeout)


class Tables:
    """The service, and its tables as they are between two tests."""

    def __init__(self, service, tables):
        """tables: name -> (what makes it, and its rows, which are statements or a VALUES list, or None: nothing of its own);
        a statement or several. table_data.by_name() has both."""
        self.service, self.tables = service, tables
        self.schema, self.pool, self.web, self.get, self.json = (
            service.schema, service.pool, service.web, service.get, service.json,
        )  # fmt: skip
        self.connection, self.lock = self.schema.connect(), threading.Lock()

    def ask(self, *statements):
        """The rows of the last one, by a connection that is kept."""
        with self.lock, self.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall()

    def renew(self):
        """Those that others refer to stand before them in the table of tables."""
        filled = {name: rows for name, (_, rows) in self.tables.items() if rows is not None}
        self.ask(
            "SET SQL_MODE = 'STRICT_ALL_TABLES'",
            *[f"DELETE FROM {name}" for name in reversed(filled)],
            *[one for name, rows in filled.items() if rows for one in ([f"INSERT INTO {name} {rows}"] if isinstance(rows, str) else rows)],
        )

    def send(self, method, target, body=None, **how):
        return send(self.web, method, target, body, **how)

    def post(self, target, body=None, **how):
        return self.send("POST", target, body, **how)

    def patch(self, target, body=None, **how):
        return self.send("PATCH", target, body, **how)

    def put(self, target, body=None, **how):
        return self.send("PUT", target, body, **how)

    def delete(self, target, **how):
        return self.send("DELETE", target, **how)

    def rows(self, query):
        """What the database has, asked directly; in the order of the values, when the query says none."""
        rows = [tuple(row) for row in self.ask(query)]
        return rows if "ORDER BY" in query else sorted(rows, key=lambda row: [(value is not None, value) for value in row])

    def value(self, query):
        return self.rows(query)[0][0]

    def snapshot(self):
        """All rows of all tables."""
        return {name: sorted(self.rows(f"SELECT * FROM {name}"), key=repr) for name, (_, rows) in self.tables.items()
                if rows is not None}  # fmt: skip


def statements_of(tables):
    """What makes the tables (they are filled by Tables.renew)."""
    made = []
    for statement, _ in tables.values():
        made += [statement] if isinstance(statement, str) else statement
    return made


def applied(response):
    """The preferences that the answer says were heeded."""
    return {part.strip() for part in response.headers.get("preference-applied", "").split(",") if part.strip()}


def done(response, status, body=b""):
    """Asserts an answer without a body."""
    assert response.status == status, f"expected {status}: {response}"
    assert response.body == body, f"expected no body: {response}"
    return response


def shown(response, status=200):
    """The representation."""
    assert response.status == status, f"expected {status} with a representation: {response}"
    return response.json()


def refused(response, status, code=None, *words):
    """Asserts an error; each of the words stands in what it says; no SQL, nothing of the driver. Its object."""
    error = error_of(response, status, code)
    said = " ".join(error[part] or "" for part in ("message", "details", "hint"))
    for word in words:
        assert re.search(rf"(?<![\w]){re.escape(word)}(?![\w])", said), f"{word!r} is not named: {error}"
    found = FORBIDDEN.search(said)
    assert not found, f"{found.group()!r} is shown to the client: {error}"
    return error


def failed(service, response, status, code, number, event):
    """Asserts a 5xx with words of its own and the server's number or state, and one line in the log of the service or pool. Its
    object."""
    error = refused(response, status, code)
    assert "an internal error" not in error["message"], error
    assert error["code"] == number or str(number) in error["details"], error
    identity = response.headers["x-request-id"]
    lines = [line for line in (service.pool if hasattr(service, "pool") else service).log() if line.get("id") == identity and line["event"] == event]
    assert [line["level"] for line in lines] == ["error"], lines
    assert lines[0]["number"] == number or str(number) in lines[0]["message"], lines
    return error
