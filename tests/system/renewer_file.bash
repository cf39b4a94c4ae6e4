# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What each file of tests of the renewer begins with, over renewer.bash:
#
#     load renewer_file
#     setup_file() { begin_with_ca; }
#     setup() { fresh; }
#
# It brings the end of a test and of the file.

load renewer

teardown() { end_renewer_test; }
teardown_file() { end; }
