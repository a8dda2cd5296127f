# SPDX-License-Identifier: MIT
"""A load generator: many kept HTTP connections in one epoll loop, in processes of their own.

A script is one client: request() gives the bytes of its next request, or None when it is done; due() the moment
before which it does not ask (0: at once); answer(...) is told what came.
"""
import gc
import multiprocessing
import os
import select
import signal
import socket
import time
import traceback

_context = multiprocessing.get_context("fork")


def get(target, extra=b""):
    target = target if isinstance(target, bytes) else target.encode()
    return b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n" + extra + b"\r\n"


class Script:
    address = None  # where it asks, if not where the others do

    def request(self):
        raise NotImplementedError

    def due(self):
        return 0.0

    def answer(self, status, head, body, began, ended):
        """One whole answer."""

    def broken(self, why):
        """The connection was lost before the answer was whole."""
        raise AssertionError(f"no whole answer: {why}")


class _Client:
    __slots__ = ("script", "socket", "buffer", "began", "waiting", "need", "head", "status", "at")

    def __init__(self, script):
        self.script, self.socket, self.waiting = script, None, False

    def connect(self, address):
        self.socket = socket.create_connection(self.script.address or address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.head, self.need = b"", None, None

    def send(self, data):
        self.waiting, self.head, self.need, self.buffer = True, None, None, b""
        self.began = time.monotonic()
        self.socket.sendall(data)

    def receive(self):
        """True when the answer is whole."""
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionResetError("closed by the server")
        self.buffer = self.buffer + data if self.buffer else data
        if self.head is None:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return False
            self.head = self.buffer[: end + 2]
            self.status = int(self.head[9:12])
            self.at = end + 4
            if self.status in (204, 304):
                self.need = self.at
                return True
            low = (
                self.head
                if b"Content-Length: " in self.head
                else self.head.replace(b"content-length", b"Content-Length")
            )
            mark = low.find(b"Content-Length: ")
            if mark >= 0:
                self.need = self.at + int(low[mark + 16 : low.index(b"\r", mark)])
        if self.need is not None:
            return len(self.buffer) >= self.need
        return self.buffer.endswith(b"0\r\n\r\n")

    def body(self):
        if self.need is not None:
            return self.buffer[self.at : self.need]
        rest, parts = self.buffer[self.at :], []
        while True:
            size, _, rest = rest.partition(b"\r\n")
            count = int(size, 16)
            if count == 0:
                return b"".join(parts)
            parts.append(rest[:count])
            rest = rest[count + 2 :]


def drive(address, scripts):
    """Runs the scripts until each is done."""
    gc.disable()
    poll = select.epoll()
    clients = {}
    later = []
    for script in scripts:
        client = _Client(script)
        client.connect(address)
        clients[client.socket.fileno()] = client
        poll.register(client.socket.fileno(), select.EPOLLIN)
        later.append(client)
    left = len(clients)
    while left:
        now = time.monotonic()
        due, early = [], []
        for client in later:
            (due if client.script.due() <= now else early).append(client)
        later = early
        for client in due:
            data = client.script.request()
            if data is None:
                left -= 1
                poll.unregister(client.socket.fileno())
                client.socket.close()
                continue
            try:
                client.send(data)
            except OSError as why:
                _again(poll, clients, client, address, why)
                later.append(client)
        if not left:
            break
        if due:
            now = time.monotonic()
        wait = min((client.script.due() for client in later), default=now + 30) - now
        for descriptor, _ in poll.poll(max(wait, 0)):
            client = clients[descriptor]
            try:
                if not client.receive():
                    continue
            except OSError as why:
                asked = client.waiting
                _again(poll, clients, client, address, why)
                if asked:
                    later.append(client)
                continue
            client.waiting = False
            client.script.answer(client.status, client.head, client.body(), client.began, time.monotonic())
            later.append(client)


def _again(poll, clients, client, address, why):
    """Tells the script when an answer was lost, and gives it a new connection."""
    descriptor = client.socket.fileno()
    poll.unregister(descriptor)
    del clients[descriptor]
    client.socket.close()
    if client.waiting:
        client.script.broken(str(why))
    client.waiting = False
    client.connect(address)
    clients[client.socket.fileno()] = client
    poll.register(client.socket.fileno(), select.EPOLLIN)


class InProcess:
    """A function running in a process of its own; result() is what it returned."""

    def __init__(self, function, *arguments):
        self.receiver, sender = _context.Pipe(duplex=False)
        self.process = _context.Process(target=_run, args=(sender, function, arguments), daemon=True)
        self.process.start()
        sender.close()

    def result(self, seconds):
        try:
            if not self.receiver.poll(seconds):
                raise AssertionError(f"no result within {seconds} s")
            good, value = self.receiver.recv()
        except EOFError:
            raise AssertionError("the process died") from None
        finally:
            self.end()
        assert good, value
        return value

    def end(self):
        if self.process.is_alive():
            self.process.join(1)
        if self.process.is_alive():
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.join()


def _run(sender, function, arguments):
    try:
        sender.send((True, function(*arguments)))
    except BaseException:
        sender.send((False, traceback.format_exc()))
    finally:
        sender.close()
        os._exit(0)


def shared(count):
    """Unsigned 64-bit numbers that processes share; one aligned store each."""
    return multiprocessing.RawArray("Q", count)


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
