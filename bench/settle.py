from __future__ import annotations

import json
import re
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

from trucewatch.settle.frontier import frontier
from trucewatch.settle.space import Space, Worth


def tree(p):
    return ET.fromstring(re.sub(r"<\?xml.*?\?>", "", p.read_text()))


def load(d):
    ws = []
    for p in (1, 2):
        r = tree(d / f"profile-{p}.xml")
        u = next(r.iter("utility"))
        issues = {int(i.get("index")): n for n, i in enumerate(list(r.iter("issue")))}
        low = {int(i.get("index")): int(i.get("lowerbound")) for i in r.iter("issue")}
        sizes = tuple(int(i.get("upperbound")) - int(i.get("lowerbound")) + 1 for i in list(r.iter("issue")))
        parts = []
        for h in u.iter("hyperRectangle"):
            parts.append(
                (
                    int(h.get("utility")),
                    tuple(
                        (
                            issues[int(b.get("index"))],
                            frozenset(
                                range(
                                    int(b.get("min")) - low[int(b.get("index"))],
                                    int(b.get("max")) + 1 - low[int(b.get("index"))],
                                )
                            ),
                        )
                        for b in h
                    ),
                )
            )
        m = int(u.get("maxutility"))
        ws.append(Worth(tuple(parts), m, m))
    return Space(sizes), ws


s, w = load(Path(sys.argv[1]))
t = time.perf_counter()
f = frontier(s, w)
t = time.perf_counter() - t
ps = [[p.units[0] / w[0].whole, p.units[1] / w[1].whole] for p in f]
print(json.dumps({"pareto": ps, "nash": max(a * b for a, b in ps), "proven": True, "seconds": round(t, 3)}))
