#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Stands in for the cross compiler (PEERVISOR_CC): an object is a copy of its source, a program is an
ELF file that the tool can load. A source with a line `refuse` does not compile. CC_LOG counts the calls."""

import os
import pathlib
import sys

import stubs

arguments = sys.argv[1:]
output = pathlib.Path(arguments[arguments.index("-o") + 1])
with open(os.environ["CC_LOG"], "a", encoding="utf-8") as log:
    log.write("%s\n" % output.name)
if "-c" in arguments:
    source = pathlib.Path(next(a for a in arguments if a.endswith((".c", ".S"))))
    text = source.read_text()
    if "\nrefuse" in text:
        sys.exit("%s: refused" % source)
    headers = [line.split('"')[1] for line in text.splitlines() if line.startswith('#include "own')]
    depends = " ".join(str(p).replace(" ", "\\ ") for p in [source] + headers)
    pathlib.Path(arguments[arguments.index("-MF") + 1]).write_text("%s: \\\n %s\n" % (output, depends))
    output.write_text(text)
else:
    output.write_bytes(stubs.component())
