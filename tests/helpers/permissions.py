"""Folders that no one may write to, also when the tests run as root."""

import os
from pathlib import Path


class unprivileged_user:
    """Inside, the process has no more rights than any user: root may write anywhere."""

    def __enter__(self):
        if os.name == "posix" and os.geteuid() == 0:
            os.seteuid(65534)

    def __exit__(self, *fault):
        if os.name == "posix" and os.getuid() == 0:
            os.seteuid(0)


def make_read_only(root: Path) -> None:
    """Everyone may read, no one may write."""
    root.parent.chmod(0o755)
    root.chmod(0o555)
