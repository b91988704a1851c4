#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Makes the kernel's user headers usable beside the C library's.

Reads what the kernel's `make headers_install` wrote and writes the same headers
with a prefix before every name they define, so that `struct stat` becomes
`struct lkl_stat` and `O_RDWR` becomes `LKL_O_RDWR`:

    capitals             LKL_name      (LKL__name if it starts with one `_`: LKL_IOR)
    anything else        lkl_name
    starting with `__`   __lkl__name or __LKL__name

What the kernel knows but does not export (`AF_INET`, `struct msghdr`) comes from
two places: constants are copied out of its internal headers (INTERNAL below),
structures are in include/extra, written there without prefix.

Names live in two sets, as in C: tags, which follow struct, union or enum, and all
others. Members keep their names, unless a macro of the kernel or of the C library
has the same one.

The word `long` becomes LKL_LONG, since the compiler's own has another size than the
kernel's on some hosts; `long long` stays. Structures with bit fields get an attribute,
for hosts whose compilers lay them out in another way.
"""

import argparse
import os
import re
import sys

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<char>'(?:\\.|[^'\\\n])+')
      | (?P<number>\.?[0-9](?:[eEpP][+-]|[0-9A-Za-z_.])*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<newline>\n)
      | (?P<space>(?:[ \t\f\r]|\\\n)+)
      | (?P<punct>\#\#|->|.)""",
    re.X | re.S,
)

TAG = re.compile(r"[A-Za-z_]\w*$")
INCLUDE = re.compile(r'^(\s*#\s*include\s*)([<"])([^">]+)[">]', re.M)

ATTRIBUTES = {"__attribute__", "__aligned", "__aligned__"}
TAG_KEYWORDS = {"struct", "union", "enum"}

# Words of the compiler that some header defines for lack of them.
COMPILER_WORDS = {
    "inline", "__inline", "__inline__", "__attribute__", "__extension__",
    "__volatile__", "__const__", "__signed__", "__packed__",
}

# Macros of the C library that would change members of the kernel's structures.
LIBC_MACRO_MEMBERS = {
    "st_atime", "st_mtime", "st_ctime",
    "sa_handler", "sa_sigaction",
    "sigev_notify_function", "sigev_notify_attributes",
    "arp_op", "d_fileno", "msg_cbytes", "p_type",
}

# Tests for the C library that the headers make, mostly to avoid clashes. There are
# none left, so all of them are to come out as "no such library".
LIBC_TESTS = re.compile(
    r"^(__BYTE_ORDER|__GLIBC__|__GLIBC_MINOR__|__USE_\w+|__UAPI_DEF_\w+|_NET_IF_H|_NETINET_IN_H|"
    r"_SYS_XATTR_H|_SYS_SOCKET_H|_STRUCT_TIMESPEC|__BIONIC__|__UCLIBC__)$"
)

# Constants of internal headers: file, pattern of macro names, enums, target.
INTERNAL = [
    ("include/linux/socket.h",
     r"(AF|PF|MSG|SOL|SCM)_\w+|SOMAXCONN|IPX_TYPE", [], "linux/socket.h"),
    ("include/linux/net.h",
     r"SOCK_(CLOEXEC|NONBLOCK|TYPE_MASK|MAX)",
     ["sock_type", "sock_shutdown_cmd"], "linux/socket.h"),
    ("include/linux/stat.h",
     r"S_I(RWX|ALL|R|W|X)UGO|UTIME_\w+", [], "linux/stat.h"),
    ("include/linux/fs_types.h", r"DT_\w+|S_DT_\w+", [], "linux/dirent.h"),
]

# Structures of the C library's manual that are the same as the ones under the
# kernel's newer name, which system calls take: the old name becomes a macro, so
# that programs may pass either.
SAME_STRUCT = {
    "timespec": "__kernel_timespec",
    "timeval": "__kernel_old_timeval",
    "itimerspec": "__kernel_itimerspec",
    "itimerval": "__kernel_old_itimerval",
}

# See include/uapi/lkl_types.h: a word of the kernel; an attribute.
LONG = "LKL_LONG"
BIT_FIELDS = "LKL_BIT_FIELDS"

# Includes of C library headers that a kernel header of ours replaces.
LIBC_INCLUDES = {
    "sys/socket.h": "linux/socket.h",
    "sys/types.h": "linux/types.h",
    "sys/time.h": "linux/time.h",
    "sys/ioctl.h": "asm/ioctl.h",
    "netinet/in.h": "linux/in.h",
    "netinet/if_ether.h": "linux/if_ether.h",
    "net/if.h": "linux/if.h",
    "stdint.h": "linux/types.h",
    "unistd.h": "linux/types.h",
    "endian.h": "asm/byteorder.h",
    "signal.h": "linux/signal.h",
    "time.h": "linux/time.h",
}


def tokens(text):
    """Splits @text into (kind, string) pairs; joined, they give @text again."""
    return [(m.lastgroup, m.group()) for m in TOKEN.finditer(text)]


def is_blank(kind):
    return kind in ("space", "comment", "newline")


def split_lines(toks):
    """Yields (is_directive, tokens) for each logical line of preprocessing."""
    line, directive, fresh = [], False, True
    for t in toks:
        if fresh and t[0] == "punct" and t[1] == "#":
            directive = True
        if not is_blank(t[0]):
            fresh = False
        line.append(t)
        if t[0] == "newline":
            yield directive, line
            line, directive, fresh = [], False, True
    if line:
        yield directive, line


def define_of(line):
    """(macro, parameter set) if the directive @line is a #define, else None."""
    sig = [t for t in line if not is_blank(t[0])]
    if len(sig) < 3 or sig[1][1] != "define":
        return None
    i = next(k for k, t in enumerate(line) if t == sig[2])
    params = set()
    if i + 1 < len(line) and line[i + 1][1] == "(":
        for t in line[i + 2:]:
            if t[1] == ")":
                break
            if t[0] == "name":
                params.add(t[1])
    return sig[2][1], params


class Names:
    """Everything that a set of headers defines."""

    def __init__(self):
        self.macros = set()
        self.consts = set()
        self.types = set()
        self.functions = set()
        self.members = set()
        self.tags = set()
        # macro -> positions of its arguments that are tags
        self.tag_args = {"__struct_group": {0}}
        # macro -> positions of its arguments that it pastes to something: at the
        # front they get the prefix, behind they must keep their name.
        self.head_args = {}
        self.tail_args = {}

    def all(self):
        return self.macros | self.consts | self.types | self.functions

    def collect(self, text):
        code = []
        for directive, line in split_lines(tokens(text)):
            if directive:
                d = define_of(line)
                if d:
                    self.macros.add(d[0])
                    self.special_parameters(d[0], line)
            else:
                code += [t for t in line if not is_blank(t[0])]
        self.collect_code(code)
        for a, b in zip(code, code[1:]):
            if a[1] in TAG_KEYWORDS and b[0] == "name":
                self.tags.add(b[1])

    def special_parameters(self, macro, line):
        """Notes the parameters of @macro that its body uses as tags or pastes."""
        words = [t[1] for t in line if not is_blank(t[0])]
        if len(words) < 4 or words[3] != "(" or ")" not in words:
            return
        end = words.index(")")
        params = [w for w in words[4:end] if w not in (",", ".")]
        body = words[end:] + [""]
        for before, w, after in zip(body, body[1:], body[2:]):
            if w not in params:
                continue
            at = params.index(w)
            if before in TAG_KEYWORDS:
                self.tag_args.setdefault(macro, set()).add(at)
            elif before == "##":
                self.tail_args.setdefault(macro, set()).add(at)
            elif after == "##":
                self.head_args.setdefault(macro, set()).add(at)

    def collect_code(self, code):
        """Walks declarations; understands as much of C as headers need."""
        # Each open brace: "enum", "aggregate" (struct/union), "block" (code).
        stack = []
        start = 0           # first token of the present declaration
        expect_const = False
        parens = 0
        for i, (kind, s) in enumerate(code):
            scope = stack[-1][0] if stack else "file"
            if s == "{":
                head = code[start:i]
                words = [t[1] for t in head]
                if scope == "block":
                    stack.append(("block", start))
                elif i and self.opens_enum(code, i):
                    stack.append(("enum", start))
                    expect_const = True
                    continue
                elif self.opens_aggregate(code, i):
                    stack.append(("aggregate", start))
                elif words[:2] == ["extern", '"C"']:
                    start = i + 1
                    stack.append(("linkage", start))
                    continue
                else:
                    self.function_of(head)
                    stack.append(("block", start))
                start = i + 1
            elif s == "}":
                if not stack:
                    start = i + 1
                    continue
                what, start = stack.pop()
                expect_const = False
                if what in ("block", "linkage"):
                    start = i + 1
            elif scope == "enum":
                if s in "([":
                    parens += 1
                elif s in ")]":
                    parens -= 1
                elif s == "," and not parens:
                    expect_const = True
                elif kind == "name" and not parens and \
                        (expect_const or code[i - 1][1] == ")"):
                    # After a parenthesis: a macro made the constants before.
                    self.consts.add(s)
                    expect_const = False
            elif s == ";":
                decl = code[start:i]
                if scope in ("file", "linkage"):
                    self.declaration(decl)
                elif scope == "aggregate":
                    self.member(decl)
                start = i + 1

    @staticmethod
    def opens_enum(code, i):
        back = [t[1] for t in code[max(0, i - 2):i]]
        return "enum" in back

    @staticmethod
    def opens_aggregate(code, i):
        """True if the brace at @i belongs to a struct or union."""
        depth = 0
        for t in reversed(code[max(0, i - 40):i]):
            if t[1] == ")":
                depth += 1
            elif t[1] == "(":
                depth -= 1
            elif depth == 0:
                if t[1] in ("struct", "union"):
                    return True
                if t[0] != "name":
                    return False
        return False

    def function_of(self, head):
        """The function whose definition or prototype @head is."""
        depth, name = 0, None
        for j, t in enumerate(head):
            if t[1] == "(":
                # The last one: calls of macros without semicolon may stand before.
                if depth == 0 and j > 1 and head[j - 1][0] == "name" \
                   and head[j - 1][1] not in ATTRIBUTES:
                    name = head[j - 1][1]
                depth += 1
            elif t[1] == ")":
                depth -= 1
        if name:
            self.functions.add(name)

    @staticmethod
    def without_bodies(decl):
        out, depth = [], 0
        for t in decl:
            if t[1] == "{":
                depth += 1
            if not depth:
                out.append(t)
            if t[1] == "}":
                depth -= 1
        return out

    def declaration(self, decl):
        words = [t[1] for t in decl]
        if not words:
            return
        flat = self.without_bodies(decl)
        if "typedef" not in words[:2]:
            if words[0] in ("extern", "static") or \
               (len(words) > 3 and words[-1] == ")" and "{" not in words):
                self.function_of(flat)
            return
        # typedef ... (*name)(...): the first name after "(*"
        for j in range(len(flat) - 2):
            if flat[j][1] == "(" and flat[j + 1][1] == "*" and flat[j + 2][0] == "name":
                self.types.add(flat[j + 2][1])
                return
        # Drop attributes, then the last name before [ or the end, at each comma.
        out, depth, skip = [], 0, False
        for t in flat:
            if t[1] in ATTRIBUTES:
                skip = True
                continue
            if skip:
                depth += t[1] == "("
                depth -= t[1] == ")"
                if depth == 0:
                    skip = False
                continue
            out.append(t)
        last = None
        bracket = 0
        for t in out:
            if t[1] in "([":
                if t[1] == "(" and last and not bracket:
                    self.types.add(last)        # typedef int f(int)
                    return
                bracket += 1
            elif t[1] in ")]":
                bracket -= 1
            elif t[1] == "," and not bracket:
                self.types.add(last)
            elif t[0] == "name" and not bracket:
                last = t[1]
        if last:
            self.types.add(last)

    def member(self, decl):
        flat = [t for t in self.without_bodies(decl)]
        last, bracket = None, 0
        for t in flat:
            if t[1] in ("[", "("):
                bracket += 1
            elif t[1] in ("]", ")"):
                bracket -= 1
            elif t[1] in (":", "__attribute__"):
                break
            elif t[0] == "name" and not bracket:
                last = t[1]
            elif t[1] == "," and last:
                self.members.add(last)
        if last:
            self.members.add(last)


def prefixed(name, constant):
    """The name that @name gets; @constant for macros and enum constants."""
    bare = name.lstrip("_")
    if name.startswith("__NR"):
        upper = False
    else:
        upper = name.upper() == name or (constant and bare[:1].isupper())
    p = "LKL" if upper else "lkl"
    if name.startswith("__"):
        return "__" + p + name
    if name.startswith("_"):
        return p + name
    return p + "_" + name


class Renamer:
    def __init__(self, names):
        self.names = names
        constants = names.macros | names.consts
        self.map = {}
        for n in names.all() - COMPILER_WORDS:
            new = prefixed(n, n in constants)
            # _X and X would both become LKL_X.
            if n.startswith("_") and not n.startswith("__") and n[1:] in names.all():
                new = new[:3] + "_" + new[3:]
            self.map[n] = new
        for n in LIBC_MACRO_MEMBERS:
            self.map[n] = "lkl_" + n

    def tag(self, name):
        return self.map.get(name) or prefixed(name, False)

    def name(self, name):
        if name in self.map:
            return self.map[name]
        # What they describe is Linux, whatever compiles them.
        if name == "__linux__":
            return "__STDC__"
        if LIBC_TESTS.match(name):
            return prefixed(name, True)
        return name

    def pasted_head(self, name):
        return self.map.get(name) or prefixed(name, True)

    @staticmethod
    def has_bit_fields(line, i):
        """Whether the keyword at @i begins a definition with bit fields in it."""
        words = (t[1] for t in line[i + 1:] if not is_blank(t[0]))
        depth = 0
        for n, w in enumerate(words):
            if n > 1 and not depth:
                return False
            if w in "{(":
                depth += 1
            elif w in "})":
                depth -= 1
            elif w == ":":
                return True
            elif w == ";" and not depth:
                return False
        return False

    @staticmethod
    def is_word(line, i, before):
        """Whether `long` at @i is one of its own, no part of `long long`."""
        after = (t[1] for t in line[i + 1:] if not is_blank(t[0]))
        return before != "long" and next(after, None) != "long"

    @staticmethod
    def argument(special, calls):
        return bool(calls) and calls[-1][1] in special.get(calls[-1][0], ())

    def line(self, directive, line):
        names = self.names
        params = set()
        if directive:
            sig = [t[1] for t in line if not is_blank(t[0])]
            if len(sig) > 1 and sig[1] in ("include", "error", "warning"):
                return "".join(t[1] for t in line)
            d = define_of(line)
            if d:
                params = d[1]
            if d and len(sig) == 4 and sig[3] not in self.map and \
                    (sig[2] in names.tags or sig[3] in names.tags) and TAG.match(sig[3]):
                # One tag defined as another.
                return "#define %s\t%s\n" % (self.name(sig[2]), self.tag(sig[3]))
        out = []
        before = None               # the significant token before this one
        calls = []                  # open parentheses: [macro or None, argument]
        for i, (kind, s) in enumerate(line):
            if kind != "name":
                out.append(s)
                if s == "(":
                    calls.append([before, 0])
                elif s == ")" and calls:
                    calls.pop()
                elif s == "," and calls:
                    calls[-1][1] += 1
            elif s == "long" and self.is_word(line, i, before):
                out.append(LONG)
            elif not directive and s in ("struct", "union") and self.has_bit_fields(line, i):
                out.append(s + " " + BIT_FIELDS)
            elif s in params:
                out.append(s)
            elif before in TAG_KEYWORDS and s != "__attribute__":
                out.append(self.tag(s))
            elif before in ("(", ",") and self.argument(names.tag_args, calls):
                out.append(self.tag(s))
            elif before in ("(", ",") and self.argument(names.head_args, calls):
                out.append(self.pasted_head(s))
            elif before in ("(", ",") and self.argument(names.tail_args, calls):
                out.append(s)
            elif before == "##":
                out.append(s)
            elif directive and self.pasted(line, i):
                out.append(self.pasted_head(s))
            else:
                out.append(self.name(s))
            if not is_blank(kind):
                before = s
        return "".join(out)

    @staticmethod
    def pasted(line, i):
        for t in line[i + 1:]:
            if not is_blank(t[0]):
                return t[1] == "##"
        return False

    def text(self, text):
        """Renames in @text; a tag may stand on the line after its keyword."""
        toks = tokens(text)
        out, code = [], []
        for directive, line in split_lines(toks):
            if directive:
                if code:
                    out.append(self.line(False, code))
                    code = []
                out.append(self.line(True, line))
            else:
                code += line
        if code:
            out.append(self.line(False, code))
        text = "".join(out)
        if LONG in text or BIT_FIELDS in text:
            # Behind the comment that names the license.
            at = text.index("\n", text.index("*/") if text.startswith("/*") else 0) + 1
            text = text[:at] + "#include <lkl_types.h>\n" + text[at:]
        return text


def internal_constants(kernel, path, pattern, enums):
    """Copies macros and enums out of an internal header of the kernel."""
    with open(os.path.join(kernel, path), encoding="utf-8") as f:
        text = f.read()
    out = []
    wanted = re.compile("^(" + pattern + ")$")
    for directive, line in split_lines(tokens(text)):
        if directive:
            d = define_of(line)
            if d and not d[1] and wanted.match(d[0]):
                name = d[0]
                # Comments of several lines belong to the line; keep them out.
                body = "".join(t[1] for t in line if t[0] not in ("comment", "newline"))
                value = body.split(name, 1)[1].strip()
                out.append("#ifndef %s\n#define %s\t%s\n#endif" % (name, name, value))
    for e in enums:
        m = re.search(r"enum\s+%s\s*\{.*?\};" % e, text, re.S)
        if not m:
            sys.exit("headers.py: no enum %s in %s" % (e, path))
        out.append(m.group())
        for n in re.findall(r"^\s*(\w+)\s*[=,]", m.group(), re.M):
            out.append("#define %s\t%s" % (n, n))
    return "\n".join(out) + "\n"


def without_struct(text, tag):
    """Drops the definition of `struct @tag` from @text."""
    m = re.search(r"^struct\s+%s\s*\{.*?^\};\n" % tag, text, re.S | re.M)
    if not m:
        sys.exit("headers.py: struct %s is not where it was" % tag)
    return text[:m.start()] + text[m.end():]


def in_addr(text):
    """
    Gives `struct in_addr` a member for Windows too, where `s_addr` is a macro, for
    members of the name that Windows has.
    """
    new, n = re.subn(r"^(struct\s+in_addr\s*\{)\s*__be32\s+s_addr;\s*",
                     r"""\1
	union {
#ifndef s_addr
		__be32 s_addr;
#endif
		union { __be32 S_addr; } S_un;
	};
""", text, flags=re.M)
    if n != 1:
        sys.exit("headers.py: struct in_addr is not where it was")
    return new


def before_last_endif(text, extra):
    at = text.rstrip().rfind("#endif")
    return text[:at] + extra + "\n" + text[at:]


def rewrite_includes(text, known, here):
    def one(m):
        lead, quote, path = m.groups()
        if quote == '"':
            local = os.path.normpath(os.path.join(os.path.dirname(here), path))
            path = local if local in known else path
        path = LIBC_INCLUDES.get(path, path)
        if path in known:
            return "%s<lkl/%s>" % (lead, path)
        return "%s<%s>" % (lead, path)
    return INCLUDE.sub(one, text)


def read_tree(root):
    tree = {}
    for base, _, files in os.walk(root):
        for f in files:
            if f.endswith(".h"):
                path = os.path.join(base, f)
                with open(path, encoding="utf-8", errors="replace") as h:
                    tree[os.path.relpath(path, root)] = h.read()
    return tree


def write_if_changed(path, text):
    try:
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
    except OSError:
        pass
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def add_missing(tree, kernel, extra):
    """Adds to the exported headers what the kernel keeps to itself."""
    same = ""
    for old, new in SAME_STRUCT.items():
        tree["linux/time.h"] = without_struct(tree["linux/time.h"], old)
        same += "#define %s\t%s\n" % (old, new)
    tree["linux/time_types.h"] = before_last_endif(tree["linux/time_types.h"], same)
    for path, text in extra.items():
        if path in tree:
            text = before_last_endif(tree[path], text[text.index("#ifndef"):])
        tree[path] = text
    tree["linux/in.h"] = in_addr(tree["linux/in.h"])
    for src, pattern, enums, path in INTERNAL:
        text = internal_constants(kernel, src, pattern, enums)
        tree[path] = before_last_endif(tree[path], text)


def load(kernel, headers, extra):
    """Reads the headers; returns them unprefixed, and the Renamer for them."""
    tree = read_tree(headers)
    add_missing(tree, kernel, read_tree(extra))
    names = Names()
    for text in tree.values():
        names.collect(text)
    return tree, Renamer(names)


def arguments(what):
    """The command line that this program and syscalls.py have in common."""
    ap = argparse.ArgumentParser(description=what)
    ap.add_argument("--kernel", required=True, help="kernel source folder")
    ap.add_argument("--headers", required=True, help="INSTALL_HDR_PATH/include")
    ap.add_argument("--extra", required=True, help="our additions (include/extra)")
    ap.add_argument("--out", required=True, help="writes OUT/lkl/...")
    return ap.parse_args()


def main():
    args = arguments("prefixes the kernel's user headers")
    tree, renamer = load(args.kernel, args.headers, args.extra)
    out = os.path.join(args.out, "lkl")
    for path in set(read_tree(out)) - set(tree) - {"syscalls.h"}:
        os.unlink(os.path.join(out, path))
    for path, text in sorted(tree.items()):
        text = renamer.text(rewrite_includes(text, tree, path))
        # A member of this name would vanish where it is a macro, on FreeBSD.
        text = re.sub(r"\b__unused\b", "__lkl_unused", text)
        write_if_changed(os.path.join(out, path), text)


if __name__ == "__main__":
    main()
