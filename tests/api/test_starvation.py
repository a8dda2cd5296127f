# SPDX-License-Identifier: MIT
"""64 kept connections, more than there are workers: every client gets its share."""
import statistics
import time

import pytest

import load
import servers

SECONDS, CLIENTS = 10, 64


class Asking(load.Script):
    def __init__(self, number, end):
        self.number, self.end, self.count, self.worst = number, end, 0, 0.0

    def request(self):
        return load.get("/users") if time.monotonic() < self.end else None

    def answer(self, status, head, body, began, ended):
        assert status == 200 and body.count(b'"id"') == 2
        self.count += 1
        self.worst = max(self.worst, ended - began)


def run(address):
    end = time.monotonic() + SECONDS
    scripts = [Asking(number, end) for number in range(CLIENTS)]
    load.drive(address, scripts)
    return [script.count for script in scripts], max(script.worst for script in scripts)


@pytest.mark.parametrize("keepalive", [64, pytest.param(8, marks=pytest.mark.slow)])
def test_the_slowest_client_gets_its_share(users, start_pool, start_nginx, keepalive):
    pool = start_pool(users.schema.url(), MYREST_SLOW_WORKERS=0)
    front = start_nginx(pool, keepalive=keepalive)
    counts, worst = load.InProcess(run, ("127.0.0.1", front.port)).result((SECONDS + 20) * servers.FACTOR)
    print(
        f"{sum(counts) / SECONDS:.0f} requests/s, slowest client {min(counts)}, median {statistics.median(counts)}, "
        f"longest wait {worst * 1000:.0f} ms"
    )
    assert min(counts) >= 0.3 * statistics.median(counts)
    assert worst < 1 * servers.FACTOR
