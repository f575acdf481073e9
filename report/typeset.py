"""Set one document with Typst: python -m report.typeset SECONDS SOURCE OUT NAME=VALUE ...

It runs in a separate process, which ends after so many seconds of computing, because Typst 0.14
never returns from some characters in a figure, and then ignores Ctrl-C, too.
"""

import resource
import sys
from pathlib import Path

import typst

if __name__ == "__main__":
    seconds, source, out, *facts = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    document = Path(source)
    given = dict(fact.split("=", 1) for fact in facts)
    try:
        # PDF/UA-1: tagged for screen readers, with an alt text for each figure and equation.
        pdf = typst.compile(document, sys_inputs=given, pdf_standards=["ua-1"])
    except typst.TypstError:
        # Perhaps no font has a letter of the text: the PDF is tagged, but not to the standard.
        try:
            pdf = typst.compile(document, sys_inputs=given)
        except typst.TypstError as error:
            sys.exit(str(error))
    Path(out).write_bytes(pdf)
