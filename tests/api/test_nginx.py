# SPDX-License-Identifier: MIT
"""What nginx answers by itself, with the shipped configuration: the one shape of an error, as the pool's own."""
import os
import re
import socket
import subprocess

import pytest

import servers
import web
from web import error_of


def raw(front, data):
    """The answer to these bytes, whatever they are."""
    with socket.create_connection((front.host, front.port), front.timeout) as connection:
        connection.sendall(data)
        return web.read_response(connection.makefile("rb"))


def by_nginx(response, status, code):
    error = error_of(response, status, code)
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert int(response.headers["content-length"]) == len(response.body)
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])
    assert [name.lower() for name, _ in response.header_list].count("x-request-id") == 1
    return error


def upstreams(front, status):
    """Who else answered the requests of this status: '-' is nobody but nginx, which logs a moment after it answers."""

    def who():
        return {who for _, answered, tried, *_ in front.tried() if answered == status for who in tried}

    return servers.until(who, 5)


def test_a_body_that_is_too_large_is_413(users):
    for method in ("POST", "PUT", "PATCH", "GET"):
        by_nginx(users.web.get("/users", method=method, body=b"x" * (1 << 20) + b"x"), 413, "PGRST100")
    announced = b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
    by_nginx(raw(users.web, announced), 413, "PGRST100")
    assert upstreams(users.web, 413) == {"-"}
    assert users.web.get("/users", method="POST", body=b"x" * (1 << 19)).status == 405


def test_a_uri_of_30_kb_comes_through(users):
    numbers = ",".join(str(number) for number in range(1, 6000))[:30000].rstrip(",")
    assert [row["id"] for row in users.json(f"/users?id=in.({numbers})")] == [1, 2]


def test_a_uri_that_is_too_long_is_414(users):
    by_nginx(users.get("/users?username=eq." + "a" * 40000), 414, "PGRST100")
    assert upstreams(users.web, 414) == {"-"}


@pytest.mark.parametrize(
    "data,status,code",
    [
        (b"nonsense\r\n\r\n", 400, "PGRST100"),
        (b"GET /users%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "PGRST100"),
        (b"GET /users%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "PGRST100"),
        (b"GET /../users HTTP/1.1\r\nHost: x\r\n\r\n", 400, "PGRST100"),
        (b"GET /users HTTP/1.1\r\n\r\n", 400, "PGRST100"),
        (b"GET /users HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 400, "PGRST100"),
        (b"GET /users HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 40000 + b"\r\n\r\n", 400, "PGRST100"),
        (b"POST /users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "PGRST100"),
        (b"TRACE /users HTTP/1.1\r\nHost: x\r\n\r\n", 405, "PGRST117"),
        (b"GET /users HTTP/3.0\r\nHost: x\r\n\r\n", 505, "PGRSTX00"),
        (b"POST /users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: odd\r\n\r\n", 501, "PGRSTX00"),
    ],
    ids=lambda value: value[:16].decode() if isinstance(value, bytes) else str(value),
)
def test_a_request_that_nginx_does_not_understand(users, data, status, code):
    by_nginx(raw(users.web, data), status, code)


@pytest.fixture
def own(users, start_pool, start_nginx):
    """A pool that may be stopped, and the nginx before it."""
    pool = start_pool(users.schema.url())
    return pool, start_nginx(pool)


def test_a_pool_that_is_gone_is_502_and_says_when_to_come_back(own):
    pool, front = own
    pool.stop()
    for method in ("GET", "POST"):
        response = front.get("/users", method=method)
        by_nginx(response, 502, "PGRST001")
        assert int(response.headers["retry-after"]) >= 1
    head = front.head("/users")
    assert (head.status, head.body) == (502, b"") and head.headers["content-type"].startswith("application/json")
    pool.start()
    servers.until(lambda: front.get("/users").status == 200, 3)


def test_a_pool_that_says_nothing_is_504(users, start_nginx, lab):
    """A listener that accepts and is silent; nginx waits for a second instead of a minute."""
    path = lab.folder("l") / "sock"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        os.chmod(path, 0o666)
        silent.listen()
        front = start_nginx(type("Silent", (), {"address": str(path)}))
        front.change("myrest-location.conf", "fastcgi_read_timeout 60s", "fastcgi_read_timeout 1s")
        response = front.get("/users", method="POST")
        by_nginx(response, 504, "57014")
        assert "retry-after" not in response.headers


def test_the_pools_own_errors_are_not_touched(users):
    straight, behind = users.pool.ask("/nothing"), users.get("/nothing")
    assert straight.body == behind.body
    assert behind.headers["content-length"] == straight.headers["content-length"]
    response = users.web.get("/users", method="DELETE")
    error_of(response, 405)
    assert response.headers["allow"] and upstreams(users.web, 404) == {"404"}


def test_who_may_not_read_is_told_so_in_json(own):
    _, front = own
    front.change("myrest.conf", "include myrest-location.conf;", "include myrest-location.conf; deny all;")
    assert "retry-after" not in front.get("/users").headers
    by_nginx(front.get("/users"), 403, "42501")
    (front.home / "passwords").write_text("somebody:{PLAIN}secret\n")
    password = f'auth_basic "MyREST"; auth_basic_user_file {front.home}/passwords;'
    front.change("myrest.conf", "deny all;", password)
    response = front.get("/users")
    by_nginx(response, 401, "42501")
    assert response.headers["www-authenticate"] == 'Basic realm="MyREST"'
    allowed = front.get("/users", headers={"Authorization": "Basic c29tZWJvZHk6c2VjcmV0"})
    assert allowed.status == 200


def test_who_asks_too_often_is_told_so_in_json(own):
    _, front = own
    front.change("myrest.conf", "#limit_req_zone $binary_remote_addr zone=myrest:10m rate=50r/s;",
                 "limit_req_zone $binary_remote_addr zone=myrest:1m rate=1r/m;")
    front.change("myrest.conf", "include myrest-location.conf;",
                 "include myrest-location.conf; limit_req zone=myrest; limit_req_status 429;")
    front.get("/users")
    response = front.get("/users")
    by_nginx(response, 429, "PGRST003")
    assert int(response.headers["retry-after"]) >= 1


def test_it_lives_beside_debians_default_site(own):
    """A server for the same port of all addresses; this one's address is the nearer one."""
    _, front = own
    site = f"server {{ listen {front.port} default_server; listen [::]:{front.port} default_server; }}"
    front.change("conf", "include myrest.conf;", f"include myrest.conf; {site}")
    assert len(front.json("/users")) == 2


def test_the_error_page_is_no_resource(users):
    for method in "GET", "POST", "DELETE":
        response = users.get("/-/error", method=method)
        assert error_of(response, 404, "PGRST125")["message"] == "there is nothing at this path"


def test_the_configuration_of_contrib_answers_alike(users, lab):
    """contrib/nginx-config DIR LISTEN SOCKET PREFIX, before a pool that is not there."""
    port = servers.free_port()
    home = lab.folder("n")
    command = [servers.SOURCE / "contrib" / "nginx-config", home, f"127.0.0.1:{port}", f"unix:{home}/none", "/api"]
    subprocess.run(command, check=True)
    nginx = servers.start(["/usr/sbin/nginx", "-e", "stderr", "-c", home / "nginx.conf"], home / "log")
    try:
        front = web.Web(port)
        servers.until(lambda: connects(port), why=lambda: (home / "log").read_text())
        by_nginx(front.get("/api/users"), 502, "PGRST001")
        by_nginx(front.get("/api/users", method="POST", body=b"x" * (2 << 20)), 413, "PGRST100")
        by_nginx(front.get("/api/users?" + "a" * 40000), 414, "PGRST100")
        by_nginx(raw(front, b"nonsense\r\n\r\n"), 400, "PGRST100")
    finally:
        servers.end(nginx)


def connects(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False
