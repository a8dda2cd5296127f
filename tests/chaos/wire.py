# SPDX-License-Identifier: MIT
"""One HTTP client, and the journal of what all of them were answered."""
import collections
import http.client
import json
import threading
import time
from dataclasses import dataclass, field

PATIENCE = 45.0  # seconds that a client waits for a part of its answer
LOST = ("reset", "closed", "cut", "refused", "no answer in time")


@dataclass(frozen=True)
class Failure:
    """A request that was not answered as it is when all is well."""

    began: float
    ended: float
    method: str
    target: str
    what: str       # the status with its code, or one of LOST
    streamed: bool  # an answer that is sent while it is made: a cut is all that can tell of a fault

    @property
    def lost(self):
        return self.what in LOST

    def is_read(self):
        return self.method in ("GET", "HEAD", "OPTIONS")


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes
    began: float
    ended: float
    good: bool = True  # one of those that are expected

    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """Of an error."""
        try:
            return json.loads(self.body).get("code", "")
        except (ValueError, AttributeError):
            return ""


@dataclass
class Journal:
    counts: collections.Counter = field(default_factory=collections.Counter)  # (kind of request, status or loss)
    failures: list = field(default_factory=list)
    moments: list = field(default_factory=list)  # (ended, whether it was a read) of what was answered well
    slowest: dict = field(default_factory=dict)  # kind of request -> seconds
    again: int = 0                               # reads asked again since nginx had closed a kept connection
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind, method, target, what, good, began, ended, streamed):
        with self.lock:
            self.counts[kind, what] += 1
            if good:
                self.moments.append((ended, method in ("GET", "HEAD", "OPTIONS")))
                self.slowest[kind] = max(self.slowest.get(kind, 0.0), ended - began)
            else:
                self.failures.append(Failure(began, ended, method, target, what, streamed))


def loss(fault):
    if isinstance(fault, http.client.IncompleteRead):
        return "cut"
    if isinstance(fault, ConnectionRefusedError):
        return "refused"
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    if isinstance(fault, http.client.RemoteDisconnected):
        return "closed"
    return "reset"


class Client:
    """Keeps its connection, or makes one for each request."""

    def __init__(self, world, kept=True):
        self.world, self.kept, self.connection, self.used = world, kept, None, False

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def ask(self, kind, method, target, body=None, headers=None, expect=(200,), streamed=False):
        """An answer, whatever it is, or None where none came whole. A dict or list is sent as JSON."""
        headers = {"Host": "localhost", **(headers or {})}
        if not self.kept:
            headers["Connection"] = "close"
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        elif isinstance(body, str):
            headers["Content-Type"] = "text/csv"
        began = time.monotonic()
        try:
            answer = self._send(method, target, body, headers, began)
        except (OSError, http.client.HTTPException) as fault:
            self.close()
            self.world.journal.note(kind, method, target, loss(fault), False, began, time.monotonic(), streamed)
            return None
        answer.good = answer.status in expect
        what = str(answer.status) if answer.good else f"{answer.status} {answer.code}".strip()
        self.world.journal.note(kind, method, target, what, answer.good, began, answer.ended, streamed)
        return answer

    def _send(self, method, target, body, headers, began):
        for attempt in (1, 2):
            reused = self.connection is not None and self.used
            if self.connection is None:
                self.connection, self.used = http.client.HTTPConnection("127.0.0.1", self.world.port, timeout=PATIENCE), False
            try:
                self.connection.request(method, target, body, headers)
                response = self.connection.getresponse()
                data = response.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.close()
                # A kept connection that nginx has closed, which it may between two requests when it ends or is reloaded:
                # RFC 9110 9.2.2. Where nobody has touched nginx it counts as a failure.
                if attempt == 2 or not reused or method not in ("GET", "HEAD", "OPTIONS") or not self.world.nginx_touched():
                    raise
                self.world.journal.again += 1
                continue
            self.used = True
            answer = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, data,
                            began, time.monotonic())  # fmt: skip
            if response.will_close:
                self.close()
            return answer
        raise AssertionError("not reached")
