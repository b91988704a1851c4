#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Writes OUT/lkl/syscalls.h: one function lkl_sys_NAME for each system call.

Names and numbers come from scripts/syscall.tbl of the kernel, parameters from
include/linux/syscalls.h. Where the kernel's function has another name than the
table's entry (umount2 is sys_umount), both names are generated.
"""

import os
import re
import sys

sys.dont_write_bytecode = True
import headers

ABIS = {"common", "64", "renameat", "rlimit", "memfd_secret"}

# Calls without a prototype in syscalls.h, or with one that lacks a const or makes
# callers cast: written as the C library has them.
PROTOTYPES = {
    "mmap": "void *addr, size_t len, int prot, int flags, int fd, off_t off",
    "munmap": "void *addr, size_t len",
    "rt_sigreturn": "void",
    "mount": "const char *dev_name, const char *dir_name, const char *type, "
             "unsigned long flags, const void *data",
    "umount2": "const char *name, int flags",
    "clone": "unsigned long flags, unsigned long stack, int *parent_tid, "
             "int *child_tid, unsigned long tls",
    # Removed from the kernel; the numbers remain and give -ENOSYS.
    "lookup_dcookie": "__u64 cookie, char *buf, size_t len",
    "nfsservctl": "int cmd, void *argp, void *resp",
}

# Headers that define the types which parameters are passed by value with, and
# the structures that programs need most often.
INCLUDES = [
    "asm/unistd.h", "asm/signal.h", "asm/siginfo.h", "linux/types.h",
    "linux/aio_abi.h", "linux/capability.h", "linux/fs.h", "linux/keyctl.h",
    "linux/landlock.h", "linux/time_types.h",
]

KEYWORDS = {
    "const", "char", "short", "int", "long", "unsigned", "signed", "void",
    "struct", "union", "enum",
}
# Kernel-internal spellings of exported types.
INTERNAL_TYPES = {
    "u32": "__u32", "u64": "__u64", "s32": "__s32", "s64": "__s64",
    "rwf_t": "__kernel_rwf_t",
}
# Where the calls are defined whose prototypes in syscalls.h name no parameters.
SOURCES = ["net/socket.c", "fs/select.c", "fs/aio.c", "kernel/signal.c"]


def table(kernel):
    """Yields (name, function) for each system call of the table."""
    with open(os.path.join(kernel, "scripts/syscall.tbl"), encoding="utf-8") as f:
        for line in f:
            w = line.split("#")[0].split()
            if len(w) >= 4 and w[1] in ABIS:
                yield w[2], w[3]


def prototypes(kernel):
    """function -> parameter list, from syscalls.h; the last one wins (#else)."""
    with open(os.path.join(kernel, "include/linux/syscalls.h"), encoding="utf-8") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    return dict(re.findall(r"^asmlinkage\s+long\s+(sys_\w+)\s*\(([^()]*)\)\s*;", text, re.M | re.S))


def definitions(kernel):
    """function -> parameter names, from the SYSCALL_DEFINEs in SOURCES."""
    out = {}
    for path in SOURCES:
        with open(os.path.join(kernel, path), encoding="utf-8") as f:
            for fn, args in re.findall(r"^SYSCALL_DEFINE\d\((\w+),([^)]*)\)", f.read(), re.M):
                out["sys_" + fn] = [a.strip() for a in args.split(",")[1::2]]
    return out


def parameters(params, defined):
    """[(type words, name)]; @defined has names for what the prototype leaves out."""
    params = params.replace("__user", " ").strip()
    if params == "void":
        return []
    out = []
    for n, p in enumerate(params.split(",")):
        words = re.findall(r"\w+|\*", p)
        name = defined[n] if n < len(defined) else "arg%d" % (n + 1)
        last = words[-1]
        if last not in KEYWORDS and last != "*" and len(words) > 1 and \
           words[-2] not in ("struct", "union", "enum", "const"):
            name = words.pop()
        out.append((words, name))
    return out


def c_type(renamer, words):
    """The type as an application writes it."""
    out = []
    for before, w in zip([None] + words, words):
        if before in ("struct", "union", "enum"):
            w = renamer.tag(w)
        elif w == "long" and before != "long":
            w = headers.LONG
        elif w not in KEYWORDS and w != "*":
            w = INTERNAL_TYPES.get(w, w)
            if w not in renamer.map:
                sys.exit("syscalls.py: type %s is in no exported header; add it to "
                         "include/extra" % w)
            w = renamer.name(w)
        out.append(w)
    return re.sub(r"\* (?=\*)", "*", " ".join(out))


def declare(ctype, name):
    return ctype + name if ctype.endswith("*") else ctype + " " + name


def wrap(head, parts, end):
    """Puts @parts after @head, comma separated, in lines of at most 100 columns."""
    lines, line = [], head
    for i, p in enumerate(parts):
        p += end if i == len(parts) - 1 else ","
        if len(line.expandtabs(8)) + len(p) + 1 > 96 and line != head:
            lines.append(line)
            line = "\t\t" + p
        else:
            line += p if line == head else " " + p
    return "\n".join(lines + [line])


def function(renamer, name, params):
    typed = [(c_type(renamer, w), n) for w, n in params]
    decl = [declare(t, n) for t, n in typed] or ["void"]
    values = ["(lkl_long)" + n for _, n in typed]
    values += ["0"] * (6 - len(values))
    return "\n".join([
        wrap("static inline lkl_long lkl_sys_%s(" % name, decl, ")"),
        "{",
        wrap("\tlkl_long params[6] = { ", values, " };"),
        "",
        "\treturn lkl_syscall(__lkl__NR_%s, params);" % name,
        "}",
        "",
    ])


def alias(renamer, new, name, params):
    typed = [(c_type(renamer, w), n) for w, n in params]
    decl = [declare(t, n) for t, n in typed] or ["void"]
    return "\n".join([
        wrap("static inline lkl_long lkl_sys_%s(" % new, decl, ")"),
        "{",
        wrap("\treturn lkl_sys_%s(" % name, [n for _, n in typed] or [""], ");"),
        "}",
        "",
    ])


HEAD = """/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Generated by scripts/syscalls.py.
 *
 * The system calls of the kernel in this process. lkl_sys_NAME() does what NAME(2)
 * describes and returns what the kernel returns: a result, or a negative errno
 * (-LKL_ENOENT). Nothing sets errno. Pointers are to memory of this process, which
 * the kernel uses only until the call returns, unless NAME(2) says otherwise. Any
 * thread may call; calls block where NAME(2) does, but never other threads' calls.
 */
#ifndef LKL_SYSCALLS_H
#define LKL_SYSCALLS_H

#include <lkl_types.h>
"""


def main():
    args = headers.arguments("writes lkl/syscalls.h")
    _, renamer = headers.load(args.kernel, args.headers, args.extra)
    known = prototypes(args.kernel)
    defined = definitions(args.kernel)
    calls, names = [], set()
    for name, fn in table(args.kernel):
        text = PROTOTYPES.get(name) or known.get(fn)
        if text is None:
            sys.exit("syscalls.py: no prototype for %s" % name)
        calls.append((name, fn, parameters(text, defined.get(fn, []))))
        names.add(name)

    tags = set()
    for _, _, params in calls:
        for words, _ in params:
            tags |= {(a, b) for a, b in zip(words, words[1:]) if a in ("struct", "union")}

    out = [HEAD]
    out += ["#include <lkl/%s>\n" % i for i in INCLUDES]
    out.append("\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n")
    out += ["%s %s;\n" % (k, renamer.tag(t)) for k, t in sorted(tags)]
    out.append("\nlkl_long lkl_syscall(lkl_long nr, lkl_long *params);\n")
    for name, fn, params in calls:
        out.append("\n" + function(renamer, name, params))
    out.append("\n/* The same calls under the names of the kernel's functions. */\n")
    for name, fn, params in calls:
        other = fn[len("sys_"):]
        if other not in names and other != "ni_syscall":
            out.append("\n" + alias(renamer, other, name, params))
            names.add(other)
    out.append("\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n")
    headers.write_if_changed(os.path.join(args.out, "lkl", "syscalls.h"), "".join(out))


if __name__ == "__main__":
    main()
