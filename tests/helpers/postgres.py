"""A PostgreSQL server for the tests of the contribution store."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


class PostgresServer:
    """A PostgreSQL of the test's own, on a socket in a folder of its own; no port."""

    def __init__(self, programs: Path):
        self.programs, self.folder = programs, Path(tempfile.mkdtemp(prefix="diagnosis-"))
        self.data = self.folder / "data"
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()
        self.address = f"postgresql://postgres@/postgres?host={self.folder}"

    def run(self, program: str, *arguments):
        runuser = shutil.which("runuser", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or "runuser"
        as_user = [runuser, "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run(
            [*as_user, self.programs / program, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self.folder,
        )

    def start(self):
        options = f"-k {self.folder} -c listen_addresses='' -c shared_buffers=16MB"
        self.run("pg_ctl", "-D", self.data, "-o", options, "-l", self.folder / "log", "-w", "start")

    def crash(self):
        """Stop as a power cut would, without writing anything more, and start again."""
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        self.start()

    def close(self):
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = Path(shutil.which("initdb") or (found[-1] if found else ""))
    if not path.name:
        say = pytest.fail if os.environ.get("REQUIRE_POSTGRES") else pytest.skip
        say(
            "PostgreSQL is not installed: the tests of its store did not run (Debian: "
            "apt-get install postgresql)"
        )
    postgres_server = PostgresServer(path.resolve().parent)
    yield postgres_server
    postgres_server.close()
