# SPDX-License-Identifier: MIT
"""A plain HTTP/1.1 client that sends the target as it is given and says when an answer was cut."""
import json
import socket


class Number(str):
    """A JSON number with a fraction or an exponent, as it was written."""


def _object(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"an object with a name twice: {names}"
    return dict(pairs)


def _constant(text):
    raise AssertionError(f"{text} is not JSON")


def parse(body, exact=False):
    """Strict JSON: UTF-8, no NaN, no name twice; exact keeps fractions as they were written."""
    how = {"object_pairs_hook": _object, "parse_constant": _constant}
    if exact:
        how["parse_float"] = Number
    return json.loads(body.decode("utf-8"), **how)


class Response:
    def __init__(self, status, reason, headers, body, cut):
        self.status, self.reason, self.body, self.cut = status, reason, body, cut
        self.header_list = headers
        self.headers = {name.lower(): value for name, value in headers}

    def json(self, exact=False):
        assert not self.cut, "the answer was cut"
        return parse(self.body, exact)

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:300]!r}{' CUT' if self.cut else ''}>"


class Web:
    """Where an HTTP server is. One connection per request; load has a client of its own (load.py)."""

    def __init__(self, port, host="127.0.0.1", timeout=20.0):
        self.host, self.port, self.timeout = host, port, timeout

    def get(self, target="/users", method="GET", headers=None, body=None, timeout=None):
        target = target if isinstance(target, bytes) else target.encode()
        lines = [method.encode() + b" " + target + b" HTTP/1.1", b"Host: localhost", b"Connection: close"]
        for name, value in (headers or {}).items():
            lines.append(name.encode() + b": " + value.encode())
        if body is not None:
            lines.append(b"Content-Length: %d" % len(body))
        data = b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")
        with socket.create_connection((self.host, self.port), timeout or self.timeout) as connection:
            connection.sendall(data)
            return read_response(connection.makefile("rb"), method)

    def head(self, target="/users", **how):
        return self.get(target, method="HEAD", **how)

    def json(self, target="/users", exact=False, **how):
        """The rows of an answer that must be 200."""
        response = self.get(target, **how)
        assert response.status == 200, response
        assert response.headers["content-type"].split(";")[0] == "application/json", response
        return response.json(exact)


def read_response(file, method="GET"):
    line = file.readline()
    assert line.startswith(b"HTTP/1."), f"not an HTTP answer: {line!r}"
    _, status, *reason = line.decode("latin-1").split(None, 2)
    headers = []
    while (line := file.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name.strip(), value.strip()))
    known = {name.lower(): value for name, value in headers}
    body, cut = b"", False
    if method == "HEAD" or status in ("204", "304"):
        body = file.read()
    elif known.get("transfer-encoding") == "chunked":
        body, cut = _chunks(file)
    elif "content-length" in known:
        body = _all(file, int(known["content-length"]))
        cut = len(body) < int(known["content-length"])
    else:
        body = _all(file)
    return Response(int(status), " ".join(reason).strip(), headers, body, cut)


def _all(file, count=-1):
    try:
        return file.read(count)
    except ConnectionError:
        return b""


def _chunks(file):
    parts = []
    try:
        while True:
            line = file.readline()
            if not line.endswith(b"\r\n"):
                return b"".join(parts), True
            size = int(line.split(b";")[0], 16)
            data = file.read(size + 2)
            if len(data) < size + 2:
                return b"".join(parts) + data, True
            if size == 0:
                return b"".join(parts), False
            parts.append(data[:-2])
    except ConnectionError:
        return b"".join(parts), True


def error_of(response, status, code=None):
    """Asserts the one shape of an error; its object."""
    assert response.status == status, response
    assert response.headers["content-type"].split(";")[0] == "application/json", response
    error = json.loads(response.body.decode("utf-8"))
    assert set(error) == {"code", "message", "details", "hint"}, error
    assert isinstance(error["code"], str) and error["code"], error
    assert isinstance(error["message"], str) and error["message"], error
    for part in ("details", "hint"):
        assert error[part] is None or isinstance(error[part], str), error
    if code is not None:
        assert error["code"] in (code if isinstance(code, tuple) else (code,)), error
    return error
