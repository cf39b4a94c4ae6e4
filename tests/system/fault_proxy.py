#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A TLS proxy before a real ACME CA that writes down every request and injects faults.

The CA makes its URLs from the Host header, which is passed on: so a client that was given the
proxy's directory URL sends all its requests through the proxy.

Log, one line each (it is flushed, so a test can wait for a line):
    open CONN                          a connection was accepted
    CONN ~ USER-AGENT                  of the request that is told of next
    CONN > METHOD PATH                 a request has arrived
    CONN = METHOD PATH STATUS          the CA has answered it so, and the answer is held
    CONN < METHOD PATH STATUS [FAULT]  it was answered (STATUS - : not at all)
    close CONN
CONN is a running number.

The control file is read again for each request. One rule a line, words as in a shell; the first
rule that matches a request is used. Empty lines and #comments are skipped. It may be missing.
Which requests (all that are given must hold):
    path=REGEX  method=POST  skip=N (let the first N pass)  times=N (default: every one)
Instead of an answer of the CA (the CA sees nothing):
    status=N  retry-after=SECONDS  retry-after-date=SECONDS (an HTTP date that far from now)
    body=html | empty | text:TEXT | @FILE   problem=TYPE (an ACME problem)   detail=TEXT
    type=CONTENT-TYPE
    drop=before (the connection is closed)
With the CA's answer (the CA has acted):
    drop=after (nothing is sent)   drop=midway (half of the body is sent)
    sub=REGEX=>TEXT (in the body; may be repeated)   set-status=N
    header=NAME:VALUE (added or replaced)   no-header=NAME
    drip=SECONDS (a pause after each byte of the body)
Time:
    delay=SECONDS (before the CA is asked)   delay-answer=SECONDS (after)
    hold=FILE (wait before the CA is asked until FILE exists)   hold-answer=FILE (after)
    held=REGEX (hold-answer concerns the CA's answers of such a status alone)
Counts of skip and times begin again when the text of the control file changes.
"""
import argparse
import email.utils
import http.client
import http.server
import itertools
import json
import os
import re
import shlex
import socketserver
import ssl
import sys
import threading
import time

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"}
HTML = b"<html><head><title>503 Service Temporarily Unavailable</title></head></html>\n"
STATUS_OF_PROBLEM = {"rateLimited": 429, "serverInternal": 500, "unauthorized": 403}


class Rule:
    """One line of the control file."""

    def __init__(self, line):
        self.line = line
        self.seen = 0
        self.words = {}
        self.subs = []
        for word in shlex.split(line, comments=True):
            key, equals, value = word.partition("=")
            if not equals:
                raise ValueError(f"not KEY=VALUE: {word}")
            if key == "sub":
                pattern, _, text = value.partition("=>")
                self.subs.append((re.compile(pattern.encode()), text.encode()))
            self.words[key] = value

    def get(self, key, default=None):
        return self.words.get(key, default)

    def number(self, key):
        return float(self.words.get(key, 0))

    def takes(self, method, path):
        """True when this rule is for this request; counts it."""
        if self.get("method", method) != method or not re.search(self.get("path", ""), path):
            return False
        self.seen += 1
        past = self.seen - int(self.get("skip", 0))
        return past > 0 and past <= int(self.get("times", sys.maxsize))

    def is_answer(self):
        return "status" in self.words or "problem" in self.words


class Control:
    """The rules that are in force now."""

    def __init__(self, path):
        self.path = path
        self.text = None
        self.rules = []
        self.lock = threading.Lock()

    def rule_for(self, method, path):
        with self.lock:
            try:
                with open(self.path, encoding="utf-8") as file:
                    text = file.read()
            except FileNotFoundError:
                text = ""
            if text != self.text:
                lines = [line.strip() for line in text.splitlines()]
                self.rules = [Rule(l) for l in lines if l and not l.startswith("#")]
                self.text = text
            return next((rule for rule in self.rules if rule.takes(method, path)), None)


class Answer:
    """What is sent to the client."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def set_header(self, name, value):
        self.remove_header(name)
        self.headers.append((name, value))

    def remove_header(self, name):
        self.headers = [h for h in self.headers if h[0].lower() != name.lower()]


def own_answer(rule):
    """The answer of a rule that does not ask the CA."""
    problem = rule.get("problem")
    status = int(rule.get("status", STATUS_OF_PROBLEM.get(problem, 400)))
    body, content_type = rule.get("body", "html"), "text/html"
    if problem is not None:
        content_type = "application/problem+json"
        content = json.dumps({"type": "urn:ietf:params:acme:error:" + problem, "status": status,
                              "detail": rule.get("detail", "injected " + problem)}).encode()
    elif body == "html":
        content = HTML
    elif body == "empty":
        content = b""
    elif body.startswith("@"):
        with open(body[1:], "rb") as file:
            content = file.read()
    else:
        content = body.removeprefix("text:").encode()
    answer = Answer(status, [("Content-Type", rule.get("type", content_type))], content)
    if rule.get("retry-after"):
        answer.set_header("Retry-After", rule.get("retry-after"))
    if rule.get("retry-after-date"):
        date = time.time() + rule.number("retry-after-date")
        answer.set_header("Retry-After", email.utils.formatdate(date, usegmt=True))
    return answer


def rewrite(rule, answer):
    """Applies to an answer of the CA what the rule says."""
    for pattern, text in rule.subs:
        answer.body = pattern.sub(text, answer.body)
    if rule.get("set-status"):
        answer.status = int(rule.get("set-status"))
    if rule.get("no-header"):
        answer.remove_header(rule.get("no-header"))
    if rule.get("header"):
        name, _, value = rule.get("header").partition(":")
        answer.set_header(name, value.strip())


def wait_for(path):
    while path and not os.path.exists(path):
        time.sleep(0.02)


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection of a client, and the connection to the CA that belongs to it."""

    protocol_version = "HTTP/1.1"
    numbers = itertools.count(1)
    options = control = None

    def setup(self):
        self.number = next(self.numbers)
        self.upstream = None
        self.note(f"open {self.number}")
        super().setup()

    def finish(self):
        try:
            super().finish()
        finally:
            if self.upstream:
                self.upstream.close()
            self.note(f"close {self.number}")

    def note(self, line):
        self.options.log.write(line + "\n")
        self.options.log.flush()

    def log_message(self, *args):
        pass

    def ask(self, body):
        """Hands the request on to the CA."""
        if self.upstream is None:
            context = ssl.create_default_context(cafile=self.options.ca)
            self.upstream = http.client.HTTPSConnection(self.options.upstream, context=context)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
        self.upstream.request(self.command, self.path, body, headers)
        got = self.upstream.getresponse()
        content = got.read()
        if got.will_close:
            self.upstream.close()
        kept = [h for h in got.getheaders()
                if h[0].lower() not in HOP_BY_HOP and h[0].lower() != "content-length"]
        return Answer(got.status, kept, content)

    def send(self, answer, rule):
        """False: the connection has to end now."""
        midway = rule and rule.get("drop") == "midway"
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        content = b"" if self.command == "HEAD" else answer.body
        content = content[:len(content) // 2] if midway else content
        pause = rule.number("drip") if rule else 0
        if not pause:
            self.wfile.write(content)
        for byte in content if pause else b"":
            self.wfile.write(bytes([byte]))
            time.sleep(pause)
        return not midway

    def relay(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
        # The rule counts before the line is written: who waits for the line may change the rules.
        rule = self.control.rule_for(self.command, self.path)
        self.note(f"{self.number} ~ {self.headers.get('User-Agent', '-')}")
        self.note(f"{self.number} > {self.command} {self.path}")
        status = "-"
        try:
            if rule is None:
                answer = self.ask(body)
                status = answer.status
                self.send(answer, None)
                return
            time.sleep(rule.number("delay"))
            wait_for(rule.get("hold"))
            self.close_connection = rule.get("drop") is not None
            if rule.get("drop") == "before":
                return
            if rule.is_answer():
                answer = own_answer(rule)
            else:
                answer = self.ask(body)
                rewrite(rule, answer)
            time.sleep(rule.number("delay-answer"))
            if rule.get("hold-answer") and re.fullmatch(rule.get("held", ".*"), str(answer.status)):
                self.note(f"{self.number} = {self.command} {self.path} {answer.status}")
                wait_for(rule.get("hold-answer"))
            if rule.get("drop") != "after":
                status = answer.status
                self.send(answer, rule)
        except (http.client.HTTPException, OSError) as error:
            self.close_connection = True
            self.note(f"{self.number} ! {error!r}")
        finally:
            fault = f" {rule.line}" if rule else ""
            self.note(f"{self.number} < {self.command} {self.path} {status}{fault}")

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = relay


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    context = None

    def finish_request(self, request, client_address):
        # The handshake belongs into the connection's thread: a silent client must not stop others.
        try:
            with self.context.wrap_socket(request, server_side=True) as tls:
                super().finish_request(tls, client_address)
        except OSError:
            pass  # the client has gone, or does not trust us


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--upstream", required=True, help="HOST:PORT of the CA")
    parser.add_argument("--ca", required=True, help="root certificate of the CA's own TLS")
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--control", required=True)
    parser.add_argument("--log", type=argparse.FileType("a", encoding="utf-8"), required=True)
    options = parser.parse_args()
    Handler.options = options
    Handler.control = Control(options.control)
    Server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    Server.context.load_cert_chain(options.certificate, options.key)
    with Server(("127.0.0.1", options.listen), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
