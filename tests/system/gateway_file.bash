# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What each file of tests of the gateway begins with, over gateway.bash:
#
#     load gateway_file
#     setup_file() { begin_gateway && start_front lighttpd; }
#
# It brings the end of a test and of the file. Where each test wants a spool of its own at once:
# setup() { fresh_gateway; }

load gateway

teardown() { end_gateway_test; }
teardown_file() { end; }
