# SPDX-License-Identifier: GPL-2.0
"""Commands of gdb for processes in which a kernel runs.

    gdb -p PID -x lkl-gdb.py        or "source lkl-gdb.py" at any time

Symbols of the kernel are added when the process stops, out of a vmlinux with the
same build ID: $LKL_VMLINUX, one beside this file, or one of the build folder. Then
"bt" and "break" know the kernel, and there are

    lkl-ps           the kernel's tasks
    lkl-bt PID...    backtraces of tasks, also of those that no thread runs; "all"
    lkl-symbols      looks for the symbols once more; lkl-symbols FILE takes FILE
"""

import glob
import os
import re
import struct

import gdb

HERE = os.path.dirname(os.path.abspath(__file__))
CANDIDATES = (
    os.environ.get("LKL_VMLINUX", ""),
    HERE + "/vmlinux",
    HERE + "/../build/kernel/vmlinux",
    HERE + "/../build/*/kernel/vmlinux",
)
LAYOUT = ("version tasks thread_node signal pid comm state sp host in_user"
          " thread_head carrier_sp current_task frame pc frame_below stack stack_size").split()
LAYOUT_VERSION = 1
FRAMES_MAX = 100
# Bits of task_struct::__state, as "ps" shows them.
STATES = ((0x402, "I"), (0x1, "S"), (0x2, "D"), (0x4, "T"), (0x8, "t"), (0x40, "P"), (0x80, "X"))


def read(addr, size):
    return bytes(gdb.selected_inferior().read_memory(addr, size))


def word(addr):
    return struct.unpack("<Q", read(addr, 8))[0]


def half(addr):
    return struct.unpack("<I", read(addr, 4))[0]


def notes_of(path):
    """The address and the contents of the section .notes, where the build ID is."""
    with open(path, "rb") as f:
        header = f.read(64)
        if header[:4] != b"\x7fELF":
            return None
        offset, = struct.unpack_from("<Q", header, 40)
        size, count, names = struct.unpack_from("<HHH", header, 58)
        f.seek(offset)
        table = f.read(size * count)
        sections = [struct.unpack_from("<IIQQQQ", table, i * size) for i in range(count)]
        f.seek(sections[names][4])
        strings = f.read(sections[names][5])
        for name, _, _, addr, where, length in sections:
            if strings[name:].startswith(b".notes\0"):
                f.seek(where)
                return addr, f.read(length)
    return None


def ours(name):
    """That static variable of the library's kernel.c; none without debugging information."""
    return [s for s in gdb.lookup_static_symbols(name)
            if s.symtab.filename.replace("\\", "/").endswith("host/common/kernel.c")]


def find_image():
    """Where the image is mapped: an ELF header with a table at its entry point."""
    try:
        maps = gdb.execute("info proc mappings", to_string=True)
    except gdb.error:
        maps = ""
    if "0x" not in maps:
        # Not told of other systems' processes; the library knows.
        try:
            return next((int(s.value()["base"]) for s in ours("image")), 0)
        except gdb.error:
            return 0
    for line in maps.splitlines():
        found = re.match(r"\s*0x([0-9a-f]+)\s+0x([0-9a-f]+)", line)
        if not found:
            continue
        base, end = int(found[1], 16), int(found[2], 16)
        try:
            header = read(base, 64)
            if header[:4] != b"\x7fELF" or header[16] != 3:
                continue
            entry, = struct.unpack_from("<Q", header, 24)
            if entry <= end - base:
                continue
            version, size = struct.unpack("<II", read(base + entry, 8))
        except gdb.MemoryError:
            continue
        # struct lkl_image of include/uapi/lkl_ops.h
        if 0 < version < 100 and 64 <= size <= 512 and size % 8 == 0:
            return base
    return 0


class Symbols:
    """Those of the image, as long as it is where it was."""

    def __init__(self):
        self.base = 0
        self.path = None

    def drop(self):
        if self.path:
            try:
                gdb.execute(f"remove-symbol-file -a {self.base + 0x1000}",
                            to_string=True)
            except gdb.error:
                pass
        self.base, self.path = 0, None

    def matches(self, path, base):
        try:
            notes = notes_of(path)
            return notes and read(base + notes[0], len(notes[1])) == notes[1]
        except OSError as e:
            raise gdb.GdbError(f"{path}: {e.strerror}")
        except gdb.MemoryError:
            return False

    def find(self, base):
        for pattern in CANDIDATES:
            for path in sorted(glob.glob(pattern)) if pattern else ():
                if self.matches(path, base):
                    return os.path.realpath(path)
        return None

    def load(self, path=None):
        """Whether there are symbols now. Raises gdb.GdbError if they are the wrong ones."""
        if self.path and not path and self.matches(self.path, self.base):
            return True
        self.drop()
        base = find_image()
        if not base:
            return False
        if path and not self.matches(path, base):
            raise gdb.GdbError(f"{path} is not the kernel of this process")
        path = path or self.find(base)
        if not path:
            raise gdb.GdbError("no vmlinux with the build ID of this process' kernel:"
                               " set LKL_VMLINUX, or say lkl-symbols FILE")
        gdb.execute(f"add-symbol-file {path} -o {base:#x}", to_string=True)
        self.base, self.path = base, path
        print(f"lkl: kernel at {base:#x}, symbols of {path}")
        return True


symbols = Symbols()


def need_symbols():
    if not symbols.load():
        raise gdb.GdbError("no kernel runs in this process")


def address_of(name):
    return int(gdb.parse_and_eval(f"(unsigned long)&{name}"))


class Kernel:
    """The kernel's tasks at this moment."""

    def __init__(self):
        need_symbols()
        self.at = dict(zip(LAYOUT, struct.unpack(
            f"<{len(LAYOUT)}I", read(address_of("lkl_debug_layout"), 4 * len(LAYOUT)))))
        if self.at["version"] != LAYOUT_VERSION:
            raise gdb.GdbError("this kernel is of another version of lkl-gdb.py")
        self.current = word(address_of("lkl_cpu") + self.at["current_task"])
        # Where the host keeps the bounds of stacks, these lie on top of a saved one.
        self.bounds = 24 if half(address_of("lkl_ctx_bounds")) else 0
        self.threads = self.host_threads()

    def chain(self, head, offset):
        node = word(head)
        while node != head:
            yield node - offset
            node = word(node)

    def tasks(self):
        init = address_of("init_task")
        yield init
        for leader in self.chain(init + self.at["tasks"], self.at["tasks"]):
            signal = word(leader + self.at["signal"])
            yield from self.chain(signal + self.at["thread_head"],
                                  self.at["thread_node"])

    def pid(self, task):
        return half(task + self.at["pid"])

    def comm(self, task):
        return read(task + self.at["comm"], 16).split(b"\0")[0].decode(errors="replace")

    def state(self, task):
        bits = half(task + self.at["state"])
        if not bits:
            return "R"
        return next((letter for mask, letter in STATES if bits & mask == mask), "?")

    def host(self, task):
        return word(task + self.at["host"])

    def in_user(self, task):
        return read(task + self.at["in_user"], 1) != b"\0"

    def host_threads(self):
        """(thread of gdb, stack pointer, struct lkl_thread) of each that there is."""
        inside = ours("self")
        chosen = gdb.selected_thread()
        found = []
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            host = 0
            try:
                frame = gdb.newest_frame()
                sp = int(frame.read_register("sp"))
                if inside:
                    host = int(inside[0].value(frame))
            except gdb.error:
                pass
            found.append((thread, sp, host))
        if chosen:
            chosen.switch()
        return found

    def thread_of(self, task):
        """The thread whose own task this is."""
        host = self.host(task)
        return next((t for t in self.threads if host and t[2] == host), None)

    def runner(self, task):
        """The thread that is on this task's kernel stack."""
        stack = word(task + self.at["stack"])
        return next((t for t in self.threads
                     if stack <= t[1] < stack + self.at["stack_size"]), None)

    def where(self, task):
        thread = self.thread_of(task)
        if not self.host(task):
            thread = self.runner(task)
            return f"thread {thread[0].num} runs it" if thread else "parked"
        name = f"thread {thread[0].num}" if thread else "a host thread"
        return name + (", in the application" if self.in_user(task) else "")

    def frames(self, sp):
        """Program counters of what lkl_ctx_swap() left behind."""
        sp += self.bounds
        frame = word(sp + self.at["frame"])
        yield word(sp + self.at["pc"])
        for _ in range(FRAMES_MAX):
            if not frame:
                return
            where = frame - self.at["frame_below"]
            try:
                following, pc = word(where), word(where + 8)
            except gdb.MemoryError:
                return
            if not pc:
                return
            yield pc
            if following <= frame:
                return
            frame = following

    def print_frames(self, sp):
        for n, pc in enumerate(self.frames(sp)):
            symbol = gdb.execute(f"info symbol {pc - 1:#x}", to_string=True)
            name = symbol.split(" in section")[0].split(" + ")[0]
            if symbol.startswith("No symbol"):
                name = "??"
            print(f"#{n:<3}{pc:#018x} in {name} ()")

    def backtrace(self, task):
        print(f"task {self.pid(task)} \"{self.comm(task)}\" {self.state(task)},"
              f" {self.where(task)}")
        if not self.host(task):
            thread = self.runner(task)
            if not thread:
                self.print_frames(word(task + self.at["sp"]))
                return
        else:
            thread = self.thread_of(task)
            if not thread:
                print("its host thread is not known: the library has no debugging"
                      " information, or gdb does not know this system's thread-local variables")
                return
            # While it carries others, its own frames are elsewhere.
            if any(self.runner(t) == thread for t in self.tasks() if not self.host(t)):
                self.print_frames(word(thread[2] + self.at["carrier_sp"]))
                return
        chosen = gdb.selected_thread()
        thread[0].switch()
        gdb.execute("bt")
        chosen.switch()


class Ps(gdb.Command):
    """lkl-ps: lists the tasks of the kernel in this process."""

    def __init__(self):
        super().__init__("lkl-ps", gdb.COMMAND_STACK)

    def invoke(self, arg, from_tty):
        kernel = Kernel()
        print("   PID S COMM             WHERE")
        for task in kernel.tasks():
            mark = "*" if task == kernel.current else " "
            print(f"{mark}{kernel.pid(task):5} {kernel.state(task)}"
                  f" {kernel.comm(task):16} {kernel.where(task)}")


class Bt(gdb.Command):
    """lkl-bt PID...: backtraces of tasks of the kernel in this process; lkl-bt all."""

    def __init__(self):
        super().__init__("lkl-bt", gdb.COMMAND_STACK)

    def invoke(self, arg, from_tty):
        wanted = gdb.string_to_argv(arg)
        if not wanted:
            raise gdb.GdbError("lkl-bt: which? lkl-ps lists the tasks")
        kernel = Kernel()
        tasks = {str(kernel.pid(t)): t for t in kernel.tasks()}
        for pid in tasks if wanted == ["all"] else wanted:
            if pid not in tasks:
                raise gdb.GdbError(f"lkl-bt: there is no task {pid}")
            kernel.backtrace(tasks[pid])


class LoadSymbols(gdb.Command):
    """lkl-symbols [FILE]: adds the symbols of the kernel in this process."""

    def __init__(self):
        super().__init__("lkl-symbols", gdb.COMMAND_FILES, gdb.COMPLETE_FILENAME)

    def invoke(self, arg, from_tty):
        path = gdb.string_to_argv(arg)
        symbols.load(path[0] if path else None)
        if not symbols.path:
            raise gdb.GdbError("no kernel runs in this process")


def at_stop(event=None):
    try:
        symbols.load()
    except gdb.GdbError as problem:
        print(f"lkl: {problem}")


Ps()
Bt()
LoadSymbols()
gdb.events.stop.connect(at_stop)
if gdb.selected_inferior().pid:
    at_stop()
