#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An ACME server that gives, in one place, an answer that no real CA gives.

The directory of scenario NAME is https://localhost:PORT/NAME/dir. Everything else of the scenario
is sound: authorizations are valid at once, and finalize signs the CSR with openssl. So what a
client does wrong, it does because of that one answer; scenario "honest" shows that it passes
without. `--list` prints the names of all scenarios. No signature of a client is checked.

Every request is one line of the log: METHOD /SCENARIO/STEP.
"""
import argparse
import base64
import http.server
import json
import signal
import socketserver
import ssl
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from hostile_authority import Authority  # noqa: E402
from hostile_scenarios import PEM, SCENARIOS, TOKEN, Reply, problem  # noqa: E402


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    authority = log = port = None
    orders = {}  # number -> {"identifiers", "chain"}
    nonces = 0

    def log_message(self, *args):
        pass

    def step(self):
        """The sound reply to this request, and the name of its step."""
        _, scenario, step, *rest = self.path.split("/") + [""]
        number = rest[0] if rest else ""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        payload = {}
        if self.command == "POST":
            text = json.loads(body).get("payload", "")
            payload = json.loads(decode(text)) if text else {}
        base = f"https://localhost:{self.port}/{scenario}"
        reply = getattr(self, "on_" + step.replace("-", "_"), self.on_unknown)(
            base, scenario, number, payload)
        return scenario, step, base, reply

    def on_unknown(self, *_):
        return problem(404, "malformed", "no such resource")

    def on_dir(self, base, *_):
        return Reply({"newNonce": f"{base}/new-nonce", "newAccount": f"{base}/new-account",
                      "newOrder": f"{base}/new-order", "revokeCert": f"{base}/revoke",
                      "keyChange": f"{base}/key-change",
                      "meta": {"termsOfService": f"{base}/terms"}})

    def on_new_nonce(self, *_):
        return Reply(b"", status=200 if self.command == "HEAD" else 204)

    def on_new_account(self, base, _, __, payload):
        # A CA that knows every key: the answer to onlyReturnExisting is the same account.
        status = 200 if payload.get("onlyReturnExisting") else 201
        return Reply({"status": "valid"}, status=status, Location=f"{base}/account/1")

    def on_account(self, *_):
        return Reply({"status": "valid"})

    def order(self, base, number, status):
        known = self.orders[number]
        data = {"status": status, "identifiers": known["identifiers"],
                "finalize": f"{base}/finalize/{number}",
                "authorizations": [f"{base}/authorization/{number}-{i}"
                                   for i in range(len(known["identifiers"]))]}
        if "chain" in known:
            data["certificate"] = f"{base}/certificate/{number}"
        return Reply(data, Location=f"{base}/order/{number}")

    def on_new_order(self, base, _, __, payload):
        number = str(len(self.orders) + 1)
        self.orders[number] = {"identifiers": payload["identifiers"]}
        reply = self.order(base, number, "ready")
        reply.status = 201
        return reply

    def on_order(self, base, scenario, number, _):
        if scenario == "authorization-invalid":
            return self.order(base, number, "invalid")
        return self.order(base, number, "valid" if "chain" in self.orders[number] else "ready")

    def on_authorization(self, base, _, number, __):
        order, _, index = number.partition("-")
        identifiers = self.orders[order]["identifiers"]
        return Reply({"status": "valid", "identifier": identifiers[int(index)], "challenges": [
            {"type": "http-01", "url": f"{base}/challenge/{number}", "token": TOKEN,
             "status": "valid"}]})

    def on_challenge(self, base, _, number, __):
        return Reply({"type": "http-01", "url": f"{base}/challenge/{number}", "token": TOKEN,
                      "status": "processing"})

    def on_finalize(self, base, scenario, number, payload):
        known = self.orders[number]
        names = [("IP:" if i["type"] == "ip" else "DNS:") + i["value"]
                 for i in known["identifiers"]]
        known["chain"] = self.authority.sign(decode(payload["csr"]), names, scenario)
        return self.order(base, number, "processing")

    def on_certificate(self, _, __, number, ___):
        return Reply(self.orders[number]["chain"], PEM)

    def answer(self):
        try:
            scenario, step, base, reply = self.step()
        except (KeyError, ValueError, IndexError, subprocess.CalledProcessError) as error:
            scenario, step, base = "-", self.path, ""
            reply = problem(400, "malformed", f"the test server could not do this: {error!r}")
        self.log.write(f"{self.command} /{scenario}/{step}\n")
        self.log.flush()
        Handler.nonces += 1
        reply.headers["Replay-Nonce"] = f"nonce-{Handler.nonces:08d}"
        where, change = SCENARIOS.get(scenario, ("none", None))
        if where == "authorization" and step in ("new-order", "order"):
            if reply.status < 400 and reply.data()["status"] == "ready":
                reply.put(status="pending")  # so that the client looks at the authorizations
        if change and where in (step, "any"):
            nonce = reply.headers["Replay-Nonce"]
            change(reply, base)
            if where != "any":
                reply.headers["Replay-Nonce"] = nonce
        self.send(reply)

    def send(self, reply):
        self.send_response_only(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.endless:
            self.send_header("Transfer-Encoding", "chunked")
        elif reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if reply.endless:
            while True:  # until the client closes: the write fails then
                self.wfile.write(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
        if not reply.drip:
            self.wfile.write(reply.body)
        for byte in reply.body if reply.drip else b"":
            self.wfile.write(bytes([byte]))
            time.sleep(reply.drip)

    do_GET = do_POST = do_HEAD = answer


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    context = None

    def finish_request(self, request, client_address):
        try:
            with self.context.wrap_socket(request, server_side=True) as tls:
                super().finish_request(tls, client_address)
        except OSError:
            pass  # the client has had enough, which is what most scenarios are for


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the scenarios and exit")
    parser.add_argument("--listen", type=int, help="port on 127.0.0.1")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--log", type=argparse.FileType("a", encoding="utf-8"))
    options = parser.parse_args()
    if options.list:
        print("\n".join(SCENARIOS))
        return
    Handler.log, Handler.port = options.log, options.listen
    Server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    Server.context.load_cert_chain(options.certificate, options.key)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the folder goes, too
    with tempfile.TemporaryDirectory() as folder:
        Handler.authority = Authority(folder)
        with Server(("127.0.0.1", options.listen), Handler) as server:
            server.serve_forever()


if __name__ == "__main__":
    main()
