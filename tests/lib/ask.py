#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
ask.py WORD,WORD... COMMAND...: runs the command on a terminal of its own and types a word
whenever it asks for a passphrase, and again if nothing at all comes of that: who types too early
may not be heard. "^C" is the key; "3^C" is that key after three seconds, whatever was asked.
Prints what was said; ends as the command did.
"""
import os, pty, re, select, sys, time


def text():
    """Without the terminal's sequences; going right is a space."""
    spaced = re.sub(rb"\x1b\[(\d*)C", lambda m: b" " * int(m[1] or 1), said)
    return re.sub(rb"\x1b\[[?0-9;]*[A-Za-z]", b"", spaced)


words = sys.argv[1].split(",")
typed = 0
pid, fd = pty.fork()
if not pid:
    os.execvp(sys.argv[2], sys.argv[2:])
started = time.monotonic()
said = b""
typed_at, said_then = started, -1
while True:
    if select.select([fd], [], [], 0.1)[0]:
        try:
            more = os.read(fd, 4096)
        except OSError:
            break
        if not more:
            break
        said += more
    if len(said) == said_then and time.monotonic() - typed_at > 10:
        typed -= 1
    if typed == len(words):
        continue
    word = words[typed]
    if word.endswith("^C"):
        if word == "^C":
            due = text().count(b"Passphrase for") > typed
        else:
            due = time.monotonic() - started > float(word[:-2])
        keys = b"\x03"
    else:
        due = text().count(b"Passphrase for") > typed
        keys = word.encode() + b"\r"
    if due:
        time.sleep(0.1)
        os.write(fd, keys)
        typed += 1
        typed_at, said_then = time.monotonic(), len(said)
print(text().decode(errors="replace"))
sys.exit(abs(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))
