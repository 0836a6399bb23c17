#!/usr/bin/env python3
"""Check this bundle with Python alone: python3 verify.py LOG-KEY [WITNESS-KEY ...]

The keys must come from people you trust, not from this bundle. Each key given must have signed.
Exits 0 if all holds, 1 if not, 2 if no keys were given.
"""

import hashlib
import json
import pathlib
import sys

import tree
from notes import decoded, fields, head, need, number


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
    need(line["kind"].isascii() and line["kind"].replace("_", "").isalpha(), "the entry's kind is no word")
    need(hashlib.sha256(body).hexdigest() == line["body_hash"], "(3) the line commits to another body")
    told = json.loads(body) if line["kind"] in ("capture", "observations", "run") else {}
    named = [line["body_hash"], *told.get("tables", {}).values(), *told.get("outputs", {}).values()]
    opened = file is not None and salt and hashlib.sha256(salt + file).hexdigest() == told.get("id")
    other = "(4) the entry commits to other bytes than this file"
    unsalted = line["kind"] == "capture" and not salt
    need(file is None or name in named or opened, "(4) cannot be told: the proof has no salt" if unsalted else other)
    alone = " alone; its bytes are not here" if file is None else ""
    return f"entry {index} ({line['kind']}), in the tree of {size}{alone}"


def main(vkeys):
    here, wrong = pathlib.Path(__file__).resolve().parent, 0
    if not vkeys or any(len(vkey.split("+", 2)) != 3 for vkey in vkeys):
        sys.exit(print(__doc__ + "\nA key is name+8 digits+letters.", file=sys.stderr) or 2)
    proofs = {path.name[: -len(".tlog-proof")]: path for path in (here / "proofs").glob("*.tlog-proof")}
    files = {path.name: path for path in (here / "files").glob("*")}
    for name in ["log", *sorted({*proofs, *files})]:
        told = name if name.isprintable() else ascii(name)
        try:
            if name == "log":  # (5) the log's own files are those of the signed head
                print("holds", told, tree.check(here / "log", *head((here / "log" / "checkpoint").read_bytes(), vkeys)))
                continue
            need(name in proofs, "there is no proof of it")
            file = files[name].read_bytes() if name in files else None
            print("holds", told, check(proofs[name].read_bytes(), file, vkeys))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, RecursionError) as why:
            print("FAILS", told, ascii(str(why)))
            wrong += 1
    print(f"{len(files)} files, {len(proofs)} proofs and the log were checked; {wrong} of them fail")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
