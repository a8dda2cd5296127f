# SPDX-License-Identifier: MIT
"""What a run has shown: what of it must not be, and the tables."""
import collections
from dataclasses import dataclass, field

from oracle import DUPLICATED, KEPT, LOST, STALE, TORN, WRONG
from wire import LOST as LOSSES

# What may be answered while something is broken: README and doc/database.md name each of them. 500 is none of them.
BROKEN = {"502", "503", "504"}
# What else may, and during which blows.
BESIDES = {
    "404 PGRST205": ("table renamed",),  # there is no such table then
    "412 40001": ("column",),          # the ETag of a row is over all of its columns (README), and workers may know others
}
# Blows of which nobody feels anything. README: 'HUP renews the workers without losing a request'; 'with myrest.socket a
# restart refuses nobody'; the admin listener is a process of its own (ARCHITECTURE).
UNFELT = {"pool reload", "pool reload, three at once", "pool restart", "admin killed"}
# Blows that cost no read that is made whole. README: 'A worker that dies is started again; nginx asks another one, so a read
# of up to MYREST_BUFFER_BYTES loses nothing'; doc/database.md: 'Reads whose connection was lost before their first byte went
# out are repeated'.
KILLS = {"worker killed", "worker killed besides", "all workers killed"}
READS_GO_ON = UNFELT | KILLS | {"connections killed", "all connections killed"}
# But where they leave no worker a connection: doc/database.md, 'Where none has, it waits: with one host half a second ... After
# that all requests are answered 503 at once, until a host is found'. On a busy machine that is soon over.
NONE_HAS = {"pool restart", "all workers killed", "all connections killed"}
WAITED = ("503 PGRST001", "503")  # the second is an answer to HEAD
DESCRIPTORS = 2          # that a process may have more in the end
MEMORY = 2048            # KiB that a process may have more; see grown()
SHORT = 0.05             # seconds that are no gap
LONG = 0.5               # seconds of a gap that is shown though nothing failed
WORST = 12               # failures and faults that are shown of each kind


@dataclass
class Result:
    world: object
    recovery: float
    seconds: float
    before: dict = None
    after: dict = None
    measured: bool = True   # whether memory says something: it does not with a sanitizer
    faults: list = field(default_factory=list)  # what must not be, as texts
    crashes: list = field(default_factory=list)

    def judge(self):
        world = self.world
        self.crashes = world.crashes()
        counts = world.oracle.counts
        self.lost, self.stale, self.wrong = counts.get(LOST, 0), counts.get(STALE, 0), counts.get(WRONG, 0)
        self.torn, self.twice, self.kept = counts.get(TORN, 0), counts.get(DUPLICATED, 0), counts.get(KEPT, 0)
        self.gaps, self.recoveries = gaps(world), recoveries(world, self.recovery)
        self.by_worker_kill = [one for one in world.journal.failures if self.is_by_a_worker_kill(one)]
        grown = grown_of(self.before, self.after, self.measured)
        self.faults += [f"{kind}: {text}" for kind, text in world.oracle.faults[: 5 * WORST]]
        self.faults += world.faults + self.crashes + grown
        self.faults += [f"a GET failed by a KILL of a worker: {one}" for one in self.by_worker_kill[:WORST]]
        told = collections.Counter()
        for one in world.journal.failures:
            names = world.during(one.began, one.ended)
            if why := forbidden(one, names):
                told[why, one.what] += 1
                if told[why, one.what] > WORST:
                    continue
                self.faults.append(f"{why}: {one.method} {one.target} was answered {one.what} at"
                                   f" {one.ended - world.began:.2f} s, after {one.ended - one.began:.2f} s, with {names}")  # fmt: skip
        for one in world.admin.failures[:100]:
            names = world.during(one.began, one.ended)
            if not any(name.startswith(("admin", "supervisor", "pool restart")) for name in names):
                at = one.ended - world.began
                self.faults.append(f"the admin listener: {one.target}: {one.what} at {at:.2f} s, with {names}")
        for names, (length, at, calm) in self.gaps.items():
            if calm:
                self.faults.append(f"nothing was answered for {length:.1f} s from {at:.1f} s on, with nothing broken")
        for name, took in self.recoveries.items():
            if took is None:
                self.faults.append(f"not ready again {self.recovery:g} s after {name}")
        return not self.faults

    def is_by_a_worker_kill(self, one):
        """nginx asks another worker (README): no read that is made whole fails, where only workers were killed."""
        names = self.world.during(one.began, one.ended)
        return one.is_read() and not one.streamed and bool(names) and set(names) <= KILLS and not has_waited(one, names)


def has_waited(one, names):
    return one.what in WAITED and not NONE_HAS.isdisjoint(names)


def forbidden(one, names):
    """Why this may not be answered while these blows are felt; None when it may."""
    what, status = one.what, one.what[:3]
    if has_waited(one, names):
        return None
    if names and set(names) <= UNFELT:
        return "a failure by what nobody is to feel"
    if names and set(names) <= READS_GO_ON and one.is_read() and not one.streamed:
        return "a read that failed, and is to be repeated"
    if status == "500":
        return "a 500"
    if not names:
        return "a failure while nothing is broken"
    if what in LOSSES or status in BROKEN:
        return None
    if any(name.startswith(BESIDES.get(what, ())) for name in names if what in BESIDES):
        return None
    return "an answer that is never right"


def gaps(world):
    """names of blows -> (seconds, beginning, whether it is too long for nothing being broken): the longest time without an
    answer that is as when all is well, by what was broken in it."""
    found = {}
    moments = sorted(ended for ended, _ in world.journal.moments if world.began <= ended <= world.ended)
    moments = [world.began, *moments, world.ended]
    for before, after in zip(moments, moments[1:]):
        length = after - before
        if length < SHORT:
            continue
        names, key = world.during(before, after), world.felt(before, after)
        if length > found.get(key, (0,))[0]:
            found[key] = (length, before - world.began, not names and length > 2)
    return found


def recoveries(world, limit):
    """name of a blow -> seconds until all workers were ready after it, the longest; None: not within the limit. Those after
    which another one came too soon say nothing."""
    worst = {}
    for place, (name, _, ended) in enumerate(world.blows):
        others = [(began, stop) for other, (_, began, stop) in enumerate(world.blows) if other != place]
        if ended is None or any(began <= ended and (stop is None or stop > ended) for began, stop in others):
            continue
        following = min((began for began, _ in others if began > ended), default=world.ended)
        ready = min((at for at, whole, workers in world.readings if at >= ended and whole and workers >= world.pool.count()),
                    default=None)  # fmt: skip
        if ready is not None and ready <= min(following, ended + limit):
            worst[name] = max(ready - ended, worst.get(name) or 0.0) if worst.get(name, 0) is not None else None
        elif following > ended + limit:
            worst[name] = None
    return worst


def grown_of(before, after, measured):
    """The supervisor and the admin process are what they were, or younger: both have what they need soon after their start.
    Of the workers the largest is compared with the largest before, since those that were started later have done less."""
    found = []
    for kind in before or ():
        if not after[kind] or not before[kind]:
            found.append(f"no {kind}")
            continue
        was, now = max(one[1] for one in before[kind]), max(one[1] for one in after[kind])
        if now > was + DESCRIPTORS:
            found.append(f"{kind}: {was} descriptors before, {now} after")
        was, now = max(one[2] for one in before[kind]), max(one[2] for one in after[kind])
        if measured and now > was + MEMORY:
            found.append(f"{kind}: {was} KiB of its own before, {now} after")
    return found


# --- for people


def table(head, rows):
    return ["| " + " | ".join(map(str, row)) + " |" for row in (head, ["---"] * len(head), *rows)] + [""]


def listed(counter):
    return ", ".join(f"{what}: {number}" for what, number in sorted(counter.items()))


def by_blow(world):
    found = collections.defaultdict(collections.Counter)
    for one in world.journal.failures:
        found[world.felt(one.began, one.ended)][one.what] += 1
    return found


def text(result):
    world, lines = result.world, []
    requests = sum(world.journal.counts.values())
    states = collections.Counter(state for key in world.oracle.keys.values() for state in list(key.states.values())[1:])
    seen = [
        ("seed", world.seed), ("seconds", f"{result.seconds:.0f}"), ("database", world.version), ("blows", len(world.blows)),
        ("requests", requests), ("not answered as when all is well", len(world.journal.failures)),
        ("writes acknowledged, refused, unknown", f"{states['acknowledged']}, {states['refused']}, {states['unknown']}"),
        ("lost writes", result.lost), ("stale answers", result.stale), ("wrong answers", result.wrong), ("torn", result.torn),
        ("duplicated", result.twice), ("refused and there all the same", result.kept), ("crashes", len(result.crashes)),
        ("GETs failed by a worker KILL", len(result.by_worker_kill)),
        ("longest gap", f"{max((gap[0] for gap in result.gaps.values()), default=0):.2f} s"),
        ("reads asked again on a new connection to nginx", world.journal.again),
        ("requests of the admin listener, failed",
         f"{sum(world.admin.counts.values())}, {len(world.admin.failures)}"),
    ]  # fmt: skip
    lines += table(("", "seen"), seen)
    counts = collections.defaultdict(collections.Counter)
    for (kind, what), number in world.journal.counts.items():
        counts[kind][what] += number
    lines += table(
        ("request", "answers", "slowest"),
        [(kind, listed(counts[kind]), f"{world.journal.slowest.get(kind, 0):.2f} s") for kind in sorted(counts)],
    )
    failures = by_blow(world)
    names = sorted({*failures, *result.gaps, *result.recoveries, *(name for name, _, _ in world.blows)})
    times = collections.Counter(name for name, _, _ in world.blows)
    rows = []
    for name in names:
        if name not in times and name not in failures and result.gaps[name][0] < LONG:
            continue
        gap, took = result.gaps.get(name, (0,))[0], result.recoveries.get(name, "")
        gap = f"{gap:.2f} s" if gap else f"< {SHORT} s"
        whats = listed(failures[name]) if name in failures else "none"
        back = took if took == "" else "never" if took is None else f"{took:.1f} s"
        rows.append((name, times.get(name, ""), whats, gap, back))
    lines += table(("blows that were felt", "times", "failures", "longest gap", "all workers ready after"), rows)
    if result.before and result.after:
        both = (result.before, result.after)
        rows = []
        for kind in result.before:
            sizes = [", ".join(str(one[place]) for one in moment[kind]) for place in (1, 2) for moment in both]
            rows.append((kind, *sizes, ", ".join(f"{one[3]:.0f} s" for one in result.after[kind])))
        lines += table(
            ("process", "descriptors before", "after", "KiB of its own before", "after", "age after"), rows
        )
        if not result.measured:
            lines += ["Memory is not judged: the program has a sanitizer, which tells what is left when a process ends.", ""]
    return "\n".join(lines)
