# SPDX-License-Identifier: MIT
"""A node of three is lost under load, in each of the ways it can be, and comes back: no reader notices, no write is lost."""
import pytest

import experiment


@pytest.mark.parametrize(
    "fault",
    [
        "killed",
        "paused",
        pytest.param("stopped", marks=pytest.mark.slow),
        pytest.param("cut off", marks=pytest.mark.slow),
        pytest.param("unplugged", marks=pytest.mark.slow),
        pytest.param("isolated", marks=pytest.mark.slow),
    ],
)
def test_a_node_is_lost(cluster, lab, fault):
    shown = experiment.run(lab, cluster, fault)
    assert not shown.faults(), "\n".join(shown.faults())
    assert shown.acknowledged > 100 and shown.reads > 1000, "that was no load"
