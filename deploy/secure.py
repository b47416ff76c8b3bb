"""make secure: static analysis of the code with bandit, and an audit of the pinned packages with pip-audit.

The exemptions from bandit's rules, with reasons, are in pyproject.toml.
"""

import json
import subprocess
import sys

SOURCE_PATHS = ("dashboard.py", "deploy", "pages", "ripresa")
PIP_AUDIT_OPTIONS = "-f json --progress-spinner off --timeout 10 -r requirements.txt".split()


def run_bandit() -> int:
    """Runs bandit, prints a summary and returns its exit status."""
    command = [sys.executable, "-m", "bandit", "-q", "-c", "pyproject.toml", "-r", *SOURCE_PATHS]
    status = subprocess.run(command).returncode
    print("code: bandit found what is above." if status else "code: read by bandit, clean.", file=sys.stderr)
    return status


def run_pip_audit() -> int:
    """Runs pip-audit, prints a summary and returns the exit status: 0 where its service does not answer."""
    command = [sys.executable, "-m", "pip_audit", *PIP_AUDIT_OPTIONS]
    result = subprocess.run(command, capture_output=True, text=True)
    status, summary = evaluate_pip_audit(result.stdout)
    print(summary, file=sys.stderr)
    return status


def evaluate_pip_audit(report: str) -> tuple[int, str]:
    """The exit status for a JSON report of pip-audit, and its summary."""
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        return 0, (
            "packages: not checked, pip-audit's service of known faults does not answer here; "
            "run make secure where there is a network."
        )
    vulnerable = [package for package in packages if package.get("vulns")]
    if vulnerable:
        return 1, "\n".join(
            f"packages: {package['name']} {package['version']} has "
            f"{', '.join(vulnerability['id'] for vulnerability in package['vulns'])}."
            for package in vulnerable
        )
    checked = [package for package in packages if "skip_reason" not in package]
    if not checked:
        return 0, (
            f"packages: not checked, pip-audit's service knows none of the {len(packages)} here; "
            "run make secure where there is a network."
        )
    return 0, (
        f"packages: no known fault in {len(checked)} of {len(packages)}, "
        "the others are unknown to the service."
    )


if __name__ == "__main__":
    sys.exit(run_bandit() or run_pip_audit())
