# SPDX-License-Identifier: MIT
"""Writers of one row on different nodes: the cluster lets one of them through, the others try again or are told."""
import collections
import json
import threading
import time

import clients
import experiment
import pymysql
import servers


def test_no_increment_is_lost(cluster, lab):
    """One pool on each of two nodes."""
    urls = [cluster.url(node, options="") for node in cluster.nodes[:2]]
    shown = experiment.run(lab, cluster, None, urls, before=4.0, after=0.0, crowd=clients.RIVALS)
    assert shown.conflicts > 10, "hardly two transactions met: this run shows nothing"
    assert not shown.missing and not shown.unbidden and not shown.failed, shown.faults()
    assert shown.unknown == 0, shown.unwritten
    # A transaction that the cluster has ended already cannot be rolled back: no reason to give the connection up.
    assert shown.given_up == 0


def test_rows_are_shown_once_that_were_inserted_at_the_second_try(cluster, lab):
    """A change of the table undoes whatever is being inserted on another node."""
    first, second = cluster.nodes[:2]
    table = "CREATE TABLE posted (id BIGINT PRIMARY KEY AUTO_INCREMENT, token VARCHAR(40) NOT NULL, n BIGINT NOT NULL)"
    first.sql("DROP TABLE IF EXISTS posted", table, database="app")
    cluster.agree()
    pool = servers.Pool(lab, cluster.url(first), tables="posted", workers=3, MYREST_WRITABLE="posted")
    ending, shown, undone = time.monotonic() + 6 * servers.FACTOR, collections.Counter(), 0

    def post(number):
        for turn in range(10**6):
            if time.monotonic() > ending:
                return
            body = json.dumps([{"token": f"{number}-{turn}", "n": 1}] * 3).encode()
            headers = {"Content-Type": "application/json", "Prefer": "return=representation"}
            answer = pool.ask("/posted", "POST", headers=headers, body=body)
            shown[answer.status, len(json.loads(answer.body)) if answer.status == 201 else answer.body] += 1

    def conflicts():
        return sum(int(first.status()[name]) for name in ("wsrep_local_cert_failures", "wsrep_local_bf_aborts"))

    try:
        undone = -conflicts()
        threads = [threading.Thread(target=post, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        while time.monotonic() < ending:
            for kind in ("INT", "BIGINT"):
                try:
                    second.sql(f"ALTER TABLE posted MODIFY n {kind} NOT NULL", database="app")
                except pymysql.err.OperationalError as fault:  # it may be undone itself
                    assert fault.args[0] == 1213, fault
                time.sleep(0.05)
        for thread in threads:
            thread.join()
        undone += conflicts()
    finally:
        pool.close()
    assert undone > 10, "hardly an insertion was undone: this run shows nothing"
    assert shown[201, 3] > 100 and {what for status, what in shown if status == 201} == {3}, shown
    assert {status for status, _ in shown} <= {201, 503}, shown
