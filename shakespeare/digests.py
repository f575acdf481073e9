"""The one rule for what is current: a result belongs to what made it.

The name of a result has a digest of its text, settings, weights and arguments, and of its code: the
modules that define the functions and classes with which it was made, and the modules that these
import at their top. Code counts by its meaning, so comments, docstrings and layout don't count, and
neither do dates, the places of files, versions of libraries, or the machine.
"""

import ast
import hashlib
import inspect
import json
import sys
import textwrap
import time
from collections.abc import Callable, Iterable
from functools import cache
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

from .files import InputError

OURS = ("shakespeare", "course")  # the packages whose code counts
TINY_SHAKESPEARE = "86c4e6aa9db7c042"  # `text_digest` of input.txt
IMPORTED = time.time()  # about when this process imported the other modules, too


def digest(*parts: Any) -> str:
    """Twelve hexadecimal digits, the same for equal parts.

    A part is a tensor, bytes, a function or a class, or what JSON can hold. Raises InputError for
    code that was edited after this process imported it.
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
    if hasattr(part, "numpy"):  # a tensor; without an import of PyTorch, which takes seconds
        return part.detach().cpu().numpy().tobytes()
    if callable(part):
        return code_of(part).encode()
    return json.dumps(part, sort_keys=True, default=str).encode()


def text_digest(pieces: Iterable[str]) -> str:
    """Sixteen digits for a text, such as `read_pieces` yields it: with every line end as "\\n"."""
    whole = hashlib.sha256()
    for piece in pieces:
        whole.update(piece.encode())
    return whole.hexdigest()[:16]


def is_tiny_shakespeare(pieces: Iterable[str]) -> bool:
    """Whether this is the text of input.txt, wherever it comes from."""
    return text_digest(pieces) == TINY_SHAKESPEARE


def code_of(made_with: Callable[..., Any]) -> str:
    """The meaning of the code behind a function or class: a syntax tree as text.

    Of a library's function or class it is only the name.
    """
    module = made_with.__module__
    if is_ours(module):
        return "\n".join(tree_of(name) for name in sorted(with_imports(module)))
    if module == "__main__":
        return "\n".join(notebook_code(made_with, set()))
    return f"{module}.{made_with.__qualname__}"


def is_ours(module: str) -> bool:
    return module.partition(".")[0] in OURS


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


def notebook_code(made_with: Callable[..., Any], seen: set[Any]) -> list[str]:
    """The code of a function or class of a notebook, and of what it is built on and calls there.

    Python finds the source of a notebook's functions, but not of its classes.
    """
    if made_with in seen:
        return []
    seen.add(made_with)
    if made_with.__module__ != "__main__":
        return [code_of(made_with)]
    code = []
    functions: list[Any] = [made_with]
    if inspect.isclass(made_with):
        functions = []
        for name, value in sorted(vars(made_with).items()):
            if isinstance(value, property):
                functions.append(value.fget)
            elif hasattr(value, "__code__") or hasattr(value, "__func__"):
                functions.append(getattr(value, "__func__", value))
            elif isinstance(value, str | int | float | bool | list | tuple | dict):
                code.append(f"{name} = {value!r}")
        for base in made_with.__bases__:
            code += notebook_code(base, seen)
    for function in functions:
        code.append(function_code(function))
        for name in function.__code__.co_names:
            used = function.__globals__.get(name)
            if getattr(used, "__module__", None) == "__main__" and callable(used):
                code += notebook_code(used, seen)
    return code


def function_code(function: Any) -> str:
    try:
        return meaning(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):  # such as a lambda within a call
        return f"{function.__code__.co_code.hex()} {function.__code__.co_consts}"


def meaning(source: str) -> str:
    """The syntax tree of some code, without docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:]
    return ast.dump(tree)
