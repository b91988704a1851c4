#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""kunit.py SOURCE LOG DOCUMENT: what became of the unit tests of a kernel.

Reads a kernel log with the parser of the kernel tree SOURCE, prints a line for each
suite and one for all. A test that failed or was skipped must be explained in
DOCUMENT, in a row of a table that begins with its name, "suite" or "suite.test", in
backquotes, and says in the second column which of the two. Fails otherwise, and if the
log is not one of a complete run."""

import io
import re
import sys

source, log, document = sys.argv[1:]
# Nothing is to be left in the tree.
sys.dont_write_bytecode = True
sys.path.insert(0, source + "/tools/testing/kunit")

import kunit_parser  # noqa: E402
import kunit_printer  # noqa: E402
from kunit_parser import TestStatus  # noqa: E402


def explained():
    """Pairs of a name and "failed" or "skipped"."""
    with open(document, encoding="utf-8") as f:
        return set(re.findall(r"^\| *`([^`]+)` *\| *(failed|skipped)\b", f.read(), re.M))


def results():
    """The parsed log. Parameters' names may end a line, and what follows gets lost."""
    with open(log, encoding="utf-8", errors="replace") as f:
        text = re.sub(r"\n *# SKIP", " # SKIP", f.read())
    return kunit_parser.parse_run_tests(io.StringIO(text))


def leaves(test, path):
    """The cases below @test, with the names of all that they are in."""
    if not test.subtests:
        yield path, test
    for sub in test.subtests:
        yield from leaves(sub, path + [sub.name])


def main():
    # It prints each test as it goes.
    kunit_parser.stdout = kunit_printer.Printer(io.StringIO())
    run = results()
    if not run.subtests:
        print("not ok kunit: there are no test results in the log")
        return 1

    known = explained()
    total = dict.fromkeys(("passed", "failed", "skipped", "unexplained"), 0)
    for suite in run.subtests:
        count = dict.fromkeys(total, 0)
        wrong = []
        for path, test in leaves(suite, [suite.name]):
            if test.status == TestStatus.SUCCESS:
                count["passed"] += 1
                continue
            kind = "skipped" if test.status == TestStatus.SKIPPED else "failed"
            count[kind] += 1
            # Of a test with parameters it is the test that is explained.
            if not known & {(suite.name, kind), (".".join(path[:2]), kind)}:
                count["unexplained"] += 1
                wrong.append(f"{'.'.join(path[1:])} {kind}"
                             f" ({test.status.name.lower()})")
        # A suite can fail as a whole, or end before its time.
        if not wrong and not suite.ok_status() and not count["failed"]:
            wrong.append(suite.status.name.lower())
            count["unexplained"] += 1
        if suite.counts.errors:
            wrong.append(f"{suite.counts.errors} errors in its report")
            count["unexplained"] += 1
        for key, n in count.items():
            total[key] += n
        text = ", ".join(f"{n} {key}" for key, n in count.items()
                         if n and key != "unexplained")
        if wrong:
            print(f"not ok {suite.name}: {'; '.join(wrong)}")
        else:
            print(f"ok {suite.name}: {text}")

    n = total["passed"] + total["failed"] + total["skipped"]
    print(f"{len(run.subtests)} suites, {n} tests: {total['passed']} passed,"
          f" {total['failed']} failed, {total['skipped']} skipped,"
          f" {total['unexplained']} of these unexplained")
    # The first error of all is that a plan was not kept.
    if run.expected_count not in (None, len(run.subtests)):
        print(f"not ok kunit: {len(run.subtests)} of {run.expected_count} suites ran")
        return 1
    return 1 if total["unexplained"] else 0


sys.exit(main())
