"""Reading what a bundle holds, strictly: each thing has one spelling. And whether every key given has signed a head."""

import base64
import functools
import hashlib
import json
import time

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
