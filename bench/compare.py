#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compares two results of the benchmarks, A (before) and B (after).

compare.py A.json B.json

What counts is what was measured divided by what the host's kernel did in turn with it,
where it did. A change is found if it is larger than 5 % and beyond the noise. Exit status
1 if something became worse, 2 if the files cannot be compared.
"""
import json
import math
import statistics
import sys

SMALLEST = 1.05

# No figure of a row is larger, none is smaller than its inverse but 0.
LARGEST = 1e15

# 99 % of a normal distribution lie within so many standard deviations.
Z_RANKS = 2.576
# More than that, as the spread of few measurements is often found too small.
Z_MEDIANS = 3


class Wrong(Exception):
    """The files cannot be compared, and why."""


def is_samples(val):
    return isinstance(val, list) and all(
        isinstance(x, (int, float)) and not isinstance(x, bool) and 0 <= x < LARGEST for x in val)


def check(row):
    """Whether bench/lib/results.c may have written it."""
    if not isinstance(row, dict) or not isinstance(row.get("what"), str):
        raise Wrong("no row of make bench")
    if "program" not in row or "lkl_samples" not in row:
        raise Wrong("from an older make bench, which did not keep each single measurement; "
                    "it has to be made anew")
    if not (all(isinstance(row.get(key), str) for key in ("program", "unit", "beside")) and
            isinstance(row.get("less_is_better"), bool) and
            is_samples(row["lkl_samples"]) and is_samples(row.get("host_samples"))):
        raise Wrong("a row of make bench that is damaged")
    if row["lkl_samples"] and row["host_samples"] and \
            len(row["lkl_samples"]) != len(row["host_samples"]):
        raise Wrong("not as many measurements of the host's as of ours")


def read(path):
    """The rows of a file by program and name."""
    rows = {}
    line = 0
    try:
        with open(path, encoding="utf-8") as file:
            for line, text in enumerate(file, 1):
                row = json.loads(text)
                check(row)
                key = row["program"], row["what"]
                if key in rows:
                    raise Wrong(f"{': '.join(key)}: once more")
                rows[key] = row
    except OSError as error:
        raise Wrong(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Wrong(f"{path}: no text; a file of make bench is wanted") from None
    except (ValueError, RecursionError):
        raise Wrong(f"{path}:{line}: no JSON; a file of make bench is wanted") from None
    except Wrong as why:
        raise Wrong(f"{path}:{line}: {why}") from None
    if not rows:
        raise Wrong(f"{path}: empty; a file of make bench is wanted")
    return rows


def standard_error(logs):
    """Of the median; from the middle half, which single slow runs do not reach."""
    low, _, high = statistics.quantiles(logs, n=4, method="inclusive")
    return 0.93 * (high - low) / math.sqrt(len(logs))


def interval(a, b):
    """By what factor b is larger than a: (at least, probably, at most), or None.

    Each measurement of b is divided by each of a, and the median of these is the change.
    The test of Mann and Whitney says how many of the smallest and largest to leave out,
    so that chance alone puts what is left on one side of 1 in less than 1 % of all cases,
    however the measurements are distributed: of five and five none is left out, of three
    and three not even all are enough. As that is for equal spreads, the interval is at
    least as wide as the standard errors of both medians make it.
    """
    m, n = len(a), len(b)
    out = math.floor(m * n / 2 - Z_RANKS * math.sqrt(m * n * (m + n + 1) / 12))
    if out < 0:
        return None
    a, b = [math.log(x) for x in a], [math.log(x) for x in b]
    changes = sorted(y - x for x in a for y in b)
    change = statistics.median(changes)
    error = Z_MEDIANS * math.hypot(standard_error(a), standard_error(b))
    return tuple(math.exp(x) for x in (min(changes[out], change - error), change,
                                       max(changes[-1 - out], change + error)))


def compare(a, b):
    """How much better b is than a, as interval(), and the host's change; or Wrong."""
    for key in ("unit", "less_is_better"):
        if a[key] != b[key]:
            raise Wrong(f"another {key} in A")
    host = bool(a["host_samples"] and b["host_samples"])
    if host and a["beside"] != b["beside"]:
        raise Wrong("the host did another thing beside it in A")
    sides = []
    for row, name in ((a, "A"), (b, "B")):
        if not row["lkl_samples"]:
            raise Wrong(f"not measured in {name}")
        if min(row["lkl_samples"] + row["host_samples"]) < 1 / LARGEST:
            raise Wrong(f"0 in {name}")
        sides.append([x / y for x, y in zip(row["lkl_samples"], row["host_samples"])]
                     if host else row["lkl_samples"])
    better = interval(*reversed(sides)) if a["less_is_better"] else interval(*sides)
    if not better:
        raise Wrong(f"{len(sides[0])} and {len(sides[1])} runs are too few; --runs 5 gives "
                    "enough")
    return better, host and (statistics.median(b["host_samples"]) /
                             statistics.median(a["host_samples"]))


def verdict(better):
    low, change, high = better
    if change > SMALLEST and low > 1:
        return "better"
    if change < 1 / SMALLEST and high < 1:
        return "WORSE"
    return ""


def figure(samples):
    return f"{statistics.median(samples):9.4g}" if samples else f"{'-':>9}"


def percent(factor):
    return f"{factor - 1:+.0%}" if factor < 10 else f"x {factor:.3g}"


def table(before, after):
    """Prints all rows, and returns the verdicts."""
    verdicts = []
    print(f"{'':58} {'A':>9} {'B':>9} {'':6} {'host':>7} {'better':>7} {'99 %':>15}")
    for key, b in after.items():
        a = before.get(key)
        name = ": ".join(key)
        if not a:
            print(f"{name:58} only in B")
            continue
        start = (f"{name:58} {figure(a['lkl_samples'])} {figure(b['lkl_samples'])} "
                 f"{b['unit']:6}")
        try:
            better, host = compare(a, b)
        except Wrong as why:
            print(f"{start} not compared: {why}")
            continue
        verdicts.append(verdict(better))
        low, change, high = (percent(x) for x in better)
        print(f"{start} {percent(host) if host else '-':>7} {change:>7} {low + ' ' + high:>15}  "
              f"{verdicts[-1]}".rstrip())
    for key in before:
        if key not in after:
            print(f"{': '.join(key):58} only in A")
    return verdicts


def main():
    # Whatever is in the files can be printed.
    for stream in sys.stdout, sys.stderr:
        stream.reconfigure(errors="backslashreplace")
    if len(sys.argv) != 3 or not all(sys.argv[1:]):
        print("Two results of make bench are wanted: make bench-compare A=before.json "
              "B=after.json", file=sys.stderr)
        return 2
    try:
        before, after = read(sys.argv[1]), read(sys.argv[2])
        if not before.keys() & after.keys():
            raise Wrong(f"{sys.argv[1]} and {sys.argv[2]} have no row in common")
        verdicts = table(before, after)
        if not verdicts:
            raise Wrong("no row could be compared")
    except Wrong as why:
        print(why, file=sys.stderr)
        return 2
    better, worse = verdicts.count("better"), verdicts.count("WORSE")
    print(f"\n{better} better, {worse} worse, of {len(verdicts)} rows; about one in a hundred "
          "may be so by chance;\nwhere the host has no figure, a change may be the machine's")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
