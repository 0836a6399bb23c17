#!/usr/bin/env python3
"""Check this bundle with Python alone: python3 verify.py LOG-KEY [WITNESS-KEY ...]

The keys must come from people you trust, not from this bundle. Each key given must have signed. Exits 1 if not.
"""

import base64
import functools
import hashlib
import json
import pathlib
import sys
import time

import tree
from ed25519 import signed


def need(holds, words):
    if not holds:
        raise ValueError(words)


def decoded(word):  # base64, in its one spelling
    raw = base64.b64decode(word, validate=True)
    need(base64.b64encode(raw).decode() == word, "base64 in another spelling")
    return raw


def number(word):
    need(word.isascii() and word.isdigit() and str(int(word)) == word, f"{word!r} is no number in plain digits")
    return int(word)


def fields(raw):  # JSON, in its one spelling
    told = json.loads(raw)
    need(json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == raw, "not canonical")
    return told


@functools.cache
def head(note, vkeys):  # (1) every key given has signed the checkpoint, and one of them is the log's own
    text, gap, below = note.decode().rpartition("\n\n")
    need(gap and below.endswith("\n") and all(c == "\n" or c >= " " for c in text + below), "(1) this is no note")
    lines = [line.split(" ") for line in below.split("\n")[:-1]]
    need(all(len(w) == 3 and w[0] == "—" and w[1] and "+" not in w[1] for w in lines), "(1) a line is no signature")
    made = [(name, decoded(coded)) for _, name, coded in lines]
    (origin, size, root), text, kinds = text.split("\n")[:3], (text + "\n").encode(), []
    for name, key_id, coded in (vkey.split("+", 2) for vkey in vkeys):
        key = decoded(coded)
        need(hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() == key_id, f"{name}: the key's id is wrong")
        raws = [raw[4:] for by, raw in made if by == name and raw[:4].hex() == key_id]
        need(len(raws) == 1, f"(1) {name} has {'signed twice' if raws else 'not signed'}")
        need(key[0] in (1, 4), f"(1) {name}: a key of type {key[0]} is not known here")
        when, skip = int.from_bytes(raws[0][:8], "big"), 8 if key[0] == 4 else 0  # a cosignature has a time
        message = b"cosignature/v1\ntime %d\n" % when + text if skip else text
        need(signed(key[1:], raws[0][skip:], message), f"(1) the signature of {name} does not verify")
        need(not skip or 0 < when < time.time() + 300, f"(1) {name} signed at a time that is still to come")
        kinds.append(key[0] == 1 and name == origin)
    need(any(kinds), "(1) no key of the log itself was given")
    return number(size), decoded(root)


def climb(at, index, size, way):  # (2) the line is in that tree: RFC 9162, 2.1.3.2
    last = size - 1
    need(0 <= index < size, "(2) the entry is not in a tree of that size")
    for step in way:
        need(last > 0 and len(step) == 32, "(2) the path is too long, or holds something that is no hash")
        if index & 1 or index == last:
            at = hashlib.sha256(b"\x01" + step + at).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            at = hashlib.sha256(b"\x01" + at + step).digest()
        index, last = index >> 1, last >> 1
    need(last == 0, "(2) the path is too short")
    return at


def check(proof, file, vkeys):
    told, _, note = proof.partition(b"\n\n")
    (magic, extra, index, *way), (size, root) = told.decode().split("\n"), head(note, vkeys)
    need((magic, extra[:6], index[:6]) == ("c2sp.org/tlog-proof@v1", "extra ", "index "), "this is no proof of ours")
    extra = {name: decoded(part) for name, part in fields(decoded(extra[6:])).items()}
    line, body, salt, index = extra.pop("line"), extra.pop("body"), extra.pop("salt", b""), number(index[6:])
    need(not extra and len(salt) in (0, 32), "the proof carries something else")
    leaf = hashlib.sha256(b"\x00" + line).digest()
    need(climb(leaf, index, size, [decoded(h) for h in way]) == root, "(2) the line is not in the log")
    line, name = fields(line), None if file is None else hashlib.sha256(file).hexdigest()
    need(hashlib.sha256(body).hexdigest() == line["body_hash"], "(3) the line commits to another body")
    told = json.loads(body) if line["kind"] in ("capture", "observations", "run") else {}
    named = [line["body_hash"], *told.get("tables", {}).values(), *told.get("outputs", {}).values()]
    opened = file is not None and salt and hashlib.sha256(salt + file).hexdigest() == told.get("id")
    need(file is None or name in named or opened, "(4) the entry commits to other bytes than this file")
    alone = " alone; its bytes are not here" if file is None else ""
    return f"entry {index} ({line['kind']}), in the tree of {size}{alone}"


def main(vkeys):
    here, wrong = pathlib.Path(__file__).resolve().parent, False
    proofs = {path.name[: -len(".tlog-proof")]: path for path in (here / "proofs").glob("*.tlog-proof")}
    files = {path.name: path for path in (here / "files").glob("*")}
    for name in ["log", *sorted({*proofs, *files})]:
        try:
            if name == "log":  # (5) the log's own files are those of the signed head
                print("holds", name, tree.check(here / "log", *head((here / "log" / "checkpoint").read_bytes(), vkeys)))
                continue
            need(name in proofs, "there is no proof of it")
            file = files[name].read_bytes() if name in files else None
            print("holds", name, check(proofs[name].read_bytes(), file, vkeys))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, RecursionError) as why:
            print("FAILS", name, ascii(str(why)))
            wrong = True
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])) if sys.argv[1:] else __doc__)
