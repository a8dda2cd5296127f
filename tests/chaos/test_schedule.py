# SPDX-License-Identifier: MIT
"""A seed is a plan."""
from schedule import Kind, plan

KINDS = [Kind(f"blow {number}", f"part {number % 3}", 0.5, 2.0, alone=number == 0) for number in range(9)]


def test_the_same_seed_makes_the_same_plan():
    assert plan(5, 120, KINDS, 4) == plan(5, 120, KINDS, 4)
    assert plan(5, 120, KINDS, 4) != plan(6, 120, KINDS, 4)


def test_all_come_and_the_end_is_calm():
    for seed in range(50):
        planned = plan(seed, 120, KINDS, 4)
        assert {one.name for one in planned} == {kind.name for kind in KINDS}
        assert all(one.at + one.hold + 4 <= 120 for one in planned)


def test_two_at_once_are_of_different_parts():
    parts, pairs = {kind.name: kind.part for kind in KINDS}, 0
    for seed in range(50):
        planned = sorted(plan(seed, 120, KINDS, 4), key=lambda one: one.at)
        for first, second in zip(planned, planned[1:]):
            if second.at < first.at + first.hold:
                pairs += 1
                assert parts[first.name] != parts[second.name]
    assert pairs > 20


def test_who_wants_to_be_alone_is():
    for seed in range(50):
        planned = plan(seed, 120, KINDS, 4)
        for one in planned:
            if one.name == "blow 0":
                others = [other for other in planned if other is not one]
                assert all(other.at >= one.at + one.hold + 4 or other.at + other.hold + 4 <= one.at for other in others)
