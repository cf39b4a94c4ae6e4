#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""acme_client_server.py FIFO: runs acme_client.py many times without starting Python each time.

Each line that is written to FIFO names a folder with a file "args" (words, each ended by NUL) and
a FIFO "reply". A child of this process does what the words say, as a process of its own would:
its output goes into the file "out", its exit status is written to "reply".
"""
import os
import signal
import sys
import traceback

import acme_client


def run(folder):
    """In the child."""
    with open(folder + "/args", encoding="utf-8") as file:
        sys.argv = ["acme_client.py", *file.read().split("\0")[:-1]]
    out = os.open(folder + "/out", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    try:
        return acme_client.main()
    except SystemExit as end:
        return end.code or 0
    except Exception:  # as the interpreter would
        traceback.print_exc()
        return 1


def answer(folder):
    status = run(folder)
    sys.stdout.flush()
    sys.stderr.flush()
    with open(folder + "/reply", "w", encoding="utf-8") as reply:
        reply.write(f"{status}\n")


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are nobody's business
    os.mkfifo(sys.argv[1])
    # Open for writing, too: so it has no end when a writer closes it.
    with os.fdopen(os.open(sys.argv[1], os.O_RDWR), encoding="utf-8") as requests:
        for line in requests:
            if os.fork() == 0:
                try:
                    answer(line.strip())
                finally:
                    os._exit(0)


if __name__ == "__main__":
    main()
