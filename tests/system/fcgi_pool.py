#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""fcgi_pool.py SOCKET N PROGRAM [ARGUMENT...]: N processes of a FastCGI program on one socket.

As systemd does with a socket unit and Restart=always: the socket stays open and is descriptor 0
of each process; a process that has died is replaced at once, so that what arrives meanwhile waits.
SIGTERM ends them. SIGHUP replaces them all, one after the other. Gives up (status 1) when
processes die faster than any test kills them.
"""
import os
import signal
import socket
import subprocess
import sys
import time

MOST_DEATHS_A_SECOND = 20


class Pool:
    """The processes and the socket that they share."""

    def __init__(self, path, number, command):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path + ".new")
        self.socket.listen(256)
        os.rename(path + ".new", path)  # once it is there, it takes connections
        self.command = command
        self.stopping = self.renewing = False
        self.processes = [self.start() for _ in range(number)]

    def start(self):
        return subprocess.Popen(self.command, stdin=self.socket)

    def replace_dead(self):
        """How many had died."""
        dead = [i for i, process in enumerate(self.processes) if process.poll() is not None]
        for i in dead:
            self.processes[i] = self.start()
        return len(dead)

    def watch(self):
        """Until the stop. Signal handlers only leave word: they run between any two lines here."""
        since, deaths = time.monotonic(), 0
        while not self.stopping:
            time.sleep(0.02)
            if self.renewing:
                self.renewing = False
                self.renew()
            if time.monotonic() - since > 1:
                since, deaths = time.monotonic(), 0
            deaths += self.replace_dead()
            if deaths > MOST_DEATHS_A_SECOND:
                sys.exit(f"fcgi_pool.py: {self.command[0]} dies again and again")

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()

    def renew(self):
        for i, process in enumerate(self.processes):
            process.terminate()
            process.wait()
            self.processes[i] = self.start()

    def stop_soon(self, *_):
        self.stopping = True

    def renew_soon(self, *_):
        self.renewing = True


def main():
    pool = Pool(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
    signal.signal(signal.SIGTERM, pool.stop_soon)
    signal.signal(signal.SIGHUP, pool.renew_soon)
    pool.watch()
    pool.stop()


if __name__ == "__main__":
    main()
