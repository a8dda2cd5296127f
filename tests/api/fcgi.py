# SPDX-License-Identifier: MIT
"""A raw FastCGI client: it can say everything right, and everything wrong."""
import socket
import struct
import time

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES, GET_VALUES_RESULT, UNKNOWN = range(1, 12)
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
REQUEST_COMPLETE, CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE = range(4)


def record(kind, content=b"", ident=1, padding=0, version=1):
    return struct.pack("!BBHHBx", version, kind, ident, len(content), padding) + content + b"\0" * padding


def stream(kind, content, ident=1, chunk=65535, padding=0):
    """The content in records of at most chunk bytes, and the empty record that ends the stream."""
    out = b"".join(record(kind, content[at : at + chunk], ident, padding) for at in range(0, len(content), chunk))
    return out + record(kind, b"", ident)


def length(number):
    return bytes([number]) if number < 128 else struct.pack("!I", number | 0x80000000)


def pair(name, value):
    name = name if isinstance(name, bytes) else name.encode()
    value = value if isinstance(value, bytes) else value.encode()
    return length(len(name)) + length(len(value)) + name + value


def params(method, target, headers=None, body=b"", extra=None):
    target = target if isinstance(target, bytes) else target.encode()
    path, _, query = target.partition(b"?")
    given = {
        "QUERY_STRING": query,
        "REQUEST_METHOD": method,
        "CONTENT_TYPE": "",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "SCRIPT_NAME": path,
        "REQUEST_URI": target,
        "DOCUMENT_URI": path,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_SCHEME": "http",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_SOFTWARE": "test",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
    }
    for name, value in (headers or {}).items():
        given["HTTP_" + name.upper().replace("-", "_")] = value
    given.update(extra or {})
    return b"".join(pair(name, value) for name, value in given.items())


def begin(keep=True, role=RESPONDER, ident=1):
    return record(BEGIN, struct.pack("!HB5x", role, 1 if keep else 0), ident)


def encode(method="GET", target="/users", headers=None, body=b"", keep=True, ident=1, extra=None, padding=0):
    return (
        begin(keep, ident=ident)
        + stream(PARAMS, params(method, target, headers, body, extra), ident, padding=padding)
        + stream(STDIN, body, ident, padding=padding)
    )


class Answer:
    """What came back for one request. ended: END_REQUEST came. cut: 'eof', 'reset', 'timeout' or None."""

    def __init__(self):
        self.parts, self.err, self.ended, self.cut = [], b"", False, None
        self.app_status = self.protocol_status = None
        self.seconds = None

    @property
    def out(self):
        if len(self.parts) > 1:
            self.parts = [b"".join(self.parts)]
        return self.parts[0] if self.parts else b""

    def _split(self):
        head, separator, body = self.out.partition(b"\r\n\r\n")
        assert separator or not self.out, f"no end of headers in {self.out[:200]!r}"
        return head, body

    @property
    def headers(self):
        lines = self._split()[0].decode("latin-1").split("\r\n")
        return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    @property
    def status(self):
        if not self.out:
            return None
        return int(self.headers.get("status", "200").split()[0])

    @property
    def body(self):
        return self._split()[1]

    def __repr__(self):
        return f"<Answer ended={self.ended} cut={self.cut} out={self.out[:120]!r}>"


class Connection:
    def __init__(self, address, timeout=10.0):
        self.timeout = timeout
        if isinstance(address, tuple):
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        else:
            family = socket.AF_UNIX
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        self.pending, self.at = b"", 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _need(self, count):
        while len(self.pending) - self.at < count:
            got = self.socket.recv(1 << 18)
            if not got:
                raise EOFError
            self.pending = self.pending[self.at :] + got
            self.at = 0
        self.at += count
        return self.pending[self.at - count : self.at]

    def read_record(self):
        version, kind, ident, size, padding = struct.unpack("!BBHHBx", self._need(8))
        assert version == 1, f"record of version {version}"
        content = self._need(size)
        self._need(padding)
        return kind, ident, content

    def read(self, ident=1, timeout=None, others=None):
        """One answer; records of other requests are added to the Answers in others, by id."""
        answer = Answer()
        answers = {ident: answer} if others is None else others
        answers.setdefault(ident, answer)
        answer = answers[ident]
        self.socket.settimeout(self.timeout if timeout is None else timeout)
        began = time.monotonic()
        try:
            while not answer.ended:
                kind, who, content = self.read_record()
                if who == 0:
                    continue
                target = answers.setdefault(who, Answer())
                if kind == STDOUT:
                    target.parts.append(content)
                elif kind == STDERR:
                    target.err += content
                elif kind == END:
                    target.app_status, target.protocol_status = struct.unpack("!IB3x", content)
                    target.ended = True
        except EOFError:
            answer.cut = "eof"
        except (ConnectionResetError, BrokenPipeError):
            answer.cut = "reset"
        except socket.timeout:
            answer.cut = "timeout"
        answer.seconds = time.monotonic() - began
        return answer

    def request(self, method="GET", target="/users", timeout=None, **how):
        self.send(encode(method, target, **how))
        return self.read(how.get("ident", 1), timeout)

    def closed_within(self, seconds):
        """Seconds until the other side closed, or None when it did not in time. Reads and drops what comes."""
        began = time.monotonic()
        while (left := began + seconds - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                if not self.socket.recv(1 << 16):
                    return time.monotonic() - began
            except socket.timeout:
                return None
            except ConnectionError:
                return time.monotonic() - began
        return None
