# SPDX-License-Identifier: MIT
"""What the age format is made of (RFC 7748, RFC 8439, RFC 5869, BIP 173), for age_vectors.py.

Python's standard library has none of it. Not constant in time: for tests only.
"""
import functools
import hmac
import struct

P = 2**255 - 19


def x25519(scalar, point):
    k = int.from_bytes(scalar, "little") & ~7 & (2**255 - 1) | 2**254
    u = int.from_bytes(point, "little") & (2**255 - 1)
    x1, x2, z2, x3, z3, swap = u, 1, 0, u, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def public(scalar):
    return x25519(scalar, b"\t" + bytes(31))


def chacha20_block(key, counter, nonce):
    m = 0xFFFFFFFF
    start = list(struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce))
    s = start[:]
    rounds = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
              (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
    for _ in range(10):
        for a, b, c, d in rounds:
            s[a] = s[a] + s[b] & m
            x = s[d] ^ s[a]
            s[d] = (x << 16 | x >> 16) & m
            s[c] = s[c] + s[d] & m
            x = s[b] ^ s[c]
            s[b] = (x << 12 | x >> 20) & m
            s[a] = s[a] + s[b] & m
            x = s[d] ^ s[a]
            s[d] = (x << 8 | x >> 24) & m
            s[c] = s[c] + s[d] & m
            x = s[b] ^ s[c]
            s[b] = (x << 7 | x >> 25) & m
    return struct.pack("<16I", *(x + y & m for x, y in zip(s, start)))


@functools.lru_cache(None)
def seal(key, nonce, text):
    """ChaCha20-Poly1305 without associated data."""
    stream = b"".join(chacha20_block(key, 1 + i, nonce) for i in range((len(text) + 63) // 64))
    size = len(text)
    sealed = (int.from_bytes(text, "big") ^ int.from_bytes(stream[:size], "big")).to_bytes(size, "big")
    one_time = chacha20_block(key, 0, nonce)
    r = int.from_bytes(one_time[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    data = sealed + bytes(-size % 16) + struct.pack("<QQ", 0, size)
    total = 0
    for at in range(0, len(data), 16):
        total = (total + int.from_bytes(data[at:at + 16] + b"\1", "little")) * r % (2**130 - 5)
    total += int.from_bytes(one_time[16:32], "little")
    return sealed + (total & (2**128 - 1)).to_bytes(16, "little")


def hkdf(secret, salt, info):
    prk = hmac.digest(salt or bytes(32), secret, "sha256")
    return hmac.digest(prk, info + b"\1", "sha256")


def bech32(prefix, data):
    def checksum(values):
        c = 1
        for value in values:
            top = c >> 25
            c = (c & 0x1FFFFFF) << 5 ^ value
            for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
                c ^= g if top >> i & 1 else 0
        return c

    number = int.from_bytes(data, "big") << (-len(data) * 8 % 5)
    digits = (len(data) * 8 + 4) // 5
    values = [number >> 5 * (digits - 1 - i) & 31 for i in range(digits)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    c = checksum(expanded + values + [0] * 6) ^ 1
    values += [c >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join("qpzry9x8gf2tvdw0s3jn54khce6mua7l"[v] for v in values)
