#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compares two results of the benchmarks, A (before) and B (after).

compare.py A.json B.json

What the host does beside each row tells how much the machine itself has changed: our
figures are compared relative to it where there are any. A change counts if it is
larger than 5 %, than the spread of the single measurements on either side, and than
what the host's own figures moved. Exit status 1 if something became worse.
"""
import json
import sys

SMALLEST = 0.05


def read(path):
    rows = {}
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                # One name may stand for several rows, in order.
                name = row["what"]
                while name in rows:
                    name += "'"
                rows[name] = row
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"{path}: {error}; a file of make bench is wanted")
    return rows


def spread(row, who):
    """Half of the middle half's width, relative to the median."""
    low, high = row.get(who + "_spread", (row[who], row[who]))
    return abs(high - low) / 2 / row[who] if row[who] else 0.0


def compare(a, b):
    """How much better b is than a (0.1: by 10 %), and how much of it may be noise."""
    change = b["lkl"] / a["lkl"]
    noise = max(spread(a, "lkl"), spread(b, "lkl"), SMALLEST)
    if a.get("host") and b.get("host"):
        host = b["host"] / a["host"]
        change /= host
        noise = max(noise, spread(a, "host"), spread(b, "host"), abs(host - 1))
    return (1 / change if b["less_is_better"] else change) - 1, noise


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    before, after = read(sys.argv[1]), read(sys.argv[2])
    better = worse = 0
    print(f"{'':52} {'A':>9} {'B':>9} {'':6} {'change':>7} {'noise':>6}")
    for name, b in after.items():
        a = before.get(name)
        if not a or not a.get("lkl") or not b.get("lkl"):
            continue
        change, noise = compare(a, b)
        verdict = ""
        if change > noise:
            verdict = "better"
            better += 1
        elif change < -noise:
            verdict = "WORSE"
            worse += 1
        print(f"{name:52} {a['lkl']:9.4g} {b['lkl']:9.4g} {b['unit']:6} "
              f"{change:+7.0%} {noise:6.0%}  {verdict}")
    for name in before.keys() ^ after.keys():
        print(f"{name:52} only in {'B' if name in after else 'A'}")
    print(f"\n{better} better, {worse} worse, beyond the noise")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
