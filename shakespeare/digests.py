"""The one rule for what is current: a result belongs to what made it.

The name of a result has a digest of its text, settings, weights and arguments, and of its code: the
modules that define the functions and classes with which it was made, and the modules that these
import at their top. Code counts by its meaning, so comments, docstrings and layout don't count, and
neither do dates, the places of files, versions of libraries, or the machine. What was made with a
user's own code is never found again.
"""

import ast
import hashlib
import inspect
import json
import sys
import sysconfig
import time
import uuid
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

from .files import InputError

OURS = ("shakespeare", "course")  # the packages whose code counts
TINY_SHAKESPEARE = "86c4e6aa9db7c042"  # `text_digest` of input.txt
IMPORTED = time.time()  # about when this process imported the other modules, too


def digest(*parts: Any) -> str:
    """Twelve hexadecimal digits, the same for equal parts: tensors, code, what can be pickled.

    Raises InputError for others, and for code that was edited after this process imported it.
    """
    whole = hashlib.sha256()
    for part in parts:
        content = as_bytes(part)
        whole.update(len(content).to_bytes(8, "big"))  # or "ab", "c" would be the same as "a", "bc"
        whole.update(content)
    return whole.hexdigest()[:12]


def as_bytes(part: Any) -> bytes:
    if isinstance(part, bytes):
        return part
    if is_tensor(part):
        return part.detach().cpu().numpy().tobytes()
    try:
        return json.dumps(part, sort_keys=True, default=described).encode()
    except InputError:
        raise
    except (TypeError, ValueError, AttributeError, RuntimeError) as error:  # from pickling, too
        reason = f"A {type(part).__name__} can't be told from another one ({error})"
        raise InputError(f"{reason}: make a new one, of simple arguments.") from None


def is_tensor(value: Any) -> bool:
    """Without an import of PyTorch, which takes seconds."""
    return hasattr(value, "detach") and hasattr(value, "numpy")


def described(value: Any) -> Any:
    """What JSON can't hold, in terms of what it can hold or this function is asked about again."""
    if is_tensor(value):
        value = value.detach().cpu().numpy()
    if hasattr(value, "dtype") and hasattr(value, "tobytes"):
        return [str(value.dtype), value.shape, digest(value.tobytes())]
    if inspect.isclass(value):
        return code_of(value)
    if inspect.isfunction(value):
        closure = [cell.cell_contents for cell in value.__closure__ or ()]
        return [code_of(value), value.__defaults__, value.__kwdefaults__, closure]
    if isinstance(value, set | frozenset):
        return sorted(digest(each) for each in value)  # a set has no order
    if isinstance(value, bytes):
        return value.hex()
    parts = value.__reduce_ex__(2)  # as pickle sees it: what makes it, from what, and its state
    if isinstance(parts, str):  # the name of a function that isn't written in Python
        return [value.__module__, parts]
    return [list(part) if isinstance(part, Iterator) else part for part in parts]


def text_digest(pieces: Iterable[str]) -> str:
    """Sixteen digits for a text, such as `read_pieces` yields it: with every line end as "\\n"."""
    whole = hashlib.sha256()
    for piece in pieces:
        whole.update(piece.encode())
    return whole.hexdigest()[:16]


def is_tiny_shakespeare(pieces: Iterable[str]) -> bool:
    """Whether this is the text of input.txt, wherever it comes from."""
    return text_digest(pieces) == TINY_SHAKESPEARE


def code_of(made_with: Any) -> list[str]:
    """The meaning of the code behind a function or class.

    Of a library's it is the name. Of a user's own, in a notebook or a module, nobody can tell all
    that it depends on: so it is never the same again.
    """
    module = made_with.__module__
    name = f"{module}.{made_with.__qualname__}"
    if is_ours(module):
        return [tree_of(each) for each in sorted(with_imports(module))]
    if is_own(made_with):
        return [name, uuid.uuid4().hex]
    return [name]


def is_ours(module: str) -> bool:
    return module.partition(".")[0] in OURS


def is_own(made_with: Any) -> bool:
    """Whether a function or class is a user's own: neither ours nor a library's."""
    module = made_with.__module__
    if module == "__main__":
        return True
    file = getattr(sys.modules.get(module), "__file__", None)
    if is_ours(module) or file is None:  # built into Python
        return False
    installed = {"site-packages", "dist-packages"} & set(Path(file).parts)
    return not installed and not Path(file).is_relative_to(sysconfig.get_path("stdlib"))


def with_imports(module: str) -> set[str]:
    """The names of a module of ours and of all modules of ours that it needs."""
    needed: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += imports_of(name)
    return needed


@cache
def imports_of(module: str) -> list[str]:
    """The modules of ours that a module imports at its top."""
    names = []
    for statement in ast.parse(source_file(module).read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Import):
            names += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            dots = "." * statement.level
            whole = resolve_name(dots + (statement.module or ""), module.rpartition(".")[0])
            names.append(whole)
            names += [f"{whole}.{alias.name}" for alias in statement.names]  # if it is a module
    return [name for name in names if is_ours(name) and is_module(name)]


def is_module(name: str) -> bool:
    """Whether this is an imported module, not a package (which imports nothing here) or a value."""
    return name in sys.modules and not hasattr(sys.modules[name], "__path__")


def source_file(module: str) -> Path:
    source = sys.modules[module].__file__
    assert source is not None
    return Path(source)


def tree_of(module: str) -> str:
    """The meaning of a whole module, as this process imported it."""
    file = source_file(module)
    dates = file.stat()
    # A file that was moved here keeps its own date, but the system notes when that happened.
    if IMPORTED < dates.st_mtime <= time.time() or dates.st_ctime > IMPORTED:
        raise InputError(f"{file.name} was edited after it was imported: restart the kernel.")
    return meaning_of_file(file)


@cache
def meaning_of_file(file: Path) -> str:
    return meaning(file.read_text(encoding="utf-8"))


def meaning(source: str) -> str:
    """The syntax tree of some code, without docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:]
    return ast.dump(tree)
