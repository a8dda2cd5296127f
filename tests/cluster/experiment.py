# SPDX-License-Identifier: MIT
"""One run: pools before the cluster, nginx before each pool, clients before nginx, and a node that is lost and comes back."""
import contextlib
import functools
import time

import certificates
import clients
import galera
import load
import servers
import verdict

# How a node is lost, and how long nothing at all may be answered. Who is told that a node goes need not wait for the
# cluster to find out.
WITHIN = 2.0
DIVIDED = 1.5  # seconds that no node reaches another, so that none takes part
LIMITS = {
    None: WITHIN,
    "stopped": WITHIN,
    "killed": WITHIN,
    "cut off": galera.EVICTION + WITHIN,
    "unplugged": galera.EVICTION + WITHIN,
    "isolated": galera.EVICTION + WITHIN,
    "paused": galera.EVICTION + WITHIN,
    "divided": DIVIDED + galera.EVICTION + WITHIN,
}
AWAY = 4.0  # seconds that a node is lost: enough for all to be found out
WORKERS = 3


def two_pools(cluster, options="target=any", tls=(False, True)):
    """Of two instances of the service, that know all nodes, each of which begins with another one. (In one pool, as few
    workers as suffice have all the connections, so most of what its clients ask would meet on one node.) tls: which of
    them connects to the nodes with TLS; the other one does without."""
    nodes = cluster.nodes
    return [
        cluster.url(*nodes, options=options, tls=tls[0]),
        cluster.url(*nodes[1:], nodes[0], options=options, tls=tls[1]),
    ]


def run(lab, cluster, fault, urls=(), before=2.0, away=AWAY, after=2.0, crowd=None, **settings):
    """A verdict; the load lasts until the cluster is whole again, and a while longer. fault: None, or a key of LIMITS.
    urls: of the pools, one each; nothing said, those of two_pools. crowd: for clients.drive."""
    cluster.whole()
    names = f"{clients.NAMES},{clients.IDEMPOTENCY}"
    cluster.nodes[0].sql(f"DROP TABLE IF EXISTS {names}", *clients.TABLES, database="app")
    cluster.agree()
    settings = {
        "workers": WORKERS,
        "tables": clients.NAMES,
        "MYREST_WRITABLE": clients.WRITABLE,
        "MYREST_IDEMPOTENCY_TABLE": clients.IDEMPOTENCY,
        **settings,
    }
    with contextlib.ExitStack() as started:
        pools, fronts = [], []
        for url in urls or two_pools(cluster):
            pools.append(servers.Pool(lab, url, **settings))
            started.callback(pools[-1].close)
            fronts.append(servers.Nginx(lab, pools[-1]))
            started.callback(fronts[-1].stop)
        counted = _conflicts(cluster)
        journal = _drive(cluster, fault, fronts, before, away, after, crowd or {})
        # A node that was started again counts from nothing.
        conflicts = sum(now - earlier if now >= earlier else now for now, earlier in zip(_conflicts(cluster), counted))
        given_up = sum(len(pool.log("write-lost")) for pool in pools)
        for pool in pools:
            _check_protection(pool)
    return verdict.judge(fault or "none lost", LIMITS[fault], journal, cluster.agree(), conflicts, given_up)


def _drive(cluster, fault, fronts, before, away, after, crowd):
    stop = load.shared(1)
    addresses = [(front.host, front.port) for front in fronts]
    running = load.InProcess(functools.partial(clients.drive, **crowd), addresses, stop)
    try:
        time.sleep(before)
        if fault:
            # The one that matters most.
            connections = cluster.connections()
            victim = cluster.nodes[connections.index(max(connections))]
            victim.lose(fault)
            try:
                time.sleep(DIVIDED if fault == "divided" else away)
            finally:
                victim.come_back()
            cluster.whole()
        time.sleep(after)
        stop[0] = 1
        return running.result(70 * servers.FACTOR)
    finally:
        running.end()


def _check_protection(pool):
    """All of its connections have TLS, or none has, as its URL says."""
    wanted = f"{certificates.OPTION}={certificates.WITH}" in pool.settings["DATABASE_URL"]
    for entry in [*pool.log("database-open"), *pool.log("database-back")]:
        assert entry["tls"].startswith("TLSv1.") if wanted else entry["tls"] == "none", entry


def _conflicts(cluster):
    """How many transactions each node has ended because of others on other nodes."""
    names = ("wsrep_local_cert_failures", "wsrep_local_bf_aborts")
    return [sum(int(node.status().get(name, 0)) for name in names) for node in cluster.nodes]
