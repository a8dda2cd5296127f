# SPDX-License-Identifier: MIT
"""From measurements to tables: medians, ratios, and the goals with what was reached."""

import operator
import statistics

CASES = {  # name: (what it says, path, keys, connections)
    "2rows": ("2 rows, 64 connections", "/users", 0, 64),
    "100rows": ("100 rows, 64 connections", "/users100", 0, 64),
    "1000rows": ("1000 rows, 64 connections", "/users1000", 0, 64),
    "key": ("random key of 10,000, 64 connections", "/users10k", 10000, 64),
    "single": ("2 rows, 1 connection", "/users", 0, 1),
}
RATIOS = {"limit": "/limit", "php": "/PHP", "flask": "/Flask"}


def median(samples, field):
    values = [sample[field] for sample in samples if sample[field] is not None]
    return statistics.median(values) if values else None


def summarise(samples):
    """One contender in one case: the medians of its rounds, and its worst."""
    return {
        "requests_per_s": median(samples, "requests_per_s"),
        "p50_ms": median(samples, "p50_ms"),
        "p99_ms": median(samples, "p99_ms"),
        "statements_per_request": median(samples, "statements_per_request"),
        "questions_per_request": median(samples, "questions_per_request"),
        "pss_mb": max(sample["pss_mb"] for sample in samples),
        "not_2xx": sum(sample["not_2xx"] for sample in samples),
        "lost": sum(sample["lost"] for sample in samples),
    }


def ratio(results, case, contender, other):
    """Requests/s of one against another in a case; None when one of them was not measured."""
    try:
        return results[case][contender]["requests_per_s"] / results[case][other]["requests_per_s"]
    except (KeyError, ZeroDivisionError):
        return None


def show(value, form):
    return "-" if value is None else format(value, form)


def table(results, case, titles):
    ratios = {other: heading for other, heading in RATIOS.items() if other in results[case]}
    lines = [
        CASES[case][0],
        f"  {'':29}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'stmt/req':>10}{'PSS MB':>8}"
        + "".join(f"{heading:>8}" for heading in ratios.values())
        + f"{'not 2xx':>9}{'lost':>6}",
    ]
    for name, figures in results[case].items():
        lines.append(
            f"  {titles[name]:29}{figures['requests_per_s']:>9,.0f}{figures['p50_ms']:>9.2f}{figures['p99_ms']:>9.2f}"
            f"{show(figures['statements_per_request'], '.2f'):>10}{figures['pss_mb']:>8.1f}"
            + "".join(f"{show(ratio(results, case, name, other), '.2f'):>8}" for other in ratios)
            + f"{figures['not_2xx']:>9}{figures['lost']:>6}"
        )
    return "\n".join(lines)


def beside_before(samples):
    return beside(samples, [("myrest", "before", "MyREST")], "the build before is 1.00")


def beside(samples, pairs, one="the same on MariaDB is 1.00"):
    """One program beside another, round by round: the median of the ratios, and the least and the most."""
    lines = []
    for mine, other, title in pairs:
        for case, of in samples.items():
            if mine in of and other in of:
                words = []
                for field, what in (("requests_per_s", "req/s"), ("p50_ms", "p50"), ("p50_us", "p50")):
                    ratios = [one[field] / two[field] for one, two in zip(of[mine], of[other]) if two.get(field)]
                    if ratios:
                        words.append(f"{what} {statistics.median(ratios):5.2f}  ({min(ratios):.2f} to {max(ratios):.2f})")
                lines.append(f"  {title:29}{case:10}" + "    ".join(words) + "\n")
    return "".join([f"{one}\n", *lines] if lines else [])


def goals(results, startup_ms):
    """What the project promises, each with its value; the value is None when it was not measured."""
    wanted = []
    for case in ("2rows", "100rows", "key"):
        wanted.append((f"{case}: MyREST / the limit", ">=", 0.7, ratio(results, case, "myrest", "limit")))
    for case in ("2rows", "100rows", "1000rows", "key"):
        wanted.append((f"{case}: MyREST / PHP-FPM", ">=", 4.0, ratio(results, case, "myrest", "php")))
    wanted.append(("2rows: MyREST / Flask", ">=", 9.0, ratio(results, "2rows", "myrest", "flask")))
    wanted.append(("single: MyREST / PHP-FPM", ">=", 1.5, ratio(results, "single", "myrest", "php")))
    pools = [figures["pss_mb"] for case in results.values() for name, figures in case.items() if name == "myrest"]
    wanted.append(("memory of the whole pool, MB PSS, most", "<", 10.0, max(pools, default=None)))
    wanted.append(("exec to first 200, ms, median", "<", 100.0, startup_ms))
    return [
        {"goal": goal, "sense": sense, "wanted": limit, "value": value, "reached": reached(sense, limit, value)}
        for goal, sense, limit, value in wanted
    ]


def reached(sense, limit, value):
    if value is None:
        return None
    return {">=": operator.ge, "<=": operator.le, "<": operator.lt}[sense](value, limit)


def checklist(listed):
    words = {True: "reached", False: "MISSED", None: "not measured"}
    return "\n".join(
        f"  {goal['goal']:40} {goal['sense']:>2} {goal['wanted']:<6g}{show(goal['value'], '.2f'):>8}  "
        f"{words[goal['reached']]}"
        for goal in listed
    )
