#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Puts contents into layers that need a kernel to be written otherwise.

  layers.py md LEVEL CONTENT MEMBER...   RAID members that hold CONTENT: 0, 1, 5, 6 or
                                         10, or with metadata of version 0.90: 1-old, 5-old
  layers.py stripe SIZE CONTENT AT FILE AT FILE...
                                         CONTENT in stripes of SIZE bytes, from byte AT
  layers.py cow SECTORS                  an empty snapshot store, on standard output
  layers.py place CONTENT AT FILE        CONTENT at byte AT of FILE
  layers.py lvm FILE CONTENT             a physical volume, its group, and a volume in it
  layers.py unsynced DEVICES FILE...     the superblocks of the device mapper's RAID of DEVICES
                                         devices say that no parity is complete
  layers.py maze KIND FILE               a partition table in itself: "dos", "deep", "gpt"
  layers.py spoil SEED COUNT LIMIT FILE  random changes in the first LIMIT bytes in use
"""
import functools, os, random, struct, sys, uuid

DATA = 2048 * 512       # where the data of a RAID member begins
CHUNK = 64 * 1024


# Left-symmetric; two copies, side by side.
LAYOUTS = {5: 2, 6: 2, 10: 0x102}


def old_superblock(level, n, index, size, array):
    """Version 0.90: 1024 words, of them 32 for each member from word 128 on."""
    sb = [0] * 1024
    sb[0:15] = [0xa92b4efc, 0, 90, 0, 0, array[0], 1700000000, level, size // 1024, n, n, 0, 0,
                array[1], array[2]]
    sb[15] = array[3]
    sb[32:37] = [1700000000, 1, n, n, 0]
    sb[39] = sb[41] = 10
    sb[43] = 0xffffffff
    sb[64:66] = [LAYOUTS.get(level, 0), 0 if level == 1 else CHUNK]
    for i in range(n):
        sb[128 + 32 * i:133 + 32 * i] = [i, 8, i, i, 6]
    sb[992:997] = [index, 8, index, index, 6]
    sb[38] = (sum(sb) & 0xffffffff) + (sum(sb) >> 32) & 0xffffffff
    return struct.pack("<1024I", *sb)


def superblock(level, n, index, sectors, array, name, clean=True):
    """Version 1.2 of the metadata, as include/uapi/linux/raid/md_p.h has it."""
    layout = LAYOUTS.get(level, 0)
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


@functools.cache
def gf_table(factor):
    """Products with @factor in the field that RAID 6 calculates in."""
    table = bytearray(256)
    for value in range(256):
        product, a, b = 0, value, factor
        while b:
            if b & 1:
                product ^= a
            a = a << 1 ^ (0x11d if a & 0x80 else 0)
            b >>= 1
        table[value] = product
    return bytes(table)


def parity(pieces):
    """The sum of @pieces, and the one in which they are multiplied by powers of 2."""
    p, q, factor = 0, 0, 1
    for piece in pieces:
        table = gf_table(factor)
        p ^= int.from_bytes(piece, "little")
        q ^= int.from_bytes(piece.translate(table), "little")
        factor = gf_table(2)[factor]
    return p.to_bytes(CHUNK, "little"), q.to_bytes(CHUNK, "little")


def columns_of(level, n, data):
    """What each of @n members holds."""
    parts = {0: n, 1: 1, 5: n - 1, 6: n - 2, 10: n // 2}[level]
    data += bytes(-len(data) % (CHUNK * parts))
    size = len(data) // parts
    columns = [bytearray(size) for _ in range(n)]
    for stripe in range(size // CHUNK):
        at = stripe * CHUNK
        pieces = [data[(stripe * parts + i) * CHUNK:(stripe * parts + i + 1) * CHUNK]
                  for i in range(parts)]
        if level == 1:
            pieces *= n
        elif level == 10:
            pieces = [p for p in pieces for copy in range(2)]
        elif level in (5, 6):
            sums = parity(pieces)[:level - 4]
            first = n - 1 - stripe % n
            row = list(sums) + pieces
            pieces = [row[(i - first) % n] for i in range(n)]
        for c, p in zip(columns, pieces):
            c[at:at + CHUNK] = p
    return columns


def raid(level, content, members):
    n = len(members)
    old = level.endswith("-old")
    level = int(level.removesuffix("-old"))
    columns = columns_of(level, n, open(content, "rb").read())
    size = len(columns[0])
    array = uuid.uuid4().bytes
    for i, name in enumerate(members):
        with open(name, "wb") as f:
            if old:
                f.write(columns[i])
                f.write(old_superblock(level, n, i, size, struct.unpack("<4I", array)))
                f.truncate(size + 65536)
                continue
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


def unsynced(devices, name):
    """magic, features, devices, position; events, failed, recovery, resync"""
    with open(name, "r+b") as f:
        data = f.read()
        at = data.find(b"DmRd")
        while at >= 0:
            if at % 4096 == 0 and struct.unpack_from("<I", data, at + 8)[0] == devices:
                f.seek(at + 40)
                f.write(bytes(8))
            at = data.find(b"DmRd", at + 1)


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


def maze(kind, name):
    """Tables whose partitions have the same tables, by hundreds and then by millions."""
    sectors = 16384
    disk = bytearray(512 * sectors)
    if kind == "gpt":
        disk[512:604] = b"EFI PART" + bytes(64) + struct.pack("<QIII", 2, 1024, 128, 0)
        for i in range(1024):
            entry = b"type" * 4 + struct.pack("<QQQQ", i, 0, 1 + i, sectors - 1)
            disk[1024 + 128 * i:1024 + 128 * i + len(entry)] = entry
    else:
        start = int(kind == "deep")
        table = struct.pack("<B3sB3sII", 0, b"", 0x83, b"", start, sectors - 16) * 4
        for i in range(16 if start else 1):
            disk[512 * i + 446:512 * i + 512] = table + b"\x55\xaa"
    with open(name, "wb") as f:
        f.write(disk)


def main(command, *args):
    if command == "md":
        raid(args[0], args[1], args[2:])
    elif command == "stripe":
        stripe(int(args[0]), args[1], args[2:])
    elif command == "cow":
        cow(int(args[0]))
    elif command == "place":
        place(args[0], int(args[1]), args[2])
    elif command == "unsynced":
        for name in args[1:]:
            unsynced(int(args[0]), name)
    elif command == "lvm":
        lvm(*args)
    elif command == "maze":
        maze(*args)
    elif command == "spoil":
        units = {"K": 1 << 10, "M": 1 << 20}
        limit = int(args[2].rstrip("KM")) * units.get(args[2][-1], 1)
        spoil(int(args[0]), int(args[1]), limit, args[3])
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
