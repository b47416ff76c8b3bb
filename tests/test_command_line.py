"""The command line: help for every command from any folder, and settings of older versions refused by all of
them.
"""

import errno
import os
import socket
import subprocess
import sys

import pytest

from ripresa import settings
from ripresa.cli import command_line, serve


def run(*words, cwd, **variables) -> subprocess.CompletedProcess:
    """python path/to/ripresa WORDS, from another folder."""
    command = [sys.executable, str(settings.PACKAGE), *words]
    return subprocess.run(
        command, cwd=cwd, env=os.environ | variables, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("command", command_line.COMMANDS)
def test_every_command_has_help_from_any_folder(command, tmp_path):
    result = run(command, "--help", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"usage: python -m ripresa {command}")


def test_an_unknown_command_is_named_with_those_there_are(capsys):
    assert command_line.main(["bild"]) == 2
    printed = capsys.readouterr().err
    assert "'bild' is not a command" in printed
    assert all(f"\n  {command} " in printed for command in command_line.COMMANDS)


@pytest.mark.parametrize("command", command_line.COMMANDS)
def test_no_command_ignores_a_variable_of_an_older_version(command, tmp_path):
    """With DIAGNOSIS_STORE ignored, a backup or a release would be of another store."""
    result = run(command, cwd=tmp_path, DIAGNOSIS_STORE=str(tmp_path / "diagnosis.sqlite3"))
    assert result.returncode == 1
    assert result.stderr.strip() == (
        "The environment variable DIAGNOSIS_STORE is now RIPRESA_CONTRIBUTION_STORE: rename it."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_cannot_be_written_is_one_sentence(monkeypatch, capsys):
    def fail(_):
        raise PermissionError(errno.EACCES, "Permission denied", "/closed/links.csv")

    monkeypatch.setattr(serve, "main", fail)
    assert command_line.main(["serve"]) == 1
    assert capsys.readouterr().err == (
        "/closed/links.csv cannot be read or written (Permission denied): "
        "check the path and its permissions.\n"
    )


def test_a_taken_port_is_one_sentence_with_the_next_step(capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert serve.main(["--host", "127.0.0.1", "--port", str(port)]) == 1
    assert f"Port {port} is taken" in capsys.readouterr().err


def test_an_address_of_another_machine_is_not_called_a_taken_port(capsys):
    assert serve.main(["--host", "192.0.2.1", "--port", "8600"]) == 1
    sentence = capsys.readouterr().err
    assert "192.0.2.1:8600 cannot be listened on" in sentence
    assert "taken" not in sentence


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_what_is_no_port_is_refused(port, capsys):
    with pytest.raises(SystemExit):
        serve.main([f"--port={port}"])
    assert "is not a port" in capsys.readouterr().err
