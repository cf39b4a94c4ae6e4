#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One request over TLS whose body comes byte by byte until a file exists; then the rest at once.

    slow_request.py HOST:PORT PATH RELEASE-FILE

Prints "begun" when the request is on its way, and at the end the status of the answer, or "lost".
"""
import os
import socket
import ssl
import sys
import time

SIZE = 1000

host, port = sys.argv[1].rsplit(":", 1)
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
try:
    with socket.create_connection((host, int(port)), timeout=60) as plain:
        with context.wrap_socket(plain) as tls:
            tls.sendall(
                f"POST {sys.argv[2]} HTTP/1.1\r\nHost: x\r\nContent-Length: {SIZE}\r\n"
                "Content-Type: application/jose+json\r\nConnection: close\r\n\r\n{".encode()
            )
            print("begun", flush=True)
            sent = 1
            while not os.path.exists(sys.argv[3]) and sent < SIZE - 1:
                time.sleep(0.2)
                tls.sendall(b" ")
                sent += 1
            tls.sendall(b" " * (SIZE - sent))
            answer = b""
            while piece := tls.recv(4096):
                answer += piece
    print(answer.split(b" ", 2)[1].decode() if answer.rstrip().endswith(b"}") else "lost", flush=True)
except OSError as error:
    print("lost", error, flush=True)
