#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Looks for what an exchange must not leave behind.

    leak_search.py [--text TEXT]... [--serial HEX]... [--certificate FILE]... PATH...

Searches file names and contents below each PATH, and what they hold in base64 (either alphabet)
and in base64 within that: for the texts (in any case), for serial numbers (bytes, hexadecimal with
and without colons, decimal), and for the serial and the public key of each certificate of each
FILE; the public key is in the certificate request, too. Prints where something was found.
Exit status: 0 found nothing, 1 found something, 2 there was nothing to look for or in.
"""
import argparse
import base64
import os
import re
import ssl
import subprocess
import sys

# One for each alphabet: a path of URLs is no base64 of the other one.
RUNS = re.compile(rb"[A-Za-z0-9_-]{8,}"), re.compile(rb"[A-Za-z0-9+/]{8,}")
CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.S)


def decoded(data, depth):
    """The data, and what base64 in it says, however it is aligned."""
    yield data
    if not depth:
        return
    # Of lines that were wrapped, too.
    joined = re.sub(rb"\r?\n", b"", data)
    for found in {run for runs in RUNS for text in (data, joined) for run in runs.findall(text)}:
        plain = found.translate(bytes.maketrans(b"-_", b"+/"))
        for shift in range(4):
            part = plain[shift:]
            if len(part) % 4 != 1:
                yield from decoded(base64.b64decode(part + b"=" * (-len(part) % 4)), depth - 1)


def of_serial(text):
    number = int(text, 16)
    digits = f"{number:x}".rjust(2, "0")
    digits = digits.rjust(len(digits) + len(digits) % 2, "0")
    pairs = ":".join(re.findall("..", digits))
    return {f"serial {digits}": bytes.fromhex(digits), f"serial as {digits}": digits.encode(),
            f"serial as {pairs}": pairs.encode(), f"serial as {number}": str(number).encode()}


def of_certificates(path):
    """Of the first certificate of a chain."""
    needles = {}
    with open(path, encoding="utf-8", errors="replace") as file:
        found = CERTIFICATE.search(file.read())
    if not found:
        return needles
    said = subprocess.run(["openssl", "x509", "-noout", "-serial", "-pubkey"], check=True,
                          input=found.group(0), capture_output=True, text=True).stdout
    serial, key = said.split("\n", 1)
    needles |= of_serial(serial.partition("=")[2])
    key = key.replace("PUBLIC KEY", "CERTIFICATE").strip()
    needles[f"the public key of {path}"] = ssl.PEM_cert_to_DER_cert(key)[-64:]
    return needles


def files(paths):
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, folders, names in os.walk(path):
            yield from (os.path.join(folder, name) for name in folders + names)


def content(path):
    name = os.path.basename(path).encode()
    if os.path.islink(path):
        return name + b"\n" + os.readlink(path).encode()
    if not os.path.isfile(path):
        return name
    with open(path, "rb") as file:
        return name + b"\n" + file.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", action="append", default=[])
    parser.add_argument("--serial", action="append", default=[])
    parser.add_argument("--certificate", action="append", default=[])
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    needles = {text: text.lower().encode() for text in options.text}
    for serial in options.serial:
        needles |= of_serial(serial)
    for path in options.certificate:
        needles |= of_certificates(path)
    searched = list(files(options.paths))
    if not needles or not searched:
        print("leak_search.py: nothing to look for, or nothing to look in", file=sys.stderr)
        return 2
    # A text is wanted in any case; the case of bytes does not matter for what is so long.
    patterns = [(what, needle.lower()) for what, needle in needles.items()]
    found = 0
    for path in searched:
        seen = set()
        for data in decoded(content(path), 2):
            data = data.lower()
            seen.update(what for what, needle in patterns if needle in data)
        for what in sorted(seen):
            print(f"{path} holds {what}")
        found += len(seen)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
