# SPDX-License-Identifier: BSD-2-Clause
"""Reads capDL's text form, strictly: what capDL's grammar does not have is an error."""

import re

TOKEN = re.compile(r"\s*(?:--[^\n]*|(0x[0-9a-f]+|\d+)|([A-Za-z][A-Za-z0-9_@]*)|(\.\.|[{}()\[\]:,=]))")


class Reader:
    def __init__(self, text):
        self.tokens, at = [], 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            assert match, text[at:at + 80]
            at = match.end()
            if any(match.groups()):
                self.tokens.append(match.group(1) or match.group(2) or match.group(3))
        self.at = 0
        self.objects = {}       # name: (type, {parameter: value})
        self.caps = {}          # name: {slot: (name, rights, {parameter: value})}
        self.irqs = {}
        self.read()

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, wanted=None):
        token = self.peek()
        assert wanted is None or token == wanted, (wanted, token, self.tokens[max(0, self.at - 8):self.at + 4])
        self.at += 1
        return token

    def number(self):
        return int(self.take(), 0)

    def read(self):
        self.take("arch")
        self.take()
        for words, body in ((["objects"], self.declaration), (["caps"], self.container),
                            (["irq", "maps"], self.interrupt)):
            for word in words:
                self.take(word)
            self.take("{")
            while self.peek() != "}":
                body()
            self.take("}")
        assert self.peek() is None

    def declaration(self):
        name, count = self.take(), None
        if self.peek() == "[":
            self.take("[")
            count = self.number()
            self.take("]")
        self.take("=")
        kind, parameters = self.take(), self.parameters()
        for one in [name] if count is None else ["%s[%d]" % (name, i) for i in range(count)]:
            assert one not in self.objects, "declared twice: " + one
            self.objects[one] = kind, parameters

    def parameters(self):
        found = {}
        if self.peek() != "(":
            return found
        self.take("(")
        while self.peek() != ")":
            word = self.take()
            if self.peek() == ":":
                self.take(":")
                found[word] = self.value()
            elif self.peek() in ("bits", "k", "M"):
                found[self.take()] = int(word, 0)
            elif word in ("cached", "uncached"):
                found[word] = True
            else:
                assert word and set(word) <= set("RWGPX"), word
                found["rights"] = word
            if self.peek() == ",":
                self.take(",")
        self.take(")")
        return found

    def value(self):
        if self.peek() != "[":
            token = self.take()
            return int(token, 0) if token[0].isdigit() else token
        self.take("[")
        values = []
        while self.peek() != "]":
            values.append(self.number())
            if self.peek() == ",":
                self.take(",")
        self.take("]")
        return values

    def reference(self):
        name = self.take()
        if self.peek() == "[":
            self.take("[")
            name += "[%d]" % self.number()
            self.take("]")
        assert name in self.objects, "not declared: " + name
        return name

    def container(self):
        slots = self.caps.setdefault(self.reference(), {})
        self.take("{")
        while self.peek() != "}":
            slot = self.take()
            slot = int(slot, 0) if slot[0].isdigit() else slot
            self.take(":")
            assert slot not in slots
            slots[slot] = self.reference(), self.parameters()
        self.take("}")

    def interrupt(self):
        number = self.number()
        self.take(":")
        assert number not in self.irqs
        self.irqs[number] = self.reference()

    def pages(self, name):
        """What a table maps, with all that hangs on it: {address: (frame, rights, parameters)}."""
        shift = {"pgd": 39, "pud": 30, "pd": 21, "pt": 12}[self.objects[name][0]]
        found = {}
        for slot, (what, parameters) in self.caps.get(name, {}).items():
            assert 0 <= slot < 512
            if self.objects[what][0] == "frame":
                size = {"k": 10, "M": 20}
                (unit, n), = [(u, n) for u, n in self.objects[what][1].items() if u in size]
                assert n << size[unit] == 1 << shift
                found[slot << shift] = what, parameters
            else:
                found.update({(slot << shift) + at: page for at, page in self.pages(what).items()})
        return found
