# SPDX-License-Identifier: MIT
"""What was acknowledged on one node is there for every request that begins afterwards, whichever node it runs on."""
import clients
import experiment


def test_reads_and_writes_see_what_was_acknowledged(cluster, lab):
    """A row that was just made can be read, referred to and deleted; nodes that do not wait would answer 409 to the second,
    and acknowledge a deletion that finds nothing."""
    shown = experiment.run(lab, cluster, None, before=5.0, after=0.0, crowd=clients.PAIRS)
    assert not shown.faults(), "\n".join(shown.faults())
    assert shown.acknowledged > 1000, "that was no load"
