# SPDX-License-Identifier: MIT
"""A header that comes in several lines means what it means in one (RFC 9110, 5.3), whether the web server joins the lines,
as nginx does since 1.23, or gives them one by one. Where there can be one value only, two are refused by name."""
import json
import socket

import pytest

import fcgi
from web import error_of, read_response
from writing import CSV, GRANT, Tables, done, refused, send, shown, statements_of

TABLES = {"t": ("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))", "VALUES (1, 'one'), (2, 'two')")}
ROWS = [{"id": 1, "v": "one"}, {"id": 2, "v": "two"}]
JSON = "application/json"


@pytest.fixture(scope="module")
def tables(service):
    return Tables(service(*statements_of(TABLES), grant=GRANT, tables="t", MYREST_WRITABLE="t"), TABLES)


@pytest.fixture
def w(tables):
    tables.renew()
    return tables


def raw(w, method, target, *variables, body=b"", length=None):
    """One request by FastCGI itself, with these variables behind the others."""
    given = fcgi.params(method, target, extra={"CONTENT_LENGTH": str(len(body) if length is None else length), "CONTENT_TYPE": JSON})
    given += b"".join(fcgi.pair(name, value) for name, value in variables)
    with w.pool.fcgi() as connection:
        connection.send(fcgi.begin() + fcgi.stream(fcgi.PARAMS, given) + fcgi.stream(fcgi.STDIN, body))
        answer = connection.read()
        assert answer.ended and answer.cut is None, answer
        assert connection.request("GET", "/t/1").status == 200  # the connection is as good as before
    return answer


def ask(way, w, method, target, name, values, body=None, **how):
    """The header in several lines, or in one."""
    if way == "joined":
        values = [", ".join(values)]
    if way == "nginx" or way == "joined":
        return w.send(method, target, body, **{name: f"\r\n{name}: ".join(values)}, **how)
    variable = "HTTP_" + name.upper().replace("-", "_")
    return raw(w, method, target, *[(variable, value) for value in values], body=body or b"")


LISTS = {
    "the_first_is_one": ("GET", "Accept", [CSV, "text/html"], CSV),
    "the_last_is_one": ("GET", "Accept", ["text/html", "text/csv;q=0.5"], CSV),
    "none_is_one": ("GET", "Accept", ["text/html", "application/xml"], 406),
    "by_quality": ("GET", "Accept", ["text/csv;q=0.1", "application/json;q=0.2"], JSON),
    "by_quality_the_other_way": ("GET", "Accept", ["text/csv;q=0.2", "application/json;q=0.1"], CSV),
    "refused_by_another_line": ("GET", "Accept", ["*/*", "application/json;q=0"], CSV),
    "empty_members": ("GET", "Accept", [" , ,text/html", ",\t,", "text/csv ,"], CSV),
    "a_comma_in_quotes": ("GET", "Accept", ['text/html;x="a, text/csv", application/json'], JSON),
    "a_semicolon_in_quotes": ("GET", "Accept", ['application/json;x=";q=0"', "text/csv;q=0.5"], JSON),
    "an_escaped_quote": ("GET", "Accept", ['text/html;x="\\", text/csv;"', JSON], JSON),
    "a_quote_without_end": ("GET", "Accept", ['text/html;x="a, text/csv'], 406),
    "an_unknown_coding": ("POST", "Content-Encoding", ["gzip", "identity"], 415),
    "an_unknown_coding_at_the_end": ("POST", "Content-Encoding", ["identity", "br"], 415),
    "no_coding": ("POST", "Content-Encoding", ["identity", "identity"], 201),
    "more_than_one_range": ("GET", "Range", ["0-0", "1-1"], 200),
}  # fmt: skip


@pytest.mark.parametrize("way", ["fastcgi", "nginx", "joined"])
@pytest.mark.parametrize("case", LISTS)
def test_the_lines_of_a_list_are_one_list(w, way, case):
    method, name, values, expected = LISTS[case]
    answer = ask(way, w, method, "/t?order=id" if method == "GET" else "/t", name, values, b'{"id":3}' if method == "POST" else None)
    if isinstance(expected, int):
        assert answer.status == expected, answer
        assert expected != 200 or json.loads(answer.body) == ROWS  # more than one range: ignored
    else:
        assert answer.status == 200 and answer.headers["content-type"].split(";")[0] == expected, answer


@pytest.mark.parametrize("way", ["fastcgi", "nginx", "joined"])
def test_preferences_of_several_lines(w, way):
    values = ['x="a, return=minimal"', "return=representation", "count=exact, , tx=commit"]
    answer = ask(way, w, "POST", "/t", "Prefer", values, b'{"id":3,"v":"x"}', kind=JSON)
    assert answer.status == 201 and json.loads(answer.body) == [{"id": 3, "v": "x"}], answer
    answer = ask(way, w, "GET", "/t", "Prefer", ['x="a, b"', "handling=strict"])
    assert answer.status == 400 and json.loads(answer.body)["details"] == 'not known: x="a, b"', answer


@pytest.mark.parametrize("way", ["fastcgi", "joined"])  # nginx 1.22 refuses a second line of these
def test_conditions_of_several_lines(w, way):
    tag = w.get("/t/1").headers["etag"]
    for values, status in (
        ([tag, '"x"'], 304), (['"x"', tag], 304), (['"x"', 'W/"y", ' + tag], 304), (['"x"', "W/" + tag], 304), (['"x, y"', '"z"'], 200), (['"x"', "*"], 304),
    ):  # fmt: skip
        assert ask(way, w, "GET", "/t/1", "If-None-Match", values).status == status, values
    for values, status in ((['"x"', '"y"'], 412), (['"x"', tag], 204)):
        assert ask(way, w, "PATCH", "/t/1", "If-Match", values, b'{"v":"new"}', kind=JSON).status == status, values


@pytest.mark.parametrize("way", ["fastcgi", "nginx"])
@pytest.mark.parametrize("name, one, other", [("Accept-Profile", "public", "other"), ("Content-Profile", "public", "other"), ("Idempotency-Key", "a", "b")])
def test_two_values_of_what_has_one_are_refused_by_name(w, way, name, one, other):
    for values in ([one, other], [other, one]):
        answer = ask(way, w, "POST", "/t", name, values, b'{"id":3}', kind=JSON)
        assert answer.status == 400, answer
        assert json.loads(answer.body)["message"] == f"the header {name} is given more than once"
    assert len(w.rows("SELECT id FROM t")) == 2


@pytest.mark.parametrize("way", ["fastcgi", "nginx"])
def test_one_value_given_twice_is_one(w, way):
    assert ask(way, w, "POST", "/t", "Content-Profile", ["public", "public"], b'{"id":3}', kind=JSON).status == 201
    assert ask(way, w, "GET", "/t", "Accept-Profile", ["public", "public"]).status == 200
    assert json.loads(ask(way, w, "GET", "/t?order=id", "Range", ["1-1", "1-1"]).body) == ROWS[1:]


def test_a_schema_is_looked_at_in_either_header(w):
    for first, second in (("Accept-Profile", "Content-Profile"), ("Content-Profile", "Accept-Profile")):
        for method, body in (("GET", None), ("POST", {"id": 3})):
            response = w.send(method, "/t", body, **{first: "other", second: "public"})
            error_of(response, 406, "PGRST106")
    done(send(w.web, "POST", "/t", {"id": 3}, Accept_Profile="public", Content_Profile=w.schema.name), 201)


@pytest.mark.parametrize("one, other", [(JSON, CSV), (CSV, JSON), (CSV, "text/csv; header=absent")])
def test_two_content_types_are_refused(w, one, other):
    """nginx tells the first one as CONTENT_TYPE, and all of them as the client's headers."""
    for kind in (f"{one}\r\nContent-Type: {other}", f"{one}, {other}"):
        error = refused(w.post("/t", b"id\n3\n", kind=kind), 400, "PGRST100")
        assert error["message"] == "the header Content-Type is given more than once"
    answer = raw(w, "POST", "/t", ("CONTENT_TYPE", one), ("HTTP_CONTENT_TYPE", one), ("HTTP_CONTENT_TYPE", other), body=b"id\n3\n")
    assert answer.status == 400, answer
    assert len(w.rows("SELECT id FROM t")) == 2


def test_a_content_type_given_twice_is_one(w):
    for n, kind in enumerate((f"{CSV}\r\nContent-Type: {CSV}", f"{CSV}, {CSV}", f'{CSV}; x="a, b"', f"{CSV},"), 3):
        done(w.post("/t", f"id\n{n}\n".encode(), kind=kind), 201)


def test_the_web_server_s_content_type_goes_before_the_client_s(w):
    """An operator may set it for clients that say something else."""
    answer = raw(w, "POST", "/t", ("HTTP_CONTENT_TYPE", "application/x-www-form-urlencoded"), body=b'{"id":3}')
    assert answer.status == 201, answer


def test_a_body_that_is_not_as_long_as_it_is_said_to_be_is_refused(w):
    """It is one that was cut: of a CSV what is left may be some rows less."""
    body = b"id,v\n3,x\n4,y\n"
    for length in (len(body) + 4, len(body) - 4, "99999999999999999999"):
        answer = raw(w, "POST", "/t", ("CONTENT_TYPE", CSV), body=body, length=length)
        assert answer.status == 400 and json.loads(answer.body)["message"] == f"Content-Length is {length}, but the body has {len(body)} bytes", answer
    assert len(w.rows("SELECT id FROM t")) == 2
    for n, length in enumerate(("", "-1", "x")):  # the web server does not say
        assert raw(w, "POST", "/t", ("CONTENT_TYPE", CSV), body=b"id\n%d\n" % (10 + n), length=length).status == 201
    assert raw(w, "GET", "/t", body=b"x", length=5).status == 200  # nobody reads it


def test_a_body_in_chunks_is_whole(w):
    """nginx says how long it is, once it has all of it."""

    with socket.create_connection((w.web.host, w.web.port), 20) as connection:
        connection.sendall(b"POST /t HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nPrefer: return=representation\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n4\r\n{\"id\r\n4\r\n\":3}\r\n0\r\n\r\n")  # fmt: skip
        response = read_response(connection.makefile("rb"), "POST")
    assert shown(response, 201) == [{"id": 3, "v": None}]


def test_very_many_lines(w):
    """Each one that is joined copies those before it."""
    few = [("HTTP_ACCEPT", f"text/x{n}") for n in range(60)]
    assert raw(w, "GET", "/t", *few, ("HTTP_ACCEPT", CSV)).headers["content-type"].startswith(CSV)
    answer = raw(w, "GET", "/t", *[("HTTP_ACCEPT", f"text/x{n}") for n in range(20000)])
    assert answer.status == 400 and "Accept" in json.loads(answer.body)["message"], answer
    assert raw(w, "GET", "/t", *[("HTTP_ACCEPT", CSV)] * 20000).headers["content-type"].startswith(CSV)
