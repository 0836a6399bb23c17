"""Ed25519 signatures as in RFC 8032, 5.1: plain arithmetic, so that checking needs no library. Slow; only checks."""

import hashlib

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(a, b):  # Ed25519 as in RFC 8032, 5.1
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    return (n - m) * (d - c) % P, (d + c) * (n + m) % P, (d - c) * (d + c) % P, (n - m) * (n + m) % P


def times(n, a):
    at = (0, 1, 1, 0)
    while n:
        at, a, n = add(at, a) if n & 1 else at, add(a, a), n >> 1
    return at


def point(raw):
    y, odd = int.from_bytes(raw, "little") & (1 << 255) - 1, raw[31] >> 7
    xx = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(xx, (P + 3) // 8, P)
    x = x if x * x % P == xx else x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != xx or (odd and not x):
        raise ValueError("a key or signature is no point of the curve")
    x = x if x & 1 == odd else P - x
    return x, y, 1, x * y % P


def signed(key, made, text):
    """Public key, 32 bytes; signature, 64; message -> does it hold?"""
    if len(made) != 64 or len(key) != 32:
        raise ValueError("a key or signature has another length")
    if not times(8, point(key))[0]:
        raise ValueError("a key of small order: anybody can sign under it")
    s, h = int.from_bytes(made[32:], "little"), hashlib.sha512(made[:32] + key + text).digest()
    a = times(s, point((4 * pow(5, -1, P) % P).to_bytes(32, "little")))
    b = add(point(made[:32]), times(int.from_bytes(h, "little") % ORDER, point(key)))
    return s < ORDER and (a[0] * b[2] - b[0] * a[2]) % P == (a[1] * b[2] - b[1] * a[2]) % P == 0
