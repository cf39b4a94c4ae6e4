#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Clients that begin and then say nothing more: prints how many seconds each was borne with.

    silent_client.py KIND:PORT...

Kinds: "http" and "tls" stop in the middle of a request, "handshake" connects and does not even
begin with TLS. One line each, "KIND SECONDS", or "KIND kept" after 60 seconds.
"""
import socket
import ssl
import sys
import threading
import time

LIMIT = 60


def borne(kind, port):
    """The seconds until the server ends it; None where it does not."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
    if kind == "tls":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = context.wrap_socket(connection)
    if kind != "handshake":
        connection.sendall(b"POST /auth/new-account HTTP/1.1\r\nHost: x\r\nContent-Le")
    start = time.monotonic()
    try:
        while connection.recv(4096):
            pass
    except TimeoutError:
        return None
    except OSError:
        pass  # reset
    return int(time.monotonic() - start)


def report(kind, port):
    seconds = borne(kind, port)
    sys.stdout.write(f"{kind} {'kept' if seconds is None else seconds}\n")


threads = [threading.Thread(target=report, args=(kind, int(port)))
           for kind, port in (word.split(":") for word in sys.argv[1:])]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
