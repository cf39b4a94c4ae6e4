#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""measure.py FILE COMMAND...: runs COMMAND, appends "CPU WALL PEAK" to FILE, and ends as it did.

Seconds to the microsecond (user and system time together) and kB; of COMMAND and what it waited for.
"""
import os
import sys
import time

begin = time.monotonic()
child = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
wall = time.monotonic() - begin
with open(sys.argv[1], "a", encoding="ascii") as file:
    print(f"{usage.ru_utime + usage.ru_stime:.6f} {wall:.3f} {usage.ru_maxrss}", file=file)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
