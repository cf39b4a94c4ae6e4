#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""man_examples.py FOLDER <PAGE.html: the displays of a man page as readers see them, one file each.

The page comes from mandoc -Thtml. FOLDER/01, FOLDER/02 ... hold what stands in .Bd -literal, line by
line, and in .Dl, which is one line.
"""

import html.parser
import pathlib
import sys


class Displays(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.texts = []
        self.depth = 0
        self.is_literal = False

    def handle_starttag(self, tag, attributes):
        if tag == "div":
            if self.depth:
                self.depth += 1
            elif "Bd" in (dict(attributes).get("class") or "").split():
                self.depth = 1
                self.is_literal = False
                self.texts.append("")
        elif tag == "pre" and self.depth:
            self.is_literal = True

    def handle_endtag(self, tag):
        if tag != "div" or not self.depth:
            return
        self.depth -= 1
        if self.depth == 0 and not self.is_literal:
            self.texts[-1] = " ".join(self.texts[-1].split())

    def handle_data(self, data):
        if self.depth:
            self.texts[-1] += data


displays = Displays()
displays.feed(sys.stdin.read())
folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True)
for number, text in enumerate(displays.texts, start=1):
    (folder / f"{number:02}").write_text(text.strip("\n") + "\n")
