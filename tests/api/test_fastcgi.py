# SPDX-License-Identifier: MIT
"""Whatever comes through the socket gets a clear word or a close: requests cut short, slow, mixed, garbage."""
import json
import random
import socket
import struct
import time
import zlib

import pytest

import fcgi
import servers
from badinput import DEADLINE, GOOD, Watch, harmless
from badinput import nobody_died, target  # noqa: F401 (fixtures)
from servers import ADMIN, GUEST


@pytest.mark.parametrize("part", [1, 7, 8, 9, 15, 16, 17, 24, 30, 100, len(GOOD) - 9, len(GOOD) - 8, len(GOOD) - 1])
def test_a_request_cut_short_by_its_sender_does_no_harm(target, part):
    with target.pool.fcgi() as connection:
        connection.send(GOOD[:part])
    with target.pool.fcgi() as connection:
        connection.send(GOOD[:part])
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.closed_within((DEADLINE + 2) * servers.FACTOR) is not None


def test_half_sent_requests_are_closed_at_the_deadline_and_delay_nobody(target):
    with Watch(target.pool):
        connections = [target.pool.fcgi() for _ in range(20)]
        began = time.monotonic()
        for at, connection in enumerate(connections):
            connection.send(GOOD[: 1 + at * (len(GOOD) - 2) // 20])
        for connection in connections:
            assert connection.closed_within((DEADLINE + 3) * servers.FACTOR) is not None, "never closed"
            connection.close()
        assert time.monotonic() - began > 0.8 * DEADLINE, "closed before its deadline"


def test_one_byte_at_a_time_has_one_deadline_for_the_whole(target):
    with Watch(target.pool):
        connections = [target.pool.fcgi() for _ in range(8)]
        began = time.monotonic()
        at, closed = 0, {}
        while len(closed) < len(connections) and time.monotonic() - began < (DEADLINE + 3) * servers.FACTOR:
            for connection in connections:
                if connection in closed:
                    continue
                try:
                    connection.send(GOOD[at : at + 1])
                    connection.socket.settimeout(0.001)
                    if not connection.socket.recv(4096):
                        closed[connection] = time.monotonic() - began
                except socket.timeout:
                    pass
                except ConnectionError:
                    closed[connection] = time.monotonic() - began
            at += 1
            assert at < len(GOOD), "this test is too quick"
            time.sleep(0.04)
        for connection in connections:
            connection.close()
    assert len(closed) == len(connections), "never closed"
    assert min(closed.values()) > 0.8 * DEADLINE


def test_one_byte_at_a_time_within_the_deadline_is_answered(target):
    with target.pool.fcgi() as connection:
        for _ in range(3):
            for byte in GOOD:
                connection.send(bytes([byte]))
            assert json.loads(connection.read().body) == ADMIN


def test_an_idle_kept_connection_has_no_deadline(target):
    with target.pool.fcgi() as connection:
        assert connection.request(target="/users").status == 200
        time.sleep(DEADLINE + 1)
        assert connection.request(target="/users/1").status == 200


def test_a_connection_that_never_says_anything_does_no_harm(target):
    connections = [target.pool.fcgi() for _ in range(100)]
    with Watch(target.pool):
        time.sleep(0.5)
    for connection in connections:
        connection.close()


def test_a_half_sent_request_after_a_good_one_on_the_same_connection(target):
    with target.pool.fcgi() as connection, Watch(target.pool):
        connection.send(GOOD + GOOD[:50])
        assert json.loads(connection.read().body) == ADMIN
        assert connection.closed_within((DEADLINE + 3) * servers.FACTOR) is not None


def test_requests_sent_one_after_the_other_without_waiting_are_all_answered(target):
    with target.pool.fcgi() as connection:
        connection.send(b"".join(fcgi.encode("GET", f"/users/{at % 3}") for at in range(30)))
        for at in range(30):
            assert connection.read().status == (404 if at % 3 == 0 else 200)


def test_a_request_that_comes_while_another_one_waits_behind_the_first_is_answered(target):
    with target.pool.fcgi() as connection:
        connection.send(fcgi.encode("GET", "/slow") + GOOD)
        time.sleep(0.2)
        connection.send(fcgi.encode("GET", "/users/2"))
        assert connection.read().status == 200
        assert json.loads(connection.read().body) == ADMIN
        assert json.loads(connection.read(timeout=2).body) == GUEST


def test_who_says_that_it_was_the_last_request_is_answered_and_let_go(target):
    with target.pool.fcgi() as connection:
        connection.send(GOOD + GOOD)
        connection.socket.shutdown(socket.SHUT_WR)
        for _ in range(2):
            assert json.loads(connection.read().body) == ADMIN
        assert connection.closed_within(1 * servers.FACTOR) is not None


def test_a_request_that_is_aborted_too_late_leaves_the_connection_good(target):
    with target.pool.fcgi() as connection:
        assert connection.request(target="/users/1").status == 200
        connection.send(fcgi.record(fcgi.ABORT))
        time.sleep(DEADLINE + 1)
        assert connection.request(target="/users/1").status == 200
        connection.send(GOOD + fcgi.record(fcgi.ABORT))
        assert connection.read().ended
        connection.send(GOOD)
        assert json.loads(connection.read().body) == ADMIN


@pytest.mark.parametrize(
    "data",
    [
        b"GET /users HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\0" * 64,
        b"\xff" * 64,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 60,
        b"\x01" * 64,
        fcgi.record(99, b"x" * 8),
        fcgi.record(fcgi.PARAMS, b"x" * 8),
        fcgi.record(fcgi.STDIN, b""),
        fcgi.record(fcgi.END, b"\0" * 8),
        fcgi.record(fcgi.STDOUT, b"hello"),
        fcgi.record(fcgi.BEGIN, b""),
        fcgi.record(fcgi.BEGIN, b"\0\1\1"),
        fcgi.record(fcgi.BEGIN, b"\0" * 300),
        fcgi.begin(role=0) + GOOD[16:],
        fcgi.begin(role=fcgi.AUTHORIZER) + GOOD[16:],
        fcgi.begin(role=77) + GOOD[16:],
        fcgi.begin() + fcgi.begin() + GOOD[16:],
        fcgi.record(fcgi.BEGIN, b"\0\1\1\0\0\0\0\0", version=2) + GOOD[16:],
        GOOD[:16] + b"\x63" + GOOD[17:],
        fcgi.begin() + fcgi.record(fcgi.ABORT),
        fcgi.begin() + fcgi.record(fcgi.PARAMS) + fcgi.record(fcgi.STDIN),
        fcgi.record(fcgi.BEGIN, b"\0\1\1\0\0\0\0\0", ident=0) + GOOD[16:],
        fcgi.begin(ident=7)
        + fcgi.stream(fcgi.PARAMS, fcgi.params("GET", "/users"), ident=8)
        + fcgi.record(fcgi.STDIN, b"", 8),
    ],
    ids=lambda data: f'{zlib.crc32(data):08x}',
)
def test_garbage_is_answered_or_closed(target, data):
    with Watch(target.pool):
        harmless(target, data)
        time.sleep(0.05)


@pytest.mark.parametrize(
    "content",
    [
        b"\x80",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x7f\x7f",
        b"\x80\0\0\1",
        struct.pack("!II", 0xFFFFFFFF, 0xFFFFFFFF) + b"A" * 100,
        struct.pack("!II", 0x80000000 | 0x7FFFFFF0, 0x80000000 | 0x7FFFFFF0),
        fcgi.pair("A", "B") * 3 + b"\x04",
        b"\x04\x04AB",
        fcgi.pair("", ""),
        fcgi.pair("", "x") * 100,
        fcgi.pair("REQUEST_METHOD", "GET") * 2 + fcgi.pair("REQUEST_URI", "/users"),
        fcgi.pair("REQUEST_METHOD", ""),
        fcgi.pair("REQUEST_URI", "/users"),
        fcgi.pair("REQUEST_METHOD", "G\0T") + fcgi.pair("REQUEST_URI", "/us\0ers"),
        fcgi.pair("REQUEST_METHOD", "GET") + fcgi.pair("REQUEST_URI", "/users") + fcgi.pair("CONTENT_LENGTH", "-1"),
        fcgi.pair("REQUEST_METHOD", "GET")
        + fcgi.pair("REQUEST_URI", "/users")
        + fcgi.pair("CONTENT_LENGTH", "99999999999999999999"),
        fcgi.pair("REQUEST_METHOD", "GET") + fcgi.pair("REQUEST_URI", "/users") + fcgi.pair("CONTENT_LENGTH", "many"),
        fcgi.pair("REQUEST_METHOD", "GET") + fcgi.pair("REQUEST_URI", "/users") + fcgi.pair("CONTENT_LENGTH", "50"),
        fcgi.pair("REQUEST_METHOD", "M" * 5000) + fcgi.pair("REQUEST_URI", "/users"),
    ],
    ids=lambda data: f'{zlib.crc32(data):08x}',
)
def test_parameters_that_lie_are_answered_or_closed(target, content):
    harmless(target, fcgi.begin() + fcgi.stream(fcgi.PARAMS, content) + fcgi.record(fcgi.STDIN))


def test_many_tiny_records_are_one_request(target):
    given_params = fcgi.params("GET", "/users/1")
    data = fcgi.begin() + fcgi.stream(fcgi.PARAMS, given_params, chunk=1) + fcgi.record(fcgi.STDIN)
    assert json.loads(harmless(target, data).body) == ADMIN


def test_records_with_padding_are_read(target):
    for padding in (1, 7, 8, 255):
        with target.pool.fcgi() as connection:
            for _ in range(2):
                assert json.loads(connection.request(target="/users/1", padding=padding).body) == ADMIN


def test_two_requests_at_once_on_one_connection(target):
    """Multiplexing may be refused (CANT_MPX_CONN), but each gets its word and the first one its answer."""
    data = (
        fcgi.begin(ident=1)
        + fcgi.begin(ident=2)
        + fcgi.record(fcgi.PARAMS, fcgi.params("GET", "/users/1"), 1)
        + fcgi.record(fcgi.PARAMS, fcgi.params("GET", "/users/2"), 2)
        + fcgi.record(fcgi.PARAMS, b"", 1)
        + fcgi.record(fcgi.PARAMS, b"", 2)
        + fcgi.record(fcgi.STDIN, b"", 1)
        + fcgi.record(fcgi.STDIN, b"", 2)
    )
    with target.pool.fcgi() as connection:
        for first, second in ((1, 2), (1, 2)):
            answers = {}
            connection.send(data)
            answer = connection.read(first, (DEADLINE + 3) * servers.FACTOR, answers)
            assert answer.ended and json.loads(answer.body) == ADMIN
            assert answers[second].ended and answers[second].protocol_status == fcgi.CANT_MPX_CONN and not answers[second].out


@pytest.mark.parametrize("role", [fcgi.AUTHORIZER, fcgi.FILTER, 77])
@pytest.mark.parametrize("size", [0, 3000000])
def test_the_rest_of_a_request_of_another_role_is_ignored(target, role, size):
    """FastCGI 1.0, 3.3. A connection that were closed on it would be reset, and the refusal lost."""
    body = b"x" * size
    rest = fcgi.stream(fcgi.PARAMS, fcgi.params("POST", "/users", body=body)) + fcgi.stream(fcgi.STDIN, body) + fcgi.stream(fcgi.DATA, body)
    with target.pool.fcgi() as connection:
        for _ in range(2):
            connection.send(fcgi.begin(role=role) + rest)
            answer = connection.read(timeout=(DEADLINE + 3) * servers.FACTOR)
            assert answer.ended and answer.protocol_status == fcgi.UNKNOWN_ROLE and not answer.out, answer
        assert json.loads(connection.request(target="/users/1").body) == ADMIN
    with target.pool.fcgi() as connection:  # and where it was to be the connection's last one, it is
        connection.send(fcgi.begin(keep=False, role=role) + rest)
        answer = connection.read(timeout=(DEADLINE + 3) * servers.FACTOR)
        assert answer.ended and answer.protocol_status == fcgi.UNKNOWN_ROLE, answer
        assert connection.closed_within(1 * servers.FACTOR) is not None


def test_another_request_id_than_1_is_answered_under_it(target):
    for ident in (2, 255, 256, 65535):
        with target.pool.fcgi() as connection:
            for _ in range(2):
                connection.send(fcgi.encode("GET", "/users/1", ident=ident))
                assert json.loads(connection.read(ident).body) == ADMIN


def test_a_question_about_the_server_does_no_harm(target):
    with target.pool.fcgi() as connection:
        connection.send(
            fcgi.record(fcgi.GET_VALUES, fcgi.pair("FCGI_MPXS_CONNS", "") + fcgi.pair("FCGI_MAX_CONNS", ""), ident=0)
        )
        connection.send(GOOD)
        answer = connection.read(timeout=(DEADLINE + 3) * servers.FACTOR)
        assert answer.cut != "timeout"
        assert not answer.ended or json.loads(answer.body) == ADMIN


def test_random_bytes_do_no_harm(target):
    dice = random.Random(7)
    with Watch(target.pool):
        for _ in range(60):
            with target.pool.fcgi() as connection:
                try:
                    connection.send(dice.randbytes(dice.randint(1, 3000)))
                except ConnectionError:
                    pass


def test_good_requests_with_bytes_turned_do_no_harm(target):
    dice = random.Random(11)
    for _ in range(300):
        data = bytearray(GOOD)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        with target.pool.fcgi() as connection:
            try:
                connection.send(bytes(data))
            except ConnectionError:
                pass
