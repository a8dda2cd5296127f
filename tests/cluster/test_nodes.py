# SPDX-License-Identifier: MIT
"""A node of three is lost under load, in each of the ways it can be, or all lose each other for a moment; then all is whole
again: no reader notices, no write is lost. One of the two pools connects to the nodes with TLS, the other without."""
import pytest

import experiment


@pytest.mark.parametrize(
    "fault",
    [
        "stopped",
        "killed",
        "paused",
        pytest.param("cut off", marks=pytest.mark.namespaces),
        pytest.param("divided", marks=pytest.mark.namespaces),
        pytest.param("unplugged", marks=[pytest.mark.namespaces, pytest.mark.slow]),
        pytest.param("isolated", marks=[pytest.mark.namespaces, pytest.mark.slow]),
    ],
)
def test_a_node_is_lost(cluster, lab, fault):
    shown = experiment.run(lab, cluster, fault)
    assert not shown.faults(), "\n".join(shown.faults())
    assert shown.acknowledged > 100 and shown.reads > 1000, "that was no load"
