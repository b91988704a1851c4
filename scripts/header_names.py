#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Looks at the names in the public headers, for check-headers.sh: all that they define
has our prefix, and none that they use is a macro of the C library.
"""

import argparse
import os
import subprocess
import sys

import headers

# Macros of the C library that are meant where they are used.
MEANT = {"INT_MAX", "INT_MIN", "ULONG_MAX", "PAGE_SIZE", "errno", "sched_priority"}


def preprocess(args, text, *flags):
    inc = [w for i in args.include for w in ("-I", i)]
    return subprocess.run([args.cc, "-xc", "-E", *flags, *inc, "-"], input=text,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          universal_newlines=True, check=False).stdout


def defined(text):
    """Every name that the preprocessed @text (-dD: with its macros) defines."""
    names = headers.Names()
    names.collect(text)
    return names.all() | names.tags


def macros(text):
    """name -> True if it takes arguments, from -dM output."""
    out = {}
    for line in text.splitlines():
        word = line.split(None, 2)[1]
        out[word.split("(")[0]] = "(" in word
    return out


def used(path, libc):
    """Macros in @libc that the header at @path would have expanded."""
    with open(path, encoding="utf-8") as f:
        toks = [t for t in headers.tokens(headers.INCLUDE.sub("", f.read()))
                if not headers.is_blank(t[0])]
    for t, after in zip(toks, toks[1:] + [("", "")]):
        if t[0] == "name" and t[1] in libc and (not libc[t[1]] or after[1] == "("):
            yield t[1]


def main():
    ap = argparse.ArgumentParser(description="checks names in public headers")
    ap.add_argument("--cc", default="gcc")
    for what in ("libc", "public", "kernel"):
        ap.add_argument("--" + what, required=True, type=argparse.FileType())
    ap.add_argument("include", nargs="+")
    args = ap.parse_args()
    libc = args.libc.read()
    ours = args.public.read() + args.kernel.read()
    failed = False

    # What our headers include of the C library's, libc includes as well.
    extra = defined(preprocess(args, libc + ours, "-P", "-dD")) - \
        defined(preprocess(args, libc, "-P", "-dD"))
    for name in sorted(extra):
        if not name.lstrip("_").lower().startswith("lkl"):
            print("%s has no prefix" % name)
            failed = True

    builtin = macros(preprocess(args, "#include <stddef.h>\n#include <stdint.h>\n", "-dM"))
    libc_macros = macros(preprocess(args, "#define _GNU_SOURCE 1\n" + libc, "-dM"))
    libc_macros = {n: a for n, a in libc_macros.items() if n not in builtin and n not in MEANT}
    for root in args.include:
        for base, _, files in os.walk(os.path.join(root, "lkl")):
            for f in sorted(files):
                path = os.path.join(base, f)
                for name in sorted(set(used(path, libc_macros))):
                    print("%s: %s is a macro of the C library" %
                          (os.path.relpath(path, root), name))
                    failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
