#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
apidoc.py OUT HEADER...: documentation from the kernel-doc comments of headers.

Writes a page of Markdown for each header and an index to OUT/api, and a manual
page for each documented name to OUT/man3. A public function without such a comment, or one
whose parameters are not those that the comment describes, is an error.

What it understands is what our headers have: functions, inline functions, variables
and structures with a kernel-doc comment; in struct types without one, the plain comment
in front of members; runs of #define under a plain comment; enumerators.
"""

import os
import re
import sys

errors = []


def error(where, text):
    errors.append(f"{where}: {text}")


class Doc:
    """A kernel-doc comment and the declaration behind it."""

    def __init__(self, header, comment, decl):
        self.header = header
        self.decl = decl
        self.params = []
        self.text = []
        self.ret = []
        self.parse(comment)

    def parse(self, comment):
        head = re.match(r"(?:struct\s+)?(\w+)(\(\))?\s+-\s+(.*)", comment[0])
        if not head:
            error(self.header, f"not a title: {comment[0]!r}")
            self.name, self.summary, self.function = comment[0], "", False
            return
        self.name, parens, self.summary = head.groups()
        self.function = bool(parens)
        target = None
        for line in comment[1:]:
            param = re.match(r"@(\w+|\.\.\.):\s*(.*)", line)
            if param:
                target = [param.group(2)]
                self.params.append((param.group(1), target))
            elif line.startswith("Return:"):
                target = self.ret
                target.append(line[len("Return:"):].strip())
            elif not line.strip() and target is not self.ret:
                target = self.text
                target.append("")
            else:
                if target is None:
                    target = self.text
                target.append(line.strip())

    def check(self):
        if not self.function:
            return
        if self.name not in self.decl:
            error(self.header, f"{self.name}: the declaration is {self.decl!r}")
            return
        inner = self.decl[self.decl.index("(") + 1:]
        inner = re.sub(r"\)\s*(LKL_PRINTF|__attribute__).*", ")", inner)
        inner = inner[:inner.rindex(")")]
        names = []
        for part in inner.split(","):
            part = re.sub(r"\[\w*\]", "", part).strip()
            if part not in ("void", "...", ""):
                names.append(re.search(r"(\w+)$", part).group(1))
        described = [name for name, _ in self.params]
        if names != described:
            error(self.header, f"{self.name}: parameters {names}, described {described}")
        if not self.ret and not re.match(r"(static inline )?void [^*]", self.decl):
            error(self.header, f"{self.name}: what it returns is not described")


def strip_comment(text):
    lines = text.strip().strip("/").strip("*").split("\n")
    return [re.sub(r"^\s*\*? ?", "", line).rstrip() for line in lines]


def trim(lines):
    lines = list(lines)
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def one_line(decl):
    return re.sub(r"\s+", " ", decl).strip()


def declaration(text, pos):
    """The declaration at @pos, without a function's body; a struct with its body."""
    while True:
        skip = re.compile(r"\s*(#[^\n]*\n)?").match(text, pos)
        if skip.end() == pos:
            break
        pos = skip.end()
    end = re.compile(r"[;{]").search(text, pos)
    decl = text[pos:end.start()]
    if end.group() == "{" and "(" not in decl:
        close = text.index("\n}", pos)
        return text[pos:close + 3].strip()
    return one_line(decl)


def is_function(decl):
    return re.match(r"(extern |static inline )?[\w\s*]+?\b(lkl_\w+)\s*\(", decl)


class Header:
    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)
        self.docs = []
        self.plain = []
        text = open(path, encoding="utf-8").read()
        self.intro = self.read_intro(text)
        self.read_docs(text)
        self.read_undocumented(text)

    def read_intro(self, text):
        match = re.search(r"/\*\n(.*?)\*/", text, re.S)
        return trim(strip_comment(match.group())) if match else []

    def read_docs(self, text):
        for match in re.finditer(r"/\*\*\n.*?\*/", text, re.S):
            lines = trim(strip_comment(match.group()))
            doc = Doc(self.name, lines, declaration(text, match.end()))
            doc.check()
            self.docs.append(doc)

    def read_undocumented(self, text):
        """Functions without a comment; types and constants with plain ones."""
        known = {doc.name for doc in self.docs}
        bare = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text,
                      flags=re.S)
        bare = re.sub(r"^\s*#.*(\\\n.*)*$", "", bare, flags=re.M)
        for match in re.finditer(r"^[a-z][^;{}=\n]*?\b(lkl_\w+)\s*\([^{};]*[;{]",
                                 bare, re.M):
            if match.group(1) not in known:
                error(self.name, f"{match.group(1)}() is not documented")
        for match in re.finditer(r"^(struct|enum) (\w+) \{\n(.*?)^\}", text,
                                 re.S | re.M):
            kind, name, body = match.groups()
            if name.startswith("lkl_") and name not in known:
                self.plain.append((f"{kind} {name}", comment_before(text, match.start()),
                                   members(body, "," if kind == "enum" else ";")))
        for match in re.finditer(r"((?:^#define LKL_\w+\s+\S.*\n)+)", text, re.M):
            comment = comment_before(text, match.start())
            if comment:
                self.plain.append(("", comment, [([], match.group(1).split("\n"))]))


def comment_before(text, pos):
    match = re.search(r"/\*(?:(?!\*/).)*\*/\n\Z", text[:pos], re.S)
    if not match or match.group().startswith("/**"):
        return []
    return trim(strip_comment(match.group()))


def members(body, end):
    """[(comment lines, declaration lines)] of a struct or enum."""
    groups = [([], [])]
    for match in re.finditer(r"/\*.*?\*/|[^/" + end + "]+" + end, body, re.S):
        if match.group().startswith("/*"):
            groups.append((trim(strip_comment(match.group())), []))
        else:
            groups[-1][1].append(one_line(match.group()))
    return [group for group in groups if group[1]]


# ---- Markdown -------------------------------------------------------------


def md_text(lines):
    text = "\n".join(trim(lines))
    text = re.sub(r"([\\*_<])(?=\w)", r"\\\1", text.replace("`", "\0"))
    text = text.replace("\0", "`")
    # What is in backquotes needs no backslash.
    text = re.sub(r"`[^`]*`", lambda m: m.group().replace("\\", ""), text)
    return re.sub(r"@(\w+)", r"*\1*", text)


def md_doc(doc):
    out = [f"### {doc.name}{'()' if doc.function else ''}", "", md_text([doc.summary]), "",
           "```c", doc.decl + ("" if doc.decl.endswith(";") else ";"), "```", ""]
    for name, lines in doc.params:
        out.append(f"- *{name}*: " + md_text(lines).replace("\n", " "))
    out += ["", md_text(doc.text), ""]
    if doc.ret:
        out += ["**Returns** " + md_text(doc.ret), ""]
    return out


def md_plain(title, comment, groups):
    out = [f"### {title}", ""] if title else []
    out += [md_text(comment), ""]
    for lines, decls in groups:
        if lines:
            out += [md_text(lines), ""]
        out += ["```c"] + [decl for decl in decls if decl] + ["```", ""]
    return out


def squeeze(lines):
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def md_header(header):
    out = [f"# &lt;{header.name}&gt;", "", md_text(header.intro), ""]
    if header.docs:
        out += ["| | |", "|---|---|"]
        for doc in header.docs:
            out.append(f"| [{doc.name}](#{doc.name.lower()}) | {md_text([doc.summary])} |")
        out.append("")
    for doc in header.docs:
        out += md_doc(doc)
    for plain in header.plain:
        out += md_plain(*plain)
    return squeeze(out)


def md_syscalls(path):
    """The generated prototypes are their own description, with the manual's."""
    text = open(path, encoding="utf-8").read()
    protos = re.findall(r"^(?:static inline )?\w[^\n;{]*?\b(lkl_sys_(\w+))\s*(\([^;{]*?\))",
                        text, re.M)
    intro = trim(strip_comment(re.search(r"/\*\n(.*?)\*/", text, re.S).group()))
    out = ["# System calls", "", md_text(intro), "", "```c"]
    for name, _, args in sorted(protos):
        out.append(f"lkl_long {name}{one_line(args)};")
    return squeeze(out + ["```"])


# ---- man ------------------------------------------------------------------


def roff(lines):
    text = "\n".join(trim(lines)).replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text)
    text = re.sub(r"@(\w+)", r"\\fI\1\\fR", text)
    text = re.sub(r"(?m)^([.'])", r"\\&\1", text)
    return re.sub(r"\n\n+", "\n.PP\n", text)


def man_page(doc):
    out = [f'.TH {doc.name} 3 "" lkl "Linux as a library"', ".SH NAME",
           roff([f"{doc.name} - {doc.summary}"]), ".SH SYNOPSIS", ".nf",
           f".B #include <{doc.header}>", ".PP",
           roff((doc.decl if doc.decl.endswith(";") else doc.decl + ";").split("\n")),
           ".fi"]
    if doc.params:
        out.append(".SH PARAMETERS" if doc.function else ".SH MEMBERS")
    for name, lines in doc.params:
        out += [".TP", f".I {name}", roff(lines)]
    if any(trim(doc.text)):
        out += [".SH DESCRIPTION", roff(doc.text)]
    if doc.ret:
        out += [".SH RETURN VALUE", roff(doc.ret),
                ".PP", "\\fIerr\\fR is a negative errno of Linux."]
    return "\n".join(out) + "\n"


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    out, paths = sys.argv[1], sys.argv[2:]
    index = ["# Interface", "", "Generated from the headers by `make docs`.", "",
             "| | |", "|---|---|"]
    for path in paths:
        if os.path.basename(path) == "syscalls.h":
            write(f"{out}/api/syscalls.md", md_syscalls(path))
            index.append("| [lkl/syscalls.h](syscalls.md) | every system call |")
            continue
        header = Header(path)
        stem = header.name[:-2]
        write(f"{out}/api/{stem}.md", md_header(header))
        first = " ".join(header.intro).split(". ")[0].rstrip(".")
        index.append(f"| [{header.name}]({stem}.md) | {md_text([first])} |")
        for doc in header.docs:
            write(f"{out}/man3/{doc.name}.3", man_page(doc))
    write(f"{out}/api/README.md", squeeze(index))
    for line in errors:
        print(line, file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
