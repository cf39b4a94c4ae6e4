# SPDX-License-Identifier: MIT
"""The answers that no real CA gives, each with its name; hostile_ca.py sends them."""
import json
import re

MEGABYTE = 1024 * 1024
DEEP = "[" * 100000 + "]" * 100000
JSON, PROBLEM = "application/json", "application/problem+json"
PEM = "application/pem-certificate-chain"
TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"


class Reply:
    """An answer in the making; a scenario changes it before it is sent."""

    def __init__(self, body=b"", content_type=JSON, status=200, **headers):
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.content_type, self.status = content_type, status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.endless = False  # a chunked body that never ends
        self.drip = 0  # seconds between two bytes

    def data(self):
        return json.loads(self.body)

    def put(self, **members):
        """Replaces members of a JSON object; None takes them away."""
        data = {**self.data(), **members}
        self.body = json.dumps({k: v for k, v in data.items() if v is not None}).encode()


def problem(status, kind, detail, **members):
    return Reply({"type": "urn:ietf:params:acme:error:" + kind, "detail": detail,
                  "status": status, **members}, PROBLEM, status)


# --- The scenarios: NAME -> (step, what is done to the reply) --------------------------------

def to_body(body, content_type=JSON):
    def change(reply, _):
        reply.body, reply.content_type = body, content_type
    return change


def to_member(**members):
    return lambda reply, _: reply.put(**members)


def to_header(name, value):
    return lambda reply, _: reply.headers.update({name: value})


def without_header(name):
    return lambda reply, _: reply.headers.pop(name, None)


def to_problem(status, kind, detail, **members):
    return lambda reply, _: reply.__dict__.update(
        problem(status, kind, detail, **members).__dict__)


def to_redirect(target):
    def change(reply, base):
        reply.status, reply.headers["Location"] = 302, target.replace("BASE", base)
    return change


def plain_http(member):
    def change(reply, _):
        value = json.dumps(reply.data()[member]).replace("https://", "http://")
        reply.put(**{member: json.loads(value)})
    return change


def endless(reply, _):
    reply.endless = True


def dripping(reply, _):
    reply.drip = 1


def with_token(token):
    def change(reply, _):
        challenges = reply.data()["challenges"]
        reply.put(status="pending", challenges=[{**c, "token": token, "status": "pending"}
                                                for c in challenges])
    return change


def with_challenges(*kinds):
    def change(reply, base):
        reply.put(status="pending", challenges=[
            {"type": kind, "url": f"{base}/challenge/0", "token": TOKEN, "status": "pending"}
            for kind in kinds])
    return change


def more_authorizations(reply, base):
    reply.put(authorizations=reply.data()["authorizations"] + [f"{base}/authorization/99"])


def append(text):
    def change(reply, _):
        reply.body += text
    return change


def times(count):
    def change(reply, _):
        reply.body *= count
    return change


def leaf_only(reply, _):
    end = b"-----END CERTIFICATE-----\n"
    reply.body = reply.body[:reply.body.index(end) + len(end)]


def leaf_last(reply, _):
    blocks = re.findall(rb"-----BEGIN.*?-----END CERTIFICATE-----\n", reply.body, re.S)
    reply.body = b"".join(reversed(blocks))


KEY_BLOCK = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n"
SCENARIOS = {
    "honest": ("none", None),
    # the directory
    "directory-not-json": ("dir", to_body(b"<html>maintenance</html>", "text/html")),
    "directory-cut-off": ("dir", to_body(b'{"newNonce": "https://lo')),
    "directory-empty": ("dir", to_body(b"")),
    "directory-array": ("dir", to_body(b"[]")),
    "directory-deep": ("dir", to_body(DEEP.encode())),
    "directory-trailing-bytes": ("dir", append(b"{}")),
    "directory-duplicate": ("dir", lambda reply, _: setattr(
        reply, "body", reply.body[:-1] + b', "newOrder": "https://localhost:1/"}')),
    "directory-oversized": ("dir", append(b" " * 64 * MEGABYTE)),
    "directory-endless": ("dir", endless),
    "directory-slow": ("dir", dripping),
    "directory-plain-http": ("dir", plain_http("newOrder")),
    "directory-file-url": ("dir", to_member(newNonce="file:///etc/passwd")),
    "directory-no-new-order": ("dir", to_member(newOrder=None)),
    "directory-number-url": ("dir", to_member(newAccount=7)),
    "directory-redirect-loop": ("dir", to_redirect("BASE/dir")),
    "directory-redirect-http": ("dir", to_redirect("http://localhost:1/dir")),
    # nonces
    "nonce-missing": ("any", without_header("Replay-Nonce")),
    "nonce-malformed": ("any", to_header("Replay-Nonce", 'a"b c')),
    "nonce-oversized": ("any", to_header("Replay-Nonce", "A" * 20000)),
    "nonce-always-bad": ("new-order", to_problem(400, "badNonce", "no nonce is ever good")),
    # accounts
    "account-no-location": ("new-account", without_header("Location")),
    "account-plain-http": ("new-account", to_header("Location", "http://localhost:1/account")),
    # problems
    "problem-escapes": ("new-order", to_problem(
        403, "rejectedIdentifier", "bad \x1b[31m\x1b]0;title\x07 name\r\nsecond line\u202e")),
    "problem-oversized": ("new-order", to_problem(403, "unauthorized", "x" * 8 * MEGABYTE)),
    "problem-not-an-object": ("new-order", lambda reply, _: reply.__dict__.update(
        Reply(b'"no"', PROBLEM, 400).__dict__)),
    "problem-subproblems": ("new-order", to_problem(
        403, "compound", "two names", subproblems=[
            {"type": "urn:ietf:params:acme:error:rejectedIdentifier", "detail": f"forbidden {n}",
             "identifier": {"type": "dns", "value": n}} for n in ("a.test", "b.test")])),
    "problem-many-subproblems": ("new-order", to_problem(
        403, "compound", "many", subproblems=[{"type": "x", "detail": "y"}] * 20000)),
    "retry-after-huge": ("new-order", lambda reply, _: reply.__dict__.update(
        {**problem(429, "rateLimited", "wait").__dict__,
         "headers": {"Retry-After": "99999999999999999999"}})),
    "retry-after-garbage": ("new-order", lambda reply, _: reply.__dict__.update(
        {**problem(429, "rateLimited", "wait").__dict__, "headers": {"Retry-After": "soon"}})),
    # orders
    "order-no-location": ("new-order", without_header("Location")),
    "order-plain-http": ("new-order", plain_http("finalize")),
    "order-authorizations-plain-http": ("new-order", plain_http("authorizations")),
    "order-other-names": ("new-order", to_member(
        identifiers=[{"type": "dns", "value": "other.test"}])),
    "order-more-authorizations": ("new-order", more_authorizations),
    "order-no-authorizations": ("new-order", to_member(authorizations=None)),
    "order-unknown-status": ("new-order", to_member(status="perhaps")),
    "order-always-pending": ("order", to_member(status="pending", certificate=None)),
    "order-always-processing": ("order", to_member(status="processing", certificate=None)),
    "order-invalid": ("order", to_member(status="invalid", error={
        "type": "urn:ietf:params:acme:error:serverInternal", "detail": "out of order"})),
    "order-certificate-plain-http": ("order", plain_http("certificate")),
    "order-valid-without-certificate": ("order", to_member(certificate=None)),
    # authorizations
    "authorization-other-name": ("authorization", to_member(
        identifier={"type": "dns", "value": "other.test"})),
    "authorization-no-http-01": ("authorization", with_challenges("dns-01", "tls-alpn-01")),
    "authorization-always-pending": ("authorization", with_challenges("http-01")),
    "authorization-no-challenges": ("authorization", to_member(status="pending", challenges=[])),
    "authorization-invalid": ("authorization", to_member(status="invalid")),
    "token-path": ("authorization", with_token("../../../tmp/hostile")),
    "token-slash": ("authorization", with_token("a/b")),
    "token-empty": ("authorization", with_token("")),
    "token-dot": ("authorization", with_token(".")),
    "token-short": ("authorization", with_token("abc")),
    "token-oversized": ("authorization", with_token("A" * 5000)),
    "token-not-text": ("authorization", with_token(7)),
    # certificates; those of ("none", None) are made so by hostile_authority.py
    "certificate-private-key": ("certificate", append(KEY_BLOCK)),
    "certificate-garbage": ("certificate", to_body(b"no certificate", PEM)),
    "certificate-empty": ("certificate", to_body(b"", PEM)),
    "certificate-html": ("certificate", to_body(b"<html></html>", "text/html")),
    "certificate-broken-der": ("certificate", to_body(
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", PEM)),
    "certificate-leaf-only": ("certificate", leaf_only),
    "certificate-leaf-last": ("certificate", leaf_last),
    "certificate-many": ("certificate", times(500)),
    "certificate-oversized": ("certificate", append(b"\n" * 64 * MEGABYTE)),
    "certificate-endless": ("certificate", endless),
    "certificate-slow": ("certificate", dripping),
    "certificate-other-key": ("none", None),
    "certificate-other-name": ("none", None),
    "certificate-more-names": ("none", None),
    "certificate-expired": ("none", None),
    "certificate-not-yet-valid": ("none", None),
    "certificate-other-issuer": ("none", None),
}
