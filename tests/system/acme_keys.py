# SPDX-License-Identifier: MIT
"""Keys on NIST's curves, JWKs and certificate requests, for the tests' own ACME client.

Python's standard library signs nothing, and a program started for each signature would be slow.
This is for tests only: not constant in time, and keys lie in files of the test.
"""
import base64
import hashlib
import ipaddress
import re
import secrets


def b64(data):
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Curve:
    """y^2 = x^3 - 3x + b over GF(p), with a generator of prime order n."""

    def __init__(self, name, alg, digest, oid, p, n, x, y):
        self.name, self.alg, self.digest, self.oid = name, alg, digest, oid
        self.p, self.n, self.generator = p, n, (x, y, 1)
        self.size = (p.bit_length() + 7) // 8

    def double(self, point):
        """In Jacobian coordinates; the neutral element has z = 0."""
        x, y, z = point
        p = self.p
        yy = y * y % p
        s = 4 * x * yy % p
        m = 3 * (x - z * z) * (x + z * z) % p
        x3 = (m * m - 2 * s) % p
        return x3, (m * (s - x3) - 8 * yy * yy) % p, 2 * y * z % p

    def add(self, one, two):
        p = self.p
        if not one[2]:
            return two
        if not two[2]:
            return one
        z1z1, z2z2 = one[2] * one[2] % p, two[2] * two[2] % p
        u1, u2 = one[0] * z2z2 % p, two[0] * z1z1 % p
        s1, s2 = one[1] * two[2] * z2z2 % p, two[1] * one[2] * z1z1 % p
        if u1 == u2:
            return self.double(one) if s1 == s2 else (1, 1, 0)
        h, r = u2 - u1, s2 - s1
        hh = h * h % p
        hhh, v = h * hh % p, u1 * hh % p
        x3 = (r * r - hhh - 2 * v) % p
        return x3, (r * (v - x3) - s1 * hhh) % p, h * one[2] * two[2] % p

    def multiply(self, number):
        """number times the generator, as (x, y)."""
        result, point = (1, 1, 0), self.generator
        while number:
            if number & 1:
                result = self.add(result, point)
            point = self.double(point)
            number >>= 1
        inverse = pow(result[2], -1, self.p)
        return (result[0] * inverse * inverse % self.p,
                result[1] * inverse * inverse * inverse % self.p)


CURVES = {curve.name: curve for curve in (
    Curve("P-256", "ES256", "sha256", "1.2.840.10045.3.1.7",
          2**256 - 2**224 + 2**192 + 2**96 - 1,
          0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
          0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
          0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5),
    Curve("P-384", "ES384", "sha384", "1.3.132.0.34",
          2**384 - 2**128 - 2**96 + 2**32 - 1,
          0xffffffffffffffffffffffffffffffffffffffffffffffff
          * 2**192 + 0xc7634d81f4372ddf581a0db248b0a77aecec196accc52973,
          0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38
          * 2**128 + 0x5502f25dbf55296c3a545e3872760ab7,
          0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0
          * 2**128 + 0x0a60b1ce1d7e819d7a431d7c90ea0e5f))}


class Key:
    """A private key."""

    def __init__(self, curve="P-256", number=None):
        self.curve = CURVES[curve]
        self.number = number or 1 + secrets.randbelow(self.curve.n - 1)
        self.public = self.curve.multiply(self.number)

    @classmethod
    def from_pem(cls, text):
        """What pem() has made on P-256."""
        der = base64.b64decode("".join(re.findall("^[A-Za-z0-9+/=]+$", text, re.M)))
        return cls("P-256", int.from_bytes(der[7:39], "big"))

    def _bytes(self, number):
        return number.to_bytes(self.curve.size, "big")

    def jwk(self):
        """The public key with its members in the order of the thumbprint (RFC 7638)."""
        return {"crv": self.curve.name, "kty": "EC", "x": b64(self._bytes(self.public[0])),
                "y": b64(self._bytes(self.public[1]))}

    def _sign(self, data):
        n = self.curve.n
        digest = int.from_bytes(hashlib.new(self.curve.digest, data).digest(), "big")
        while True:
            k = 1 + secrets.randbelow(n - 1)
            r = self.curve.multiply(k)[0] % n
            s = pow(k, -1, n) * (digest + r * self.number) % n
            if r and s:
                return r, s

    def sign(self, data):
        """As JWS has it: two numbers of full length."""
        return b"".join(map(self._bytes, self._sign(data)))

    def sign_der(self, data):
        return sequence(*map(integer, self._sign(data)))

    def point(self):
        return b"\x04" + b"".join(map(self._bytes, self.public))

    def spki(self):
        return sequence(sequence(oid("1.2.840.10045.2.1"), oid(self.curve.oid)),
                        bits(self.point()))

    def pem(self):
        return pem("EC PRIVATE KEY", sequence(
            integer(1), tagged(0x04, self._bytes(self.number)), tagged(0xa0, oid(self.curve.oid)),
            tagged(0xa1, bits(self.point()))))


# --- DER ------------------------------------------------------------------------------------

def tagged(tag, content):
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    number = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(number)]) + number + content


def sequence(*parts):
    return tagged(0x30, b"".join(parts))


def integer(number):
    return tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def bits(data):
    return tagged(0x03, b"\0" + data)


def oid(text):
    first, second, *rest = map(int, text.split("."))
    content = bytearray([40 * first + second])
    for arc in rest:
        septets = [arc & 127]
        while arc := arc >> 7:
            septets.append(128 | arc & 127)
        content += bytes(reversed(septets))
    return tagged(0x06, bytes(content))


def pem(label, der):
    text = base64.encodebytes(der).decode().replace("\n", "")
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def general_name(text):
    """dns (without a prefix), ip:, email:, uri: or other:."""
    kind, colon, value = text.partition(":")
    if not colon:
        return tagged(0x82, text.encode())
    if kind == "ip":
        return tagged(0x87, ipaddress.ip_address(value).packed)
    if kind == "other":
        return tagged(0xa0, oid("1.3.6.1.4.1.311.20.2.3") +
                      tagged(0xa0, tagged(0x0c, value.encode())))
    return tagged({"email": 0x81, "uri": 0x86}[kind], value.encode())


def request(key, names, common_name=None, signer=None):
    """A certificate request (RFC 2986) in DER. `signer`: another key, which makes it invalid."""
    subject = sequence()
    if common_name:
        subject = sequence(tagged(0x31, sequence(
            oid("2.5.4.3"), tagged(0x0c, common_name.encode()))))
    attributes = b""
    if names:
        extension = sequence(oid("2.5.29.17"),
                             tagged(0x04, sequence(*map(general_name, names))))
        attributes = sequence(oid("1.2.840.113549.1.9.14"), tagged(0x31, sequence(extension)))
    info = sequence(integer(0), subject, key.spki(), tagged(0xa0, attributes))
    algorithm = {"P-256": "1.2.840.10045.4.3.2", "P-384": "1.2.840.10045.4.3.3"}[key.curve.name]
    return sequence(info, sequence(oid(algorithm)), bits((signer or key).sign_der(info)))
