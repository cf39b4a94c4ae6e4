#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A raw ACME client (RFC 8555) for tests: does what it is told, odd things too.

    acme_client.py --state FILE [--directory URL] [--ca FILE] COMMAND [OPTION...] [WORD...]

Each step can be a process of its own: key, account, order, nonces are in the state file. Prints
the last answer as one JSON object {"status", "headers": {name: [value...]}, "body"}.
Exit status: 0 for an answer below 400, 3 for another one, 4 where there was none.

Low: get, post, resend. Steps: register, order, finalize, poll, certificate, key-change,
deactivate. Whole clients: uacme (registers no challenge handler: an authorization that it sees
pending is the end), sh (reads JSON by regular expressions, as acme.sh does). Many at once: race
(one nonce, N times), flood (N accounts, each with an order).
A TARGET is a URL or the name of one: newOrder, account, order, authorization:N, challenge:N,
finalize, certificate, ... With oddities (see --help) any POST can be improper.
"""
import argparse
import collections
import concurrent.futures
import http.client
import json
import re
import sys
import time

from acme_keys import Key, b64, request
from acme_session import Odd, Session, compact

STATUS_REFUSED, STATUS_NO_ANSWER = 3, 4


class Refused(Exception):
    """A whole client gives up."""


def get(session, options):
    return session.send(options.method, session.url(options.target))


def post(session, options):
    answer = session.post(options.target, options.payload, options.odd)
    if isinstance(answer.body, dict) and "challenges" in answer.body:
        session.state["challenges"] = [c["url"] for c in answer.body["challenges"]]
    return session.note_order(answer) if options.target in ("order", "finalize") else answer


def resend(session, options):
    with open(options.file, encoding="utf-8") as file:
        kept = json.load(file)
    return session.deliver(kept["url"], kept["body"], options.odd)


def register(session, options):
    if options.curve or "key" not in session.state:
        session.new_key(options.curve or "P-256")
    other = Key() if options.eab_other_key else None
    eab = options.kid and (options.kid, options.key, options.mac, options.eab_url, other)
    members = {"contact": options.contact} if options.contact else {}
    if options.existing:
        members["onlyReturnExisting"] = True
    return session.register(eab, options.odd, **members)


def order(session, options):
    members = {name: value for name, value in (
        ("profile", options.profile), ("replaces", options.replaces),
        ("notBefore", options.not_before), ("notAfter", options.not_after)) if value}
    return session.order(options.names, options.odd, **members)


def make_csr(session, options):
    key = session.key() if options.account_key else Key()
    if options.key_out:
        with open(options.key_out, "w", encoding="utf-8") as file:
            file.write(key.pem())
    names = options.names or session.state["names"]
    text = b64(request(key, names, options.cn, Key() if options.broken else None))
    return text + "=" * (-len(text) % 4) if options.padded else text


def finalize(session, options):
    payload = {"csr": make_csr(session, options)}
    return session.note_order(session.post("finalize", payload, options.odd))


def poll(session, options):
    """Until the order is valid or invalid."""
    end = time.monotonic() + options.seconds
    while True:
        answer = session.note_order(session.post(options.target, "", options.odd))
        if answer.member("status") not in ("pending", "processing", "ready"):
            return answer
        if time.monotonic() > end:
            return answer
        time.sleep(0.2)


def certificate(session, options):
    answer = session.post("certificate", "", options.odd)
    if answer.status == 200 and options.out:
        with open(options.out, "w", encoding="utf-8") as file:
            file.write(answer.text)
    return answer


def key_change(session, options):
    """To a key that the state file has as next_key, or to a new one (RFC 8555, section 7.3.5)."""
    new = session.key("next_key")
    url = session.url("keyChange")
    inner = Session.jws(new, {"alg": new.curve.alg, "jwk": new.jwk(), "url": url},
                        compact({"account": session.state["kid"],
                                 "oldKey": session.key().jwk()}))
    answer = session.post(url, inner, options.odd)
    if answer.status == 200:
        session.state["key"] = session.state.pop("next_key")
    return answer


def deactivate(session, options):
    return session.post(options.target, {"status": "deactivated"}, options.odd)


def must(answer):
    if answer.status >= 400:
        raise Refused(answer.show())
    return answer


def finish(session, options):
    """From a ready order to the certificate."""
    must(finalize(session, options))
    end = must(poll(session, options))
    if end.member("status") != "valid":
        raise Refused(end.show())
    return must(certificate(session, options))


def uacme(session, options):
    must(order(session, options))
    for url in list(session.state["authorizations"]):
        seen = must(session.post(url, "", options.odd))
        if seen.member("status") != "valid":
            raise Refused("no challenge handler for " + seen.show())
    return finish(session, options)


def sh_members(text):
    """What acme.sh's _getfield and sed find: the JSON on one line, flat, strings between quotes."""
    flat = text.replace("\n", "").replace(" ", "")
    found = dict(re.findall(r'"(status|finalize|certificate|type|url|token)":"([^"]*)"', flat))
    links = re.search(r'"authorizations":\[([^\]]*)\]', flat)
    found["authorizations"] = re.findall(r'"([^"]+)"', links.group(1)) if links else []
    if "error" in found or '"error":{}' in flat or '"error":null' in flat:
        raise Refused("acme.sh takes this for an error: " + flat)
    return found


def sh(session, options):
    """As acme.sh: authorizations, the http-01 challenge by a regular expression, its URL posted."""
    made = sh_members(must(order(session, options)).text)
    if len(made["authorizations"]) != len(options.names):
        raise Refused("not one authorization a name")
    for url in made["authorizations"]:
        flat = must(session.post(url, "", options.odd)).text.replace("\n", "").replace(" ", "")
        entry = re.search(r'[^{]*"type":"http-01"[^}]*', flat)
        if not entry:
            raise Refused("no http-01 challenge in " + flat)
        link = re.search(r'"url":"([^"]*)"', entry.group(0))
        if '"status":"valid"' not in entry.group(0):
            must(session.post(link.group(1), {}, options.odd))
    session.state["finalize"] = made["finalize"]
    return finish(session, options)


def tally(answers):
    """{"201": 1, "badNonce": 9}: by status, or by the type of the problem."""
    def word(answer):
        kind = answer.member("type")
        return str(kind).rsplit(":", 1)[-1] if kind else str(answer.status)
    return compact(collections.Counter(map(word, answers)))


def at_once(jobs):
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(job) for job in jobs]]


def race(session, options):
    """The same nonce, N times at once, each in a request of its own on a connection of its own."""
    nonce, url = session.nonce(), session.url(options.target)
    odd = Odd(**{**options.odd.__dict__, "nonce": nonce})
    bodies = [session.envelope(url, options.payload, odd) for _ in range(options.number)]
    sessions = [Session(None, session.state.get("ca")) for _ in bodies]
    print(tally(at_once([lambda s=s, b=b: s.deliver(url, b) for s, b in zip(sessions, bodies)])))


def one_of_flood(session, eab, name, options):
    """One client from nothing to its certificate."""
    other = Session(None, session.state.get("ca"))
    other.state["directory_url"] = session.state["directory_url"]
    must(other.register(eab))
    must(other.order([name]))
    # With so many at once the CA may take longer than the gateway holds an answer.
    end = time.monotonic() + options.seconds
    while must(other.post("order")).member("status") == "pending" and time.monotonic() < end:
        time.sleep(0.2)
    return finish(other, options)


def flood(session, options):
    """FILE has a line "KID KEY NAME" for each client."""
    with open(options.file, encoding="utf-8") as file:
        lines = [line.split() for line in file]

    def attempt(kid, key, name):
        try:
            one_of_flood(session, (kid, key, "HS256"), name, options)
            return "certificate"
        except Refused as refusal:
            return str(refusal)
    results = at_once([lambda words=words: attempt(*words) for words in lines])
    print(compact(collections.Counter(results)))
    if set(results) != {"certificate"}:
        raise SystemExit(STATUS_REFUSED)


def add_csr_options(parser, names_too):
    if names_too:
        parser.add_argument("names", nargs="*", help="NAME, ip:, email:, uri:, other:")
    parser.add_argument("--cn")
    parser.add_argument("--key-out", help="a file for the new key")
    parser.add_argument("--padded", action="store_true")
    parser.add_argument("--account-key", action="store_true", help="a request for that key")
    parser.add_argument("--broken", action="store_true", help="signed by another key")


def add_order_options(parser):
    parser.add_argument("names", nargs="+")
    for option in "profile", "replaces", "not-before", "not-after":
        parser.add_argument("--" + option)


def add_flow_options(parser):
    parser.add_argument("--out", help="a file for the chain")
    parser.add_argument("--seconds", type=float, default=40)
    parser.set_defaults(target="order")


def add_odd_options(parser):
    odd = parser.add_argument_group("oddities")
    for option in ("nonce", "as-kid", "signed-url", "content-type", "alg", "keep", "http-header",
                   "key-file"):
        odd.add_argument("--" + option)
    for option in ("no-nonce", "used-nonce", "as-jwk", "both", "neither", "pad",
                   "break-signature"):
        odd.add_argument("--" + option, action="store_true")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state", required=True)
    parser.add_argument("--directory")
    parser.add_argument("--ca")
    commands = parser.add_subparsers(required=True)

    def command(name, run, target=None):
        one = commands.add_parser(name)
        one.set_defaults(run=run)
        add_odd_options(one)
        if target:
            one.add_argument("target", nargs="?", default=target)
        return one
    command("get", get, "directory_url").add_argument("--method", default="GET")
    command("post", post, "account").add_argument("payload", nargs="?", default="")
    command("resend", resend).add_argument("file")
    one = command("register", register)
    for option in "kid", "key", "eab-url", "curve":
        one.add_argument("--" + option)
    one.add_argument("--mac", default="HS256")
    one.add_argument("--contact", action="append")
    one.add_argument("--existing", action="store_true")
    one.add_argument("--eab-other-key", action="store_true")
    add_order_options(command("order", order))
    add_csr_options(command("finalize", finalize), True)
    one = command("poll", poll, "order")
    one.add_argument("--seconds", type=float, default=40)
    command("certificate", certificate).add_argument("--out")
    command("key-change", key_change)
    command("deactivate", deactivate, "kid")
    for name, run in ("uacme", uacme), ("sh", sh):
        one = command(name, run)
        add_order_options(one)
        add_csr_options(one, False)
        add_flow_options(one)
    one = command("race", race, "newOrder")
    one.add_argument("payload", nargs="?", default="")
    one.add_argument("--number", type=int, default=10)
    one = command("flood", flood)
    one.add_argument("file")
    add_csr_options(one, False)
    one.set_defaults(names=None)
    add_flow_options(one)
    options = parser.parse_args()
    options.odd = Odd(**{name: value for name, value in vars(options).items()
                         if hasattr(Odd, name) and value})
    return options


def main():
    options = parse_arguments()
    session = Session(options.state, options.ca)
    if options.directory:
        session.state["directory_url"] = options.directory
        session.state.pop("directory", None)
    try:
        answer = options.run(session, options)
    except Refused as refusal:
        print(refusal)
        return STATUS_REFUSED
    except (http.client.HTTPException, OSError) as error:
        print(compact({"status": 0, "headers": {}, "body": repr(error)}))
        return STATUS_NO_ANSWER
    finally:
        session.save()
    if answer is None:
        return 0
    print(answer.show())
    return 0 if answer.status < 400 else STATUS_REFUSED


if __name__ == "__main__":
    sys.exit(main())
