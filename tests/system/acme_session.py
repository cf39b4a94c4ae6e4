# SPDX-License-Identifier: MIT
"""One account of the tests' own ACME client: its state in a file, its requests and signatures."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import socket
import ssl
import urllib.parse

from acme_keys import Key, b64


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def to_address(address):
    return lambda place, *words: socket.create_connection((address, place[1]), *words)


class Answer:
    """What came back."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {}
        for name, value in response.getheaders():
            self.headers.setdefault(name.lower(), []).append(value)
        self.text = response.read().decode(errors="replace")
        try:
            self.body = json.loads(self.text)
        except ValueError:
            self.body = self.text

    def header(self, name):
        return self.headers.get(name, [None])[0]

    def member(self, name):
        return self.body.get(name) if isinstance(self.body, dict) else None

    def show(self):
        """For the test: one JSON object."""
        return compact({"status": self.status, "headers": self.headers, "body": self.body})


class Odd:
    """How a request differs from a proper one. All of it is None or False by default."""
    nonce = no_nonce = used_nonce = as_jwk = as_kid = both = neither = signed_url = None
    key_file = content_type = alg = pad = break_signature = keep = http_header = None

    def __init__(self, **words):
        self.__dict__.update(words)


class Session:
    """The state is a dict of JSON values, so that each step can be a process of its own."""

    def __init__(self, path, ca=None):
        self.path = path
        self.state = {"nonces": []}
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.state = json.load(file)
        if ca:
            self.state["ca"] = ca
        self.connections = {}

    def save(self):
        if self.path:
            with open(self.path, "w", encoding="utf-8") as file:
                json.dump(self.state, file, indent=1)

    # --- keys

    def new_key(self, curve, name="key"):
        key = Key(curve)
        # A text: jq would round the number.
        self.state[name] = {"curve": curve, "number": hex(key.number)}
        return key

    def key(self, name="key"):
        if name not in self.state:
            return self.new_key("P-256", name)
        return Key(self.state[name]["curve"], int(self.state[name]["number"], 16))

    # --- HTTP

    def connection(self, parts):
        place = parts.scheme, parts.netloc
        if place not in self.connections:
            if parts.scheme == "https":
                context = ssl.create_default_context(cafile=self.state.get("ca"))
                made = http.client.HTTPSConnection(parts.netloc, context=context, timeout=60)
                if os.environ.get("NODE"):  # this address, whatever the name says
                    made._create_connection = to_address(os.environ["NODE"])
            else:
                made = http.client.HTTPConnection(parts.netloc, timeout=60)
            self.connections[place] = made
        return self.connections[place]

    def send(self, method, url, body=None, headers=None):
        parts = urllib.parse.urlsplit(url)
        connection = self.connection(parts)
        try:
            connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""),
                               body, headers or {})
            answer = Answer(connection.getresponse())
        except (http.client.HTTPException, OSError):
            connection.close()
            raise
        if answer.header("replay-nonce"):
            self.state["nonces"].append(answer.header("replay-nonce"))
        return answer

    def directory(self):
        if "directory" not in self.state:
            self.state["directory"] = self.send("GET", self.state["directory_url"]).body
        return self.state["directory"]

    def url(self, target):
        """"newOrder", "order", "authorization:1", "challenge", ... or a URL."""
        if target.startswith(("https://", "http://")):
            return target
        name, _, number = target.partition(":")
        if name == "account":
            name = "kid"
        if name in self.state and isinstance(self.state[name], str):
            return self.state[name]
        if name in ("authorization", "challenge"):
            return self.state[name + "s"][int(number or 0)]
        return self.directory()[name]

    # --- JWS

    def nonce(self):
        if not self.state["nonces"]:
            self.send("HEAD", self.url("newNonce"))
        return self.state["nonces"].pop()

    def envelope(self, url, payload, odd):
        """The request body: `payload` is a text, "" for a POST-as-GET."""
        key = self.key()
        if odd.key_file:
            with open(odd.key_file, encoding="utf-8") as file:
                key = Key.from_pem(file.read())
        header = {"alg": odd.alg or key.curve.alg, "url": odd.signed_url or url}
        if not odd.no_nonce:
            header["nonce"] = (odd.nonce or (odd.used_nonce and self.state.get("used_nonce"))
                               or self.nonce())
            self.state["used_nonce"] = header["nonce"]
        by_key = odd.as_jwk or odd.key_file or ("kid" not in self.state and not odd.as_kid)
        if (by_key or odd.both) and not odd.neither:
            header["jwk"] = key.jwk()
        if (not by_key or odd.both) and not odd.neither:
            header["kid"] = odd.as_kid or self.state["kid"]
        return self.jws(key, header, payload, odd)

    @staticmethod
    def jws(key, header, payload, odd=Odd()):
        protected, body = b64(compact(header).encode()), b64(payload.encode())
        if odd.pad:
            body += "=" * (-len(body) % 4)
        signature = key.sign(f"{protected}.{body}".encode())
        if odd.break_signature:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        return compact({"protected": protected, "payload": body, "signature": b64(signature)})

    def deliver(self, url, body, odd=Odd()):
        headers = {"Content-Type": odd.content_type or "application/jose+json"}
        if odd.http_header:
            name, _, value = odd.http_header.partition(":")
            headers[name] = value.strip()
        return self.send("POST", url, body, headers)

    def post(self, target, payload="", odd=Odd()):
        """`payload`: a text, or a value that becomes JSON."""
        url = self.url(target)
        if not isinstance(payload, str):
            payload = compact(payload)
        body = self.envelope(url, payload, odd)
        if odd.keep:
            with open(odd.keep, "w", encoding="utf-8") as file:
                json.dump({"url": url, "body": body}, file)
        self.save()  # a nonce is spent, whatever comes back
        return self.deliver(url, body, odd)

    # --- what an account does

    def binding(self, kid, mac_key, mac, url=None, key=None):
        """externalAccountBinding (RFC 8555, section 7.3.4)."""
        mac_key = base64.urlsafe_b64decode(mac_key + "=" * (-len(mac_key) % 4))
        protected = b64(compact({"alg": mac, "kid": kid,
                                 "url": url or self.url("newAccount")}).encode())
        payload = b64(compact((key or self.key()).jwk()).encode())
        digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[mac]
        signature = hmac.new(mac_key, f"{protected}.{payload}".encode(), digest).digest()
        return {"protected": protected, "payload": payload, "signature": b64(signature)}

    def register(self, eab, odd=Odd(), **members):
        """`eab`: arguments for binding(), or None."""
        payload = {"termsOfServiceAgreed": True, **members}
        if eab:
            payload["externalAccountBinding"] = self.binding(*eab)
        odd = Odd(**{**odd.__dict__, "as_jwk": True})
        answer = self.post("newAccount", payload, odd)
        if answer.status < 300:
            self.state["kid"] = answer.header("location")
        return answer

    def note_order(self, answer):
        """Remembers what later steps need."""
        if answer.status >= 300 or not isinstance(answer.body, dict):
            return answer
        if answer.header("location"):
            self.state["order"] = answer.header("location")
        for name in "finalize", "certificate", "authorizations":
            if name in answer.body:
                self.state[name] = answer.body[name]
        return answer

    def order(self, names, odd=Odd(), **members):
        identifiers = [{"type": "ip", "value": name[3:]} if name.startswith("ip:")
                       else {"type": "dns", "value": name} for name in names]
        answer = self.post("newOrder", {"identifiers": identifiers, **members}, odd)
        if answer.status < 300:
            self.state["names"] = list(names)
            for name in "order", "finalize", "certificate", "authorizations":
                self.state.pop(name, None)
        return self.note_order(answer)
