#!/usr/bin/env python3
"""Check this bundle with Python alone: python3 verify.py LOG-KEY [WITNESS-KEY ...]

The keys must come from people you trust, not from this bundle. Each key given must have signed. Exits 1 if not.
"""

import base64
import hashlib
import json
import pathlib
import sys

from ed25519 import signed

def need(holds, words):
    if not holds:
        raise ValueError(words)


def head(note, vkeys):  # (1) every key given has signed the checkpoint
    text, _, lines = note.decode().rpartition("\n\n")
    text, kinds = (text + "\n").encode(), []
    origin, size, root = text.decode().split("\n")[:3]
    for name, key_id, coded in (vkey.split("+", 2) for vkey in vkeys):
        key = base64.b64decode(coded)
        need(hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() == key_id, f"{name}: the key's id is wrong")
        made = [base64.b64decode(line.split(" ")[2]) for line in lines.split("\n") if line.startswith(f"— {name} ")]
        made = [raw[4:] for raw in made if raw[:4].hex() == key_id]
        need(made, f"(1) {name} has not signed")
        need(key[0] in (1, 4), f"(1) {name}: a key of type {key[0]} is not known here")
        time = b"cosignature/v1\ntime %d\n" % int.from_bytes(made[0][:8], "big")
        message, made = (text, made[0]) if key[0] == 1 else (time + text, made[0][8:])
        need(signed(key[1:], made, message), f"(1) the signature of {name} does not verify")
        kinds.append(key[0] == 1 and name == origin)
    need(any(kinds), "(1) no key of the log itself was given")
    return int(size), base64.b64decode(root)


def climb(at, index, size, way):  # (2) the line is in that tree: RFC 9162, 2.1.3.2
    last = size - 1
    need(0 <= index < size, "(2) the entry is not in a tree of that size")
    for step in way:
        need(last > 0, "(2) the path is too long")
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
    _, extra, index, *way = told.decode().split("\n")
    size, root = head(note, vkeys)
    extra = {name: base64.b64decode(part) for name, part in json.loads(base64.b64decode(extra[6:])).items()}
    leaf = hashlib.sha256(b"\x00" + extra["line"]).digest()
    need(climb(leaf, int(index[6:]), size, [base64.b64decode(h) for h in way]) == root, "(2) the line is not in the log")
    line, body = json.loads(extra["line"]), extra["body"]
    need(hashlib.sha256(body).hexdigest() == line["body_hash"], "(3) the line commits to another body")
    if file is None:
        return f"entry {index[6:]} ({line['kind']}) alone; its bytes are not here"
    name, told = hashlib.sha256(file).hexdigest(), {} if line["kind"] == "agreement" else json.loads(body)
    named = [line["body_hash"], *told.get("tables", {}).values(), *told.get("outputs", {}).values()]
    opened = "salt" in extra and hashlib.sha256(extra["salt"] + file).hexdigest() == told.get("id")
    need(name in named or opened, "(4) the entry commits to other bytes than this file")
    return f"entry {index[6:]} ({line['kind']}), in the tree of {size}"


def main(vkeys):
    here, wrong = pathlib.Path(__file__).parent, not vkeys
    for path in sorted((here / "proofs").glob("*.tlog-proof")) if vkeys else []:
        file = here / "files" / path.name.removesuffix(".tlog-proof")
        try:
            print("holds", file.name, check(path.read_bytes(), file.read_bytes() if file.exists() else None, vkeys))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as why:
            print("FAILS", file.name, why)
            wrong = True
    return __doc__ if not vkeys else int(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
