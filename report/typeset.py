"""Set one document with Typst: python -m report.typeset SOURCE OUT NAME=VALUE ...

It runs in a separate process, because Typst 0.14 never returns from some characters in a figure,
and then ignores Ctrl-C, too: the process that starts this one can end it.
"""

import sys
from pathlib import Path

import typst

if __name__ == "__main__":
    source, out, *facts = sys.argv[1:]
    document = Path(source)
    given = dict(fact.split("=", 1) for fact in facts)
    try:
        # PDF/UA-1: tagged for screen readers, with an alt text for each figure and equation.
        pdf = typst.compile(document, sys_inputs=given, pdf_standards=["ua-1"])
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            sys.exit(str(error))
        # No font has a script of the text: the PDF is tagged all the same, but not to the standard.
        pdf = typst.compile(document, sys_inputs=given)
    Path(out).write_bytes(pdf)
