#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""report.py NAME STATUS LOG [DOCUMENT]: what became of a selftest.

STATUS is how the test NAME ended, LOG what it printed. Says in a line how many of its
parts passed, failed and were skipped. With DOCUMENT, that has to be what the document's
table says of `selftests/NAME`, or all passed if it is not there; lines that begin with
"# " say what differs, and the status is 1, or 2 if the table cannot be used.
"report.py --rows DOCUMENT" prints the names in the table, and how often each test may be
tried."""

import collections
import fnmatch
import os
import re
import sys

# What the table's second column is made of, between semicolons. Names are in
# backquotes; one that is there N times is `name` (N).
FORMS = ("failed: NAMES", "failed without real-time threads: NAMES", "skipped: NAMES",
         "passed against the tree's expectation: NAMES",
         "may fail: NAMES", "N of N run", "ends by signal N", "last line: NAMES",
         "up to N tries")
NAMES = r"(`[^`]+`(?: \(\d+\))?(?:, `[^`]+`(?: \(\d+\))?)*)"
# What a signal leaves as the status. Tests return numbers of errors, too, below 0.
SIGNALS = range(128 + 1, 128 + 32)
KINDS = ("failed", "skipped", "passed against the tree's expectation")


def read_row(text):
    """One cell of the table, as {form: what it says}."""
    row = {}
    for item in filter(None, (part.strip() for part in text.split(";"))):
        for form in FORMS:
            match = re.fullmatch(form.replace("NAMES", NAMES).replace("N", r"(\d+)"), item)
            if match:
                row[form] = match.groups()
                break
        else:
            raise ValueError(f'"{item}" is none of: {"; ".join(FORMS)}')
    return row


def names(text):
    count = collections.Counter()
    for name, n in re.findall(r"`([^`]+)`(?: \((\d+)\))?", text):
        count[name] += int(n or 1)
    return count


def real_time():
    """Whether threads of this user may be real-time threads."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        return True
    except OSError:
        return False


def read_table(document):
    rows = {}
    with open(document, encoding="utf-8") as f:
        for line in f:
            cells = re.fullmatch(r"\| *`selftests/([^`]+)` *\|(.*?)\|(.*)\|", line.strip())
            if not cells:
                continue
            name, what, why = cells.groups()
            if name in rows or not what.strip() or not why.strip():
                raise ValueError(f"{name}: a second row, or one without a reason")
            try:
                rows[name] = read_row(what)
            except ValueError as err:
                raise ValueError(f"{name}: {err}") from err
    return rows


class Run:
    """What a log says."""

    def __init__(self, log, status):
        self.parts = {kind: collections.Counter() for kind in KINDS}
        self.passed = self.reports = 0
        self.plan = self.signal = None
        self.last = ""
        totals = None
        with open(log, encoding="utf-8", errors="replace") as f:
            for line in f:
                line = " ".join(line.split())
                self.last = line or self.last
                plan = re.fullmatch(r"1\.\.(\d+)", line)
                if plan:
                    self.plan = int(plan[1])
                if line.startswith("# Totals:"):
                    totals = {k: int(n) for k, n in re.findall(r"(\w+):(\d+)", line)}
                self.read_tap(line) or self.read_older(line)
        if self.reports == 0 and totals and sum(totals.values()):
            # Some count, but name nothing.
            self.reports = sum(totals.values())
            self.passed = totals["pass"] + totals["xfail"]
            self.parts["skipped"]["?"] += totals["skip"]
            self.parts["failed"]["?"] += totals["fail"] + totals["error"] + totals["xpass"]
        self.end(status)

    def end(self, status):
        if status == 124:
            self.parts["failed"]["done in time"] += 1
        elif status in SIGNALS:
            self.signal = status - 128
        elif status == 4 and not self.count():
            self.parts["skipped"]["all"] += 1
        elif status != 0 and not any(self.parts[kind] for kind in KINDS if kind != "skipped"):
            self.parts["failed"]["all"] += 1
        elif status == 0 and not self.reports and not self.count():
            self.passed = 1

    def count(self):
        return self.passed + sum(sum(c.values()) for c in self.parts.values())

    def add(self, kind, name):
        if kind == "passed":
            self.passed += 1
        else:
            self.parts[kind][name or "?"] += 1

    def read_tap(self, line):
        """"ok 3 NAME", "ok 3 NAME # SKIP WHY", "ok 3 # SKIP NAME"."""
        match = re.fullmatch(r"(not )?ok (\d+)(?: -)?(?: (.*))?", line)
        if not match:
            return False
        self.reports += 1
        bad, text = match[1], match[3] or ""
        name, directive, rest = re.fullmatch(
            r"(.*?)(?:(?:^| )# *(SKIP|XFAIL|XPASS|error)\b *(.*))?", text, re.I).groups()
        name = (name or rest or "").split(" # ")[0].strip()
        kind = {"SKIP": "skipped", "XPASS": KINDS[2]}.get((directive or "").upper())
        self.add("failed" if bad else kind or "passed", name)
        return True

    def read_older(self, line):
        """"NAME: 17 ns : [OK]": what there was before TAP."""
        match = re.fullmatch(r"([^#].*?)[ :]*(?::[ \d]*(?:ns)?[ :]*)?"
                             r"\[(OK|FAILED|UNSUPPORTED)\]", line)
        if match:
            self.add({"OK": "passed", "FAILED": "failed"}.get(match[2], "skipped"), match[1])

    def __str__(self):
        text = (f"{self.passed + sum(self.parts[KINDS[2]].values())} passed,"
                f" {sum(self.parts['failed'].values())} failed,"
                f" {sum(self.parts['skipped'].values())} skipped")
        if self.plan is not None and self.plan != self.reports:
            text += f", {self.reports} of {self.plan} run"
        if self.signal:
            text += f", ended by signal {self.signal}"
        return text

    def compare(self, row):
        """Yields what differs from the table's row."""
        may = names(row.get("may fail: NAMES", [""])[0])
        for kind in KINDS:
            here = +self.parts[kind]
            known = names(row.get(kind + ": NAMES", [""])[0])
            form = kind + " without real-time threads: NAMES"
            if form in row and not real_time():
                known += names(row[form][0])
            for name in sorted(here | known):
                if kind == "failed" and any(fnmatch.fnmatchcase(name, m) for m in may):
                    continue
                if here[name] > known[name]:
                    yield f"{kind}, but not in the table: {name} ({here[name]}, not {known[name]})"
                elif here[name] < known[name]:
                    yield (f"the table is out of date: not {kind}: {name}"
                           f" ({here[name]}, not {known[name]})")
        known = row.get("ends by signal N")
        if self.signal != (int(known[0]) if known else None):
            yield f"ended by signal {self.signal}, the table says {known and known[0]}"
        known = row.get("last line: NAMES")
        if known and self.last not in names(known[0]):
            yield f"the last line was: {self.last}"
        known = tuple(map(int, row.get("N of N run", (0, 0))))
        ran = (self.reports, self.plan)
        if self.plan is None and self.reports:
            yield "there is no plan: it did not come to its end"
        elif (known if known[1] else ran) != ran or \
                (not known[1] and self.plan is not None and self.reports != self.plan):
            yield (f"{self.reports} of {self.plan} run,"
                   f" the table says {f'{known[0]} of {known[1]}' if known[1] else 'all'}")


def main(argv):
    try:
        if argv[0] == "--rows":
            for name, row in read_table(argv[1]).items():
                print(name, row.get("up to N tries", "1")[0])
            return 0
        name, status, log = argv[:3]
        row = read_table(argv[3]).get(name, {}) if argv[3:] else None
    except ValueError as err:
        print(f"the table cannot be used: {err}")
        return 2
    run = Run(log, int(status))
    print(run)
    differences = list(run.compare(row)) if row is not None else []
    for text in differences:
        print("# " + text)
    return 1 if differences else 0


sys.exit(main(sys.argv[1:]))
