#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
layout.py OBJDUMP OBJECT OBJDUMP OBJECT: whether the structures of two object files,
compiled from the same text with debugging information, are laid out the same way:
size, and place and size of each member. Only those of our headers count. Prints the
ones that are not.
"""

import re
import subprocess
import sys

DIE = re.compile(r"^ ?<(\w+)><(\w+)>: Abbrev Number: \d+(?: \((\w+)\))?")
ATTR = re.compile(r"^ +<\w+> +(DW_AT_\w+) *: *(.*)$")


class Die:
    def __init__(self, tag, depth):
        self.tag = tag
        self.depth = depth
        self.attrs = {}
        self.children = []

    def name(self):
        # "(indirect string, offset: 0x12): name"
        text = self.attrs.get("DW_AT_name", "")
        return text.split("): ", 1)[-1].strip() if text.startswith("(") else text.strip()

    def number(self, attr):
        text = self.attrs.get(attr)
        return int(text.split()[-1].rstrip(")"), 0) if text else None


def dies(objdump, path):
    """offset -> Die of everything that @path describes."""
    out = subprocess.run([objdump, "--dwarf=info", path], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    found, stack, die = {}, [], None
    for line in out.splitlines():
        m = DIE.match(line)
        if m:
            depth, offset, tag = int(m.group(1), 16), int(m.group(2), 16), m.group(3)
            die = Die(tag, depth)
            while stack and stack[-1].depth >= depth:
                stack.pop()
            if stack and tag:
                stack[-1].children.append(die)
            if tag:
                stack.append(die)
                found[offset] = die
            continue
        m = ATTR.match(line)
        if m and die:
            die.attrs[m.group(1)] = m.group(2)
    return found


class Layouts:
    def __init__(self, objdump, path):
        self.dies = dies(objdump, path)
        self.structs = {}
        for die in self.dies.values():
            if die.tag in ("DW_TAG_structure_type", "DW_TAG_union_type") and \
                    re.match("(__)?lkl_", die.name()) and "DW_AT_byte_size" in die.attrs:
                self.structs[die.name()] = self.describe(die)

    def type_of(self, die):
        m = re.search(r"<0x(\w+)>", die.attrs.get("DW_AT_type", ""))
        return self.dies.get(int(m.group(1), 16)) if m else None

    def size(self, die):
        """Bytes of the type @die, None if it has none (an array without length)."""
        if die is None:
            return None
        if "DW_AT_byte_size" in die.attrs:
            return die.number("DW_AT_byte_size")
        if die.tag == "DW_TAG_array_type":
            size = self.size(self.type_of(die))
            for dim in die.children:
                if "DW_AT_upper_bound" in dim.attrs:
                    size = size and size * (dim.number("DW_AT_upper_bound") + 1)
                elif "DW_AT_count" in dim.attrs:
                    size = size and size * dim.number("DW_AT_count")
                else:
                    size = None
            return size
        return self.size(self.type_of(die))

    def describe(self, struct, base=0, prefix=""):
        """[(member, bit offset, bits)], with those of members without a name."""
        out = [(prefix + "(all)", base, 8 * struct.number("DW_AT_byte_size"))]
        for m in struct.children:
            if m.tag != "DW_TAG_member":
                continue
            at = base + 8 * (m.number("DW_AT_data_member_location") or 0)
            at += m.number("DW_AT_data_bit_offset") or 0
            kind = self.type_of(m)
            bits = m.number("DW_AT_bit_size")
            size = self.size(kind)
            if bits is None and size is not None:
                bits = 8 * size
            out.append((prefix + m.name(), at, bits))
            inner = kind
            while inner is not None and inner.tag == "DW_TAG_array_type":
                inner = self.type_of(inner)
            if inner is not None and not inner.name() and \
                    inner.tag in ("DW_TAG_structure_type", "DW_TAG_union_type"):
                out += self.describe(inner, at, prefix + m.name() + ".")
        return out


def main():
    a, b = Layouts(sys.argv[1], sys.argv[2]), Layouts(sys.argv[3], sys.argv[4])
    bad = 0
    for name in sorted(set(a.structs) | set(b.structs)):
        one, two = a.structs.get(name), b.structs.get(name)
        if one == two:
            continue
        bad += 1
        if one is None or two is None:
            print("%s is in one of the files only" % name)
            continue
        diff = next((p for p in zip(one, two) if p[0] != p[1]), (one[-1], two[-1]))
        print("%s: %s at bit %s of %s bits, or %s at bit %s of %s bits" %
              ((name,) + diff[0] + diff[1]))
    print("%d structures compared, %d differ" % (len(a.structs), bad))
    if not a.structs or bad:
        sys.exit(1)


if __name__ == "__main__":
    main()
