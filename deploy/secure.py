"""make secure: our own code read by bandit (its exemptions, with reasons, are in pyproject.toml), the pinned packages asked of pip-audit."""

import json
import subprocess
import sys

SOURCE_PATHS = "dashboard.py deploy pages ripresa".split()


def run_bandit() -> int:
    """bandit's verdict, printed."""
    failed = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-c", "pyproject.toml", "-r", *SOURCE_PATHS]
    ).returncode
    print("code: bandit found what is above." if failed else "code: read by bandit, clean.", file=sys.stderr)
    return failed


def run_pip_audit() -> int:
    """pip-audit's verdict, in a sentence where its service does not answer."""
    asked = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip_audit",
            "-f",
            "json",
            "--progress-spinner",
            "off",
            "--timeout",
            "10",
            "-r",
            "requirements.txt",
        ],
        capture_output=True,
        text=True,
    )
    failed, words = evaluate_pip_audit(asked.stdout)
    print(words, file=sys.stderr)
    return failed


def evaluate_pip_audit(report: str) -> tuple[int, str]:
    """Whether a report of pip-audit fails, and the sentence that tells it."""
    try:
        found = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        return (
            0,
            "packages: not checked, pip-audit's service of known faults does not answer here; run make secure where there is a network.",
        )
    asked, faulty = (
        [one for one in found if "skip_reason" not in one],
        [one for one in found if one.get("vulns")],
    )
    if faulty:
        return 1, "\n".join(
            f"packages: {one['name']} {one['version']} has {', '.join(fault['id'] for fault in one['vulns'])}."
            for one in faulty
        )
    if not asked:
        return (
            0,
            f"packages: not checked, pip-audit's service knows none of the {len(found)} here; run make secure where there is a network.",
        )
    return (
        0,
        f"packages: no known fault in {len(asked)} of {len(found)}, the others are unknown to the service.",
    )


if __name__ == "__main__":
    sys.exit(run_bandit() or run_pip_audit())
