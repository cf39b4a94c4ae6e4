#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What users run, behind each web server, by the command lines that "acmeproxy client eab add"
# prints: registration, first certificate, several names, renewal. No client has a way to answer a
# challenge: none is asked to.

load gateway_file
load stock_clients

setup_file() {
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx
}

setup() {
    trust_front
    cd "$BATS_TEST_TMPDIR" || return 1
}

# The first certificate and its renewal, each for both names.
issues_and_renews() {
    client_of "$1"
    ordered a-zq.example.test b-zq.example.test
    renewed a-zq.example.test b-zq.example.test
    assert_clean_spool
}

raw_issues() {
    client_of "$1"
    registered web1
    local how first
    for how in uacme sh; do
        issue web1 "$how" a-zq.example.test b-zq.example.test
        assert_issued_to web1 a-zq.example.test b-zq.example.test
        [[ $(serial "$(certificate_file web1)") != "${first:-}" ]]
        first=$(serial "$(certificate_file web1)")
    done
    assert_clean_spool
}

@test "certbot behind lighttpd" { CLIENT=certbot issues_and_renews lighttpd; }
@test "certbot behind Apache" { CLIENT=certbot issues_and_renews apache; }
@test "certbot behind nginx" { CLIENT=certbot issues_and_renews nginx; }
@test "lego behind lighttpd" { CLIENT=lego issues_and_renews lighttpd; }
@test "lego behind Apache" { CLIENT=lego issues_and_renews apache; }
@test "lego behind nginx" { CLIENT=lego issues_and_renews nginx; }

@test "clients like uacme and acme.sh behind lighttpd" { raw_issues lighttpd; }
@test "clients like uacme and acme.sh behind Apache" { raw_issues apache; }
@test "clients like uacme and acme.sh behind nginx" { raw_issues nginx; }
