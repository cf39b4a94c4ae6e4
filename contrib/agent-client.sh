#!/bin/sh
# SPDX-License-Identifier: MIT
# A whole client of the certificate-agent, of curl and age: fetches a certificate with its key when
# there is a new one, opens and checks it, puts it into place, runs a command. For cron, say every
# six hours.
#
#   agent-client.sh https://proxy.example/agent/certs/NAME FOLDER [COMMAND...]
#
# FOLDER holds (made by hand, once, with mode 0700):
#   curlrc    user = "CLIENT:TOKEN"     (acmeproxy client token add CLIENT)
#   key.txt   age-keygen -o key.txt     (its public key goes to acmeproxy cert add --recipient)
# and gets bundle.pem (key and chain, 0600). CURL_CA_BUNDLE is honoured.
#
# Exit status: 0 nothing new, or all done; 1 it failed, and the old certificate is in place; 3 it is
# still being made.
set -eu
umask 077

say() { printf 'agent-client: %s\n' "$*" >&2; }
fail() { say "$*" && exit 1; }

[ $# -ge 2 ] || fail 'usage: agent-client.sh URL FOLDER [COMMAND...]'
url=$1 folder=$2
shift 2
cd "$folder"
{ [ -r curlrc ] && [ -r key.txt ]; } || fail "$folder must hold curlrc and key.txt"

exec 9>lock
flock -n 9 || fail "another agent-client.sh works in $folder"
# In the folder itself, so that mv is one rename. What a killed run has left may hold the key.
rm -rf new
mkdir new
trap 'rm -rf new' EXIT
trap 'exit 1' HUP INT TERM

etag=
[ ! -s etag ] || [ ! -s bundle.pem ] || etag=$(cat etag)
# The token is in a file, so it is on no command line.
code=$(curl -sS -K curlrc --max-time 60 --proto =https \
    -H "If-None-Match: ${etag:-\"\"}" -D new/headers -o new/bundle.age \
    -w '%{http_code}' "$url/latest/bundle.pem.age") || fail "no answer from $url"

case $code in
200) ;;
304) exit 0 ;;
202)
    # The object has the reason; a wish that was refused comes to nothing by waiting.
    if grep -q '"status":"refused"' new/bundle.age; then
        fail "the wish for it was refused: $(sed -n 's/.*"refused":{[^}]*"detail":"\([^"]*\)".*/\1/p' new/bundle.age)"
    fi
    say 'it is still being made' && exit 3
    ;;
401) fail 'the token is of no use (expired or revoked?)' ;;
403) fail 'this client is disabled, or may not use the agent' ;;
404) fail "there is no such certificate at $url" ;;
*) fail "the answer is $code" ;;
esac

age -d -i key.txt -o new/bundle.pem new/bundle.age ||
    fail 'the file is not sealed for key.txt; the old certificate stays'
# The key must be the certificate's, and the certificate must not be over.
openssl x509 -in new/bundle.pem -noout -checkend 0 >/dev/null ||
    fail 'the certificate is over already; the old one stays'
of_key=$(openssl pkey -in new/bundle.pem -pubout) || fail 'there is no key in the bundle'
of_certificate=$(openssl x509 -in new/bundle.pem -noout -pubkey)
[ "$of_key" = "$of_certificate" ] || fail 'the key is not the certificate'\''s; the old one stays'

mv new/bundle.pem bundle.pem
if [ $# -gt 0 ] && ! "$@"; then
    rm -f etag # so that it is fetched, and the command run, again
    fail 'the new certificate is in place, and the command failed'
fi
sed -n 's/\r$//; s/^[Ee][Tt][Aa][Gg]: //p' new/headers | tail -n 1 >new/etag
mv new/etag etag
say "a new certificate is in $folder/bundle.pem"
