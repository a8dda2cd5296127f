# SPDX-License-Identifier: MIT
"""Writers of one row on different nodes: the cluster lets one of them through, the others try again or are told."""
import clients
import experiment


def test_no_increment_is_lost(cluster, lab):
    """One pool on each of two nodes."""
    urls = [cluster.url(node, options="") for node in cluster.nodes[:2]]
    shown = experiment.run(lab, cluster, None, urls, before=4.0, after=0.0, crowd=clients.RIVALS)
    assert shown.conflicts > 10, "hardly two transactions met: this run shows nothing"
    assert not shown.missing and not shown.unbidden and not shown.failed, shown.faults()
    assert shown.unknown == 0, shown.unwritten
    # A transaction that the cluster has ended already cannot be rolled back: no reason to give the connection up.
    assert shown.given_up == 0
