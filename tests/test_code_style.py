"""What no linter has a rule for: names of the field, short functions, unique module names, docstrings."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ripresa import settings

MAX_FUNCTION_LINES = 60
# Verbs of conversation, participles and pronouns: how a value was got, not what it is.
FORBIDDEN_NAMES = frozenset(
    """
    asked aside away beside both bring brought company door doors drawn far fed felt found given
    gone here how kept kit known looks lost made many meant mended much named nowhere offered one
    ones ours own reach said say saying says shown sorry spoken sure taken tell telling there told
    twin way ways what whole whose wish wishes words
    """.split()
)
EXEMPT_NAMES = {
    "given": "hypothesis",
    "tell": "io.RawIOBase",
    "words": "a field of the sandbox's protocol",
    "found": "a column of the report of links",
    "shown": "a status of the published tables of the diagnosis",
}
CODE = sorted([*settings.PACKAGE.rglob("*.py"), *settings.PAGES.glob("*.py"), settings.DASHBOARD])


def identifiers(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name the code defines: functions, classes, parameters, variables, attributes, aliases."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield getattr(node, "id", getattr(node, "attr", "")), node.lineno
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, getattr(node, "lineno", 0)


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(settings.ROOT).as_posix()}:{line}"


def trees() -> Iterator[tuple[Path, ast.AST]]:
    for path in CODE:
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_names_are_those_of_the_field():
    offenders = [
        f"{place(path, line)} {name}"
        for path, tree in trees()
        for name, line in identifiers(tree)
        if name.strip("_").lower() in FORBIDDEN_NAMES - EXEMPT_NAMES.keys()
    ]
    assert not offenders, "\n".join(offenders)


def test_functions_are_short():
    offenders = [
        f"{place(path, node.lineno)} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= MAX_FUNCTION_LINES
    ]
    assert not offenders, "\n".join(offenders)


def test_no_two_modules_share_a_name():
    names = Counter(path.name for path in settings.PACKAGE.rglob("*.py") if not path.name.startswith("__"))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_module_class_and_public_function_says_what_it_is():
    offenders = [
        f"{place(path, getattr(node, 'lineno', 1))} {getattr(node, 'name', 'module')}"
        for path, tree in trees()
        for node in [tree, *tree.body]
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not getattr(node, "name", "").startswith("_")
        and getattr(node, "name", "") != "main"
        and not ast.get_docstring(node)
    ]
    assert not offenders, "\n".join(offenders)


def test_a_template_is_returned_as_markup_or_as_text_never_as_one_called_the_other():
    """Markup annotated `str` is not escaped by the template that it is given to as a text."""
    offenders = [
        f"{place(path, node.lineno)} {node.name}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and isinstance(node.returns, ast.Name)
        and node.returns.id == "str"
        and any(
            isinstance(statement, ast.Return)
            and isinstance(statement.value, ast.Call)
            and getattr(statement.value.func, "id", "") in ("render_template", "render_html")
            for statement in ast.walk(node)
        )
    ]
    assert not offenders, "\n".join(offenders)
