# SPDX-License-Identifier: MIT
"""The lab can fail: with what MyREST must not do, the oracles speak."""
import pytest

import clients
import experiment


def stale_reads(cluster, wait, count=500):
    """Writes to one node, each read at once from another one: how many miss it."""
    first, second = cluster.nodes[:2]
    first.sql("DROP TABLE IF EXISTS seen", "CREATE TABLE seen (id INT PRIMARY KEY)", database="app")
    cluster.agree()
    missed = 0
    with first.connect(database="app") as writer, second.connect(database="app") as reader:
        with writer.cursor() as write, reader.cursor() as read:
            read.execute(f"SET SESSION wsrep_sync_wait = {wait}")
            for number in range(count):
                write.execute(f"INSERT INTO seen VALUES ({number})")
                missed += read.execute(f"SELECT id FROM seen WHERE id = {number}") == 0
    return missed


def test_the_nodes_are_one_cluster(cluster):
    identities = {node.status()["wsrep_cluster_state_uuid"] for node in cluster.nodes}
    assert len(identities) == 1
    assert all(node.synced(3) for node in cluster.nodes)


def test_nodes_are_behind_each_other_unless_they_wait(cluster):
    assert stale_reads(cluster, 0) > 0
    assert stale_reads(cluster, 1) == 0


def test_two_pools_that_do_not_wait_read_what_is_old(cluster, lab):
    """One on each of two nodes, each of which takes its node for the only one that is written to."""
    urls = [cluster.url(node, options="target=writable") for node in cluster.nodes[:2]]
    shown = experiment.run(lab, cluster, None, urls, before=4.0, after=0.0, crowd=clients.PAIRS)
    assert shown.stale, "no stale read: this run shows nothing of those that must have none"
    assert any("stale" in fault for fault in shown.faults())
    assert not shown.failed and not shown.unbidden, shown.faults()


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["killed", "paused"])
def test_a_pool_that_knows_one_node_fails_with_it(cluster, lab, fault):
    shown = experiment.run(lab, cluster, fault, [cluster.url(cluster.nodes[0], options="")], away=4.0)
    assert shown.gap >= shown.limit, "the longest gap was not seen"
    assert any("nothing was answered" in said for said in shown.faults())
    if fault == "killed":
        assert shown.failed, "the reads that failed were not seen"
    assert not shown.missing and not shown.unbidden and not shown.stale, shown.faults()
