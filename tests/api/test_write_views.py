# SPDX-License-Identifier: MIT
"""Writing beside foreign keys and by views: that the good passes (test_refused.py has the bad)."""
import pytest

from write_tables import w, writable  # noqa: F401 (fixtures)
from writing import GRANT, REPRESENTATION, done, refused, send, shown


def test_a_child_of_its_parent(w):
    [row] = shown(w.post("/books", {"author_id": 2, "title": "New"}, prefer=REPRESENTATION), 201)
    assert row["author_id"] == 2
    done(w.patch(f"/books/{row['id']}", {"author_id": None}), 204)
    done(w.delete("/books?author_id=eq.1"), 204)
    done(w.delete("/authors/1"), 204)


def test_an_updatable_view(w):
    done(w.post("/few", {"username": "ada", "email": "ada@x"}), 201)
    assert done(w.patch("/few?username=eq.ada", {"email": "new@x"}), 204).headers["content-range"] == "0-0/*"
    assert w.rows("SELECT username, email FROM users WHERE id > 2") == [("ada", "new@x")]
    done(w.delete("/few?username=eq.ada"), 204)
    assert w.value("SELECT COUNT(*) FROM users") == 2


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_view_s_representation_is_exact_or_refused(w, method):
    body = {"username": "ada", "email": "ada@x"} if method != "DELETE" else None
    before = w.snapshot()
    response = w.send(method, "/few" if method == "POST" else "/few?id=eq.1", body, prefer=REPRESENTATION)
    if response.status == 400:
        refused(response, 400)
        assert w.snapshot() == before
    else:
        [row] = shown(response, 201 if method == "POST" else 200)
        assert row["username"] == ("admin" if method == "DELETE" else "ada")
        assert method == "DELETE" or w.rows(f"SELECT * FROM users WHERE id = {row['id']}") == [tuple(row.values())]


@pytest.mark.parametrize("view", ["t, n", "n, id", "id", "n", "id + 1 AS later, t", "t"])
def test_empty_objects_by_a_view_are_rows_of_defaults(database, start_pool, start_nginx, view):
    schema = database.schema(
        "CREATE TABLE base (id INT PRIMARY KEY AUTO_INCREMENT, n INT NOT NULL DEFAULT 7, t VARCHAR(9))",
        f"CREATE VIEW seen AS SELECT {view} FROM base",
        grant=GRANT,
    )
    front = start_nginx(start_pool(schema.url(), "base,seen", MYREST_WRITABLE="base,seen"))
    for body in {}, [{}, {}], [{}]:
        response = send(front, "POST", "/seen", body)
        if " AS " in view and response.status != 201:  # there are servers that insert by no such view
            assert refused(response, 400)["code"] != "PGRST000"
        else:
            done(response, 201)
    if response.status == 201:
        assert [tuple(row) for row in schema.sql("SELECT n, t FROM base")] == [(7, None)] * 4


def test_what_a_client_writes_the_next_one_reads(w):
    for number in range(50):
        [row] = shown(w.post("/users", {"username": f"u{number}", "email": f"{number}@x"}, prefer=REPRESENTATION), 201)
        assert w.json(f"/users/{row['id']}") == row
        assert w.json(f"/users?username=eq.u{number}") == [row]
        done(w.delete(f"/users/{row['id']}"), 204)
        refused(w.get(f"/users/{row['id']}"), 404, "PGRST116")
