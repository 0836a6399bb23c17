"""The log's own files (C2SP tlog-tiles): do hashes and entries, as far as they are here, lead to the signed root?"""

import hashlib


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes):  # RFC 6962, 2.1
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256().digest()
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return node(root(hashes[:half]), root(hashes[half:]))


def path(level, index, width):
    digits = str(index).zfill(3)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[n : n + 3] for n in range(0, len(digits), 3)]
    part = "" if width == 256 else f".p/{width}"
    return "/".join(["tile", level, *("x" + part for part in parts[:-1]), parts[-1]]) + part


def entries(raw):
    while raw:
        size = int.from_bytes(raw[:2], "big")
        if len(raw) < 2 + size:
            raise ValueError("an entry breaks off")
        yield raw[2 : 2 + size]
        raw = raw[2 + size :]


def check(log, size, signed):
    """Folder, size and root of the signed head -> what was checked. ValueError where they do not agree."""
    level, count, above, bottom, seen = 0, size, None, [], 0
    while count:
        found = []
        for first in range(0, count, 256):
            width = min(256, count - first)
            name = path(str(level), first // 256, width)
            raw = (log / name).read_bytes()
            if len(raw) != 32 * width:
                raise ValueError(f"(5) {name} does not hold {width} hashes")
            found += [raw[n : n + 32] for n in range(0, len(raw), 32)]
            name = path("entries", first // 256, width)
            if not level and (log / name).exists():
                lines = [hashlib.sha256(b"\x00" + line).digest() for line in entries((log / name).read_bytes())]
                seen += len(lines)
                if lines != found[first:]:
                    raise ValueError(f"(5) {name} does not hold the entries that the tree is of")
        if above is not None and found != above:
            raise ValueError(f"(5) the tiles of level {level} are not made from those below")
        bottom = bottom or found
        above = [root(found[n : n + 256]) for n in range(0, count - 255, 256)]
        level, count = level + 1, count // 256
    if root(bottom) != signed:
        raise ValueError("(5) the tiles do not lead to the signed root")
    return f"{size} hashes lead to the signed root; {seen} entries are here, the same"
