#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Puts contents into layers that need a kernel to be written otherwise.

  layers.py md LEVEL CONTENT MEMBER...   RAID members that hold CONTENT (0, 1 or 5)
  layers.py stripe SIZE CONTENT AT FILE AT FILE...
                                         CONTENT in stripes of SIZE bytes, from byte AT
  layers.py cow SECTORS                  an empty snapshot store, on standard output
  layers.py place CONTENT AT FILE        CONTENT at byte AT of FILE
  layers.py lvm FILE CONTENT             a physical volume, its group, and a volume in it
  layers.py spoil SEED COUNT LIMIT FILE  random changes in the first LIMIT bytes in use
"""
import os, random, struct, sys, uuid

DATA = 2048 * 512       # where the data of a RAID member begins
CHUNK = 64 * 1024


def superblock(level, n, index, sectors, array, name, clean=True):
    """Version 1.2 of the metadata, as include/uapi/linux/raid/md_p.h has it."""
    layout = 2 if level == 5 else 0
    chunk = 0 if level == 1 else CHUNK // 512
    roles = 128
    sb = bytearray(256 + 2 * roles)
    struct.pack_into("<IIII16s32s", sb, 0, 0xa92b4efc, 1, 8 if level == 0 else 0, 0,
                     array, name)
    if level == 0:
        layout = 2
        struct.pack_into("<I", sb, 8, 0x1000)
    struct.pack_into("<QiIQII", sb, 64, 1700000000, level, layout, sectors, chunk, n)
    struct.pack_into("<QQQQII16s", sb, 128, DATA // 512, sectors, 8, 0, index, 0,
                     uuid.UUID(int=array[0] * 1000 + index).bytes)
    struct.pack_into("<QQQII", sb, 192, 1700000000, 10, 2**64 - 1 if clean else 0, 0, roles)
    for i in range(roles):
        struct.pack_into("<H", sb, 256 + 2 * i, i if i < n else 0xffff)
    total = sum(struct.unpack(f"<{len(sb) // 4}I", sb))
    struct.pack_into("<I", sb, 216, (total & 0xffffffff) + (total >> 32) & 0xffffffff)
    return bytes(sb)


def raid(level, content, members):
    n = len(members)
    data = open(content, "rb").read()
    parts = {0: n, 1: 1, 5: n - 1}[level]
    unit = CHUNK * parts
    data += bytes(-len(data) % unit)
    size = len(data) // parts
    columns = [bytearray(size) for _ in members]
    for stripe in range(size // CHUNK):
        at = stripe * CHUNK
        first = stripe * unit
        pieces = [data[first + i * CHUNK:first + (i + 1) * CHUNK] for i in range(parts)]
        if level == 1:
            for c in columns:
                c[at:at + CHUNK] = pieces[0]
        elif level == 0:
            for c, p in zip(columns, pieces):
                c[at:at + CHUNK] = p
        else:
            parity = n - 1 - stripe % n
            total = 0
            for i, p in enumerate(pieces):
                columns[(parity + 1 + i) % n][at:at + CHUNK] = p
                total ^= int.from_bytes(p, "little")
            columns[parity][at:at + CHUNK] = total.to_bytes(CHUNK, "little")
    array = uuid.uuid4().bytes
    for i, name in enumerate(members):
        with open(name, "wb") as f:
            f.seek(4096)
            f.write(superblock(level, n, i, size // 512, array, b"test:" + str(level).encode()))
            f.seek(DATA)
            f.write(columns[i])
            f.truncate(DATA + size)


def stripe(size, content, places):
    places = [(open(name, "r+b"), int(at)) for at, name in zip(places[::2], places[1::2])]
    data = open(content, "rb").read()
    for i in range(0, len(data), size):
        f, at = places[i // size % len(places)]
        f.seek(at + i // size // len(places) * size)
        f.write(data[i:i + size])


def cow(sectors):
    sys.stdout.buffer.write(struct.pack("<IIII", 0x70416e53, 1, 1, sectors)
                            .ljust(2 * sectors * 512, b"\0"))


def place(content, at, name):
    with open(name, "r+b") as f:
        f.seek(at)
        f.write(open(content, "rb").read())


def crc(data):
    value = 0xf597a6cf
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xedb88320 if value & 1 else 0)
    return value


def lvm(name, content):
    """As LVM2 lays it out: label in sector 1, a metadata area, data from 1 MiB on."""
    data = open(content, "rb").read()
    extents = len(data) >> 20
    pv = "aaaaaa-0000-0000-0000-0000-0000-000001"
    text = f"""vg {{
id = "aaaaaa-0000-0000-0000-0000-0000-000002"
seqno = 1
extent_size = 2048
physical_volumes {{
pv0 {{
id = "{pv}"
device = "/dev/nowhere"
pe_start = 2048
pe_count = {2 * extents}
}}
}}
logical_volumes {{
one {{
id = "aaaaaa-0000-0000-0000-0000-0000-000003"
status = ["READ", "WRITE", "VISIBLE"]
segment_count = 2
segment1 {{
start_extent = 0
extent_count = 1
type = "striped"
stripe_count = 1
stripes = ["pv0", 0]
}}
segment2 {{
start_extent = 1
extent_count = {extents - 1}
type = "striped"
stripe_count = 1
stripes = ["pv0", 1]
}}
}}
}}
}}
""".encode()
    header = pv.replace("-", "").encode() + struct.pack("<Q", (2 * extents + 1) << 20)
    header += struct.pack("<QQQQ", 1 << 20, 0, 0, 0)
    header += struct.pack("<QQQQ", 4096, (1 << 20) - 4096, 0, 0)
    label = struct.pack("<I8s", 32, b"LVM2 001") + header
    label = label.ljust(512 - 20, b"\0")
    area = b" LVM2 x[5A%r0N*>" + struct.pack("<IQQQQII", 1, 4096, (1 << 20) - 4096,
                                           512, len(text), crc(text), 0)
    area = area.ljust(508, b"\0")
    with open(name, "wb") as f:
        f.truncate((2 * extents + 1) << 20)
        f.seek(512)
        f.write(b"LABELONE" + struct.pack("<QI", 1, crc(label)) + label)
        f.seek(4096)
        f.write(struct.pack("<I", crc(area)) + area + text)
        f.seek(1 << 20)
        f.write(data)


def mend(f):
    """Checksums of LVM, so that changes of what they protect are not just refused."""
    f.seek(512)
    label = f.read(512)
    if label[:8] != b"LABELONE":
        return
    f.seek(512 + 16)
    f.write(struct.pack("<I", crc(label[20:])))
    f.seek(4096)
    area = f.read(512)
    at, size = struct.unpack_from("<QQ", area, 40)
    f.seek(4096 + at % (1 << 20))
    text = f.read(min(size, 1 << 20))
    area = area[:56] + struct.pack("<I", crc(text)) + area[60:]
    f.seek(4096)
    f.write(struct.pack("<I", crc(area[4:])) + area[4:])


def spoil(seed, count, limit, name):
    random.seed(seed)
    with open(name, "r+b") as f:
        size = min(os.fstat(f.fileno()).st_size, limit)
        used, pos = [], 0
        while pos < size:
            try:
                pos = os.lseek(f.fileno(), pos, os.SEEK_DATA)
            except OSError:
                break
            hole = os.lseek(f.fileno(), pos, os.SEEK_HOLE)
            for sector in range(pos // 512, min(hole, size) // 512):
                f.seek(sector * 512)
                if any(f.read(512)):
                    used.append(sector)
            pos = hole
        for _ in range(count):
            at = random.choice(used) * 512 + random.randrange(512)
            f.seek(at)
            f.write(bytes([random.choice([0, 0xff, 0x7f, random.randrange(256)])]))
        if seed % 4:
            mend(f)


def main(command, *args):
    if command == "md":
        raid(int(args[0]), args[1], args[2:])
    elif command == "stripe":
        stripe(int(args[0]), args[1], args[2:])
    elif command == "cow":
        cow(int(args[0]))
    elif command == "place":
        place(args[0], int(args[1]), args[2])
    elif command == "lvm":
        lvm(*args)
    elif command == "spoil":
        units = {"K": 1 << 10, "M": 1 << 20}
        limit = int(args[2].rstrip("KM")) * units.get(args[2][-1], 1)
        spoil(int(args[0]), int(args[1]), limit, args[3])
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
