#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""New TLS connections, one after the other in each of a few threads, until a file exists.

    tls_load.py HOST:PORT STOP-FILE

Each connection asks for one page and must get an answer with a status line. Prints one line when it
has begun ("begun"), and at the end "CONNECTIONS FAILED SLOWEST-MS CERTIFICATES", then the failures.
"""
import hashlib
import os
import socket
import ssl
import sys
import threading
import time

REQUEST = b"GET /.well-known/acme-challenge/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def worker(address, context, stop, results):
    while not os.path.exists(stop):
        begin = time.monotonic()
        try:
            with socket.create_connection(address, timeout=20) as plain:
                with context.wrap_socket(plain) as tls:
                    took = time.monotonic() - begin
                    certificate = hashlib.sha256(tls.getpeercert(binary_form=True)).hexdigest()
                    tls.sendall(REQUEST)
                    answer = tls.recv(12)
            if not answer.startswith(b"HTTP/1.1 404"):
                raise OSError(f"the answer begins with {answer!r}")
            results.append((took, certificate, None))
        except OSError as error:
            results.append((time.monotonic() - begin, None, repr(error)))


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    results = []
    threads = [
        threading.Thread(target=worker, args=((host, int(port)), context, sys.argv[2], results))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    print("begun", flush=True)
    for thread in threads:
        thread.join()
    failures = [error for _, _, error in results if error]
    slowest = max(took for took, _, _ in results)
    certificates = {certificate for _, certificate, _ in results if certificate}
    print(len(results), len(failures), round(slowest * 1000), len(certificates))
    print("\n".join(failures[:20]))


main()
