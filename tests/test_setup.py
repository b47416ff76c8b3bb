"""The project starts on a machine that has only Python and make, and holds nothing of the machines it was
written on.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DIRECT = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (".", "benchmarks")
    for path in (ROOT / folder).glob("requirements*.txt")
)
REQUIREMENTS = [*DIRECT, "constraints.txt"]
TARGETS = (
    "help",
    "run",
    "test",
    "check",
    "build",
    "lint",
    "clean",
    "bench",
    "release",
    "sheets",
    "secure",
    "fuzz",
)
ELSEWHERE = re.compile(
    r"(^|[^A-Za-z0-9._%-])/(work|farm|root|Users)/|[A-Z]:\\Users|://[a-z.-]*(pyp|pythonh|npmj|npmm)",
    re.MULTILINE,
)


def tracked() -> list[Path]:
    """The project's files: what git tracks or would track; without git, what is there."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0 and listed.stdout:
        return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    made = {".venv", ".git", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis"}
    return [
        path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)
    ]


def text_of(path: Path) -> str:
    """The file's text; "" for pictures and other binary files."""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8")


def pins(name: str) -> dict[str, str]:
    """{"streamlit": "1.67.0", ...} of one requirements file; a line that pins nothing fails."""
    lines = [
        line
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "-c "))
    ]
    found = [
        re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\d[\w.]*)(?:\s+# .+)?", line) for line in lines
    ]
    assert all(found), (
        f"{name}: not pinned: {[line for line, match in zip(lines, found, strict=True) if not match]}"
    )
    return {match[1].lower(): match[2] for match in found}


def test_no_file_names_a_folder_of_this_machine_or_a_package_registry():
    bad = [
        f"{path.relative_to(ROOT)}: {found[0].strip()}"
        for path in tracked()
        if (found := ELSEWHERE.search(text_of(path)))
    ]
    assert not bad


def test_every_file_name_is_plain():
    assert not [path.name for path in tracked() if not re.fullmatch(r"[A-Za-z0-9._-]+", path.name)]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned(name):
    assert pins(name)


def test_every_direct_requirement_says_what_it_is_for():
    for name in DIRECT:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if "==" in line and "  # " not in line]


def test_the_packages_agreed_with_the_client_are_there():
    assert {"streamlit", "plotly", "duckdb", "pandas", "pytest"} <= set(pins("requirements.txt"))


def imported(path: Path) -> set[str]:
    """The packages a Python file imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(text_of(path))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return {name.split(".")[0] for name in names}


def test_every_import_comes_from_python_the_project_or_a_pinned_package():
    scripts = [path for path in tracked() if path.suffix == ".py"]
    ours = {path.stem for path in scripts} | {path.relative_to(ROOT).parts[0] for path in scripts}
    pinned = {name for file in REQUIREMENTS for name in pins(file)}
    brought = packages_distributions()
    known = {
        module for module, packages in brought.items() if {name.lower() for name in packages} & pinned
    } | pinned
    missing = {
        path.name: unknown
        for path in scripts
        if (unknown := imported(path) - set(sys.stdlib_module_names) - ours - known)
    }
    assert missing == {}


def test_make_offers_its_targets_and_help_lists_them():
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not [target for target in TARGETS if f"make {target}" not in shown]


def test_make_says_in_one_sentence_that_python_cannot_make_environments(tmp_path):
    """As on a Debian without python3-venv."""
    python = tmp_path / "python3"
    python.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\nexit 0\n')
    python.chmod(0o755)
    said = subprocess.run(
        ["make", "build", f"PYTHON={python}", f"VENV={tmp_path / 'env'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert said.returncode
    assert "install python3-venv" in said.stdout
    assert "Traceback" not in said.stdout + said.stderr


def test_ci_runs_make_test_and_can_be_run():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text()
    assert subprocess.run(["bash", "-n", script]).returncode == 0


def test_readme_promises_the_two_commands_and_names_only_files_that_exist():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in readme
    assert "make test" in readme
    named = re.findall(r"\]\(([^)#:]+)\)", readme)
    assert not [name for name in named if not (ROOT / name).exists()]


@pytest.mark.skipif(
    Path(sys.prefix) != ROOT / ".venv", reason="the tests do not run in the environment that make made"
)
@pytest.mark.skipif(shutil.which("make") is None, reason="no make on this machine")
def test_make_run_prints_the_address_and_the_dashboard_answers(serve):
    with serve(["make", "run", "PORT={port}", "HOST=127.0.0.1"]) as (address, log):
        assert address in log.read_text()
