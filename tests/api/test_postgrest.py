# SPDX-License-Identifier: MIT
"""What doc/postgrest.md says that differs from PostgREST, and what is as there."""
import pytest

from writing import GRANT, REPRESENTATION, done, refused, send, shown

MERGE, IGNORE = "resolution=merge-duplicates", "resolution=ignore-duplicates"


@pytest.fixture(scope="module")
def lang(service):
    return service(
        "CREATE TABLE lang (name VARCHAR(20) PRIMARY KEY, place INT, note VARCHAR(20))",
        "CREATE TABLE keyless (a INT)",
        "CREATE TABLE doc (id INT PRIMARY KEY, js JSON)",
        tables="lang,keyless,doc",
        grant=GRANT,
        MYREST_WRITABLE="lang,keyless",
        MYREST_MAX_ROWS=2,
    )


@pytest.fixture
def web(lang):
    lang.schema.sql("DELETE FROM lang", "INSERT INTO lang VALUES ('ada', 1, 'x'), ('bcpl', 2, 'y'), ('c', 3, 'z')")
    return lang.web


@pytest.mark.parametrize("query, code", [
    ("limit=-1", "PGRST100"),
    ("offset=-1", "PGRST100"),
    ("or=(place.eq.1,place.eq.2)more", "PGRST100"),
    ("and=(place.eq.1),or=(place.eq.2)", "PGRST100"),
])  # fmt: skip
def test_reads_that_mean_nothing(web, query, code):
    refused(web.get(f"/lang?{query}"), 400, code)


def test_an_arrow_behind_a_text(web):
    refused(web.get("/doc?select=js->>a->b"), 400)


def test_a_next_page(web):
    assert 'after=(%22bcpl%22)>; rel="next"' in web.get("/lang").headers["link"]


def test_a_new_row_has_a_location_whatever_is_returned(web):
    for number, prefer in enumerate((REPRESENTATION, "return=headers-only")):
        response = send(web, "POST", "/lang", {"name": f"new{number}"}, prefer=prefer)
        assert response.status == 201 and response.headers["location"] == f"/lang?name=eq.new{number}"


def test_an_upsert_of_rows_that_are_there(web):
    rows = [{"name": "ada", "place": 9}, {"name": "bcpl", "place": 8}]
    done(send(web, "POST", "/lang", rows, prefer=MERGE), 201)
    done(send(web, "POST", "/lang", rows, prefer=IGNORE), 200)
    refused(send(web, "POST", "/keyless", {"a": 1}, prefer=MERGE), 400)


def test_puts_that_are_refused(web):
    refused(send(web, "PUT", "/lang?nothing=eq.1", {"name": "ada"}), 400, "42703")
    refused(send(web, "PUT", "/lang?name=eq.ada", [{"name": "ada"}, {"name": "b"}]), 400)


def test_patches_that_are_refused(web):
    refused(send(web, "PATCH", "/lang?name=eq.ada", []), 400)
    refused(send(web, "PATCH", "/lang", {"place": 1}), 400, "21000")


def test_no_more_rows_are_returned_than_a_read_would_have(lang, web):
    refused(send(web, "PATCH", "/lang?place=gt.0", {"place": 7}, prefer=REPRESENTATION), 400)
    refused(send(web, "DELETE", "/lang?place=gt.0", prefer=REPRESENTATION), 400)
    done(send(web, "PATCH", "/lang?place=gt.0", {"place": 7}), 204)
    assert len(shown(send(web, "DELETE", "/lang?name=neq.ada", prefer=REPRESENTATION))) == 2
    assert [tuple(row) for row in lang.schema.sql("SELECT name, place FROM lang")] == [("ada", 7)]


def test_a_name_that_begins_with_dashes(database, start_pool, start_nginx):
    schema = database.schema("CREATE TABLE dashed (`--id` INT PRIMARY KEY)", grant=GRANT)
    front = start_nginx(start_pool(schema.url(), "dashed", MYREST_WRITABLE="dashed"))
    assert shown(send(front, "POST", "/dashed", {"--id": 1}, prefer=REPRESENTATION), 201) == [{"--id": 1}]
