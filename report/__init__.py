"""What makes the report: executes notebooks, renders them, builds the explorer."""

import sys

import shakespeare  # noqa: F401 before PyTorch is imported, whose threads it keeps from spinning

# To read a notebook imports jsonschema, which compiles a grammar of addresses if there is one. That
# takes more than a second in each process, and no notebook is checked for addresses.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
