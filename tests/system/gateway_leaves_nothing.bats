#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# After an exchange neither the spool nor a log holds a name, a serial number or a request of it,
# with the configurations that are shipped for each web server. (All other tests of the gateway
# look for that when they end, too.)

load gateway_file

setup_file() {
    begin_gateway && start_front lighttpd && start_front apache && start_front nginx
}

# exchange FRONT: good and bad requests of all kinds.
exchange() {
    fresh_gateway "$1" "${@:2}"
    add_client web1 '**.example.test'
    registered web1
    raw web1 order a-zq.other.test || true
    raw web1 order b-zq.unreachable.test || true
    acmeproxy client allow web1 '**.unreachable.test'
    raw web1 order b-zq.unreachable.test || true
    raw web1 order c-zq.example.test
    raw web1 finalize d-zq.example.test || true
    issue web1 e-zq.example.test f-zq.example.test
    raw web1 certificate
    raw web1 post revokeCert "$(revocation web1)"
    # Renewal information is asked for by the number of the certificate.
    curl --silent --output /dev/null --cacert "$(tls_ca)" \
        "$(front_url)/gateway/renewal-info/$(ari_id web1)"
}

found_nothing() {
    # Logs are written late by some.
    stop_programs
    sleep 0.5
    run find_leaks
    assert_status 0
    assert_clean_spool
    grep -q 'client web1' "$HARNESS_DIR/logs/gateway.log" || fail 'the log says nothing of it'
}

@test "behind lighttpd" { exchange lighttpd && found_nothing; }
@test "behind Apache" { exchange apache && found_nothing; }
@test "behind nginx" { exchange nginx && found_nothing; }

# Web servers note in their error logs what they could not pass on.
@test "where a program is gone, no web server logs the path of renewal information" {
    local front id
    exchange lighttpd
    id=$(ari_id web1)
    stop_programs
    for front in lighttpd apache nginx; do
        run curl --silent --write-out '%{http_code}' --cacert "$(tls_ca)" \
            "$(front_url "$front")/gateway/renewal-info/$id"
        assert_output '50[0-4]$'
    done
    sleep 0.5
    run find_leaks
    assert_status 0
}

@test "the operator can ask for names in the log" {
    # shellcheck disable=SC2034 # for end_gateway_test
    LEAKS_WANTED=yes
    : >"$HARNESS_DIR/logs/gateway.log"
    exchange lighttpd 'audit-log = yes'
    stop_programs
    grep -q 'e-zq.example.test' "$HARNESS_DIR/logs/gateway.log"
    run find_leaks
    assert_status 1
    assert_output 'gateway.log holds -zq'
    : >"$HARNESS_DIR/logs/gateway.log"
    run find_leaks
    assert_status 0
}

@test "the search finds what is there" {
    # shellcheck disable=SC2034 # for end_gateway_test
    LEAKS_WANTED=yes
    exchange lighttpd
    local file=$SPOOL/clients/web1/x
    found_in() {
        run find_leaks
        assert_status 1
        assert_output "x holds $1"
        rm "$file"
    }
    echo E-ZQ.Example.test >"$file"
    found_in -zq
    echo "x e-zq.example.test" | base64 >"$file"
    found_in -zq
    echo "{\"csr\":\"$(echo "...e-zq.example.test" | base64)\"}" | base64 >"$file"
    found_in -zq
    openssl x509 -noout -serial -in "$(certificate_file web1)" >"$file"
    found_in serial
    openssl x509 -outform DER -in "$(certificate_file web1)" >"$file"
    found_in 'the public key'
    openssl req -new -key "$(key_file web1)" -subj / -outform DER | base64 >"$file"
    found_in 'the public key'
    printf '%s' "/gateway/renewal-info/$(ari_id web1)" >"$file"
    found_in serial
}

@test "the search for secrets finds what is there" {
    local key log
    fresh_gateway
    add_client web1 '**.example.test'
    find_gateway_secrets && fail 'there is one before'
    for log in "$HARNESS_DIR/front/nginx/error.log" "$HARNESS_DIR/logs/auth.log"; do
        for key in "$(eab_key web1)" "$(sed -n 2p "$SPOOL/cas/pebble/accounts/default/key.pem")"; do
            echo "GET /x?key=$key" >>"$log"
            run find_gateway_secrets
            assert_status 0
            assert_equal "$output" "$log" 'what is found'
            : >"$log"
        done
    done
}
