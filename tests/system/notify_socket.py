#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A service manager's ear: writes each datagram that comes to a unix socket (sd_notify(3)) to
standard output, one line each, its line ends as "|".

    notify_socket.py PATH | @NAME
"""
import socket
import sys

path = sys.argv[1]
ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
ear.bind("\0" + path[1:] if path.startswith("@") else path)
print("listening", flush=True)
while True:
    print(ear.recv(4096).decode().replace("\n", "|"), flush=True)
