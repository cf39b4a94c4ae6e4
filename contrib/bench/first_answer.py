#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""first_answer.py URL COMMAND...: starts COMMAND, asks URL until it answers with 200, prints the seconds.

Then ends the command by SIGTERM and waits for it.
"""
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

begin = time.monotonic()
with tempfile.TemporaryFile() as log, subprocess.Popen(sys.argv[2:], stdout=log, stderr=log) as process:
    while True:
        try:
            urllib.request.urlopen(sys.argv[1], timeout=5).close()
            break
        except (urllib.error.URLError, ConnectionError):  # an HTTP error, too
            if process.poll() is not None:
                log.seek(0)
                sys.exit(log.read().decode(errors="replace"))
            time.sleep(0.005)
    print(f"{time.monotonic() - begin:.3f}")
    process.terminate()
