# SPDX-License-Identifier: MIT
"""Which blow comes when: a plan that a seed makes, always the same one. Knows nothing of what the blows do."""
import random
from dataclasses import dataclass

PAIRS = 0.35        # of the blows have a second one at about the same time
LONG_PAUSES = 0.15  # of the pauses are long enough for all to be calm again


@dataclass(frozen=True)
class Planned:
    at: float    # seconds from the beginning
    name: str
    hold: float  # seconds that it lasts, as far as that is for us to say
    seed: str    # of what it chooses itself


@dataclass(frozen=True)
class Kind:
    """A blow, to which part of the service, and how long it lasts."""

    name: str
    part: str
    shortest: float
    longest: float
    alone: bool = False  # with a calm time before and after it


def plan(seed, seconds, kinds, calm):
    """The blows of so many seconds, in the order of their beginnings. All kinds come before one comes again; two at once are
    of different parts. calm: seconds after which nothing of a blow is felt any more."""
    dice = random.Random(f"schedule/{seed}")
    planned, deck, at, quiet = [], [], dice.uniform(0.5, 1.5), True
    while True:
        if not deck:
            deck = list(kinds)
            dice.shuffle(deck)
            if not planned:  # the first ones need no calm before them
                deck.sort(key=lambda kind: kind.alone)
        kind = deck.pop()
        if kind.alone and not quiet:
            at += calm
        hold = dice.uniform(kind.shortest, kind.longest)
        over = at + hold
        if over + calm > seconds:
            return planned
        planned.append(Planned(round(at, 3), kind.name, round(hold, 3), f"{seed}/{len(planned)}"))
        others = [other for other in deck if other.part != kind.part and not other.alone]
        if others and not kind.alone and dice.random() < PAIRS:
            second = dice.choice(others)
            start, how_long = at + dice.uniform(0, 0.7), dice.uniform(second.shortest, second.longest)
            if start + how_long + calm <= seconds:
                deck.remove(second)
                planned.append(Planned(round(start, 3), second.name, round(how_long, 3), f"{seed}/{len(planned)}"))
                over = max(over, start + how_long)
        quiet = kind.alone or dice.random() < LONG_PAUSES
        at = over + dice.uniform(0.3, 1.8) + (calm if quiet else 0)
