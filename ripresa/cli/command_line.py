"""The command line: python -m ripresa COMMAND. The module of a command is imported only when it is called."""

import sys
from importlib import import_module

from ripresa import settings

COMMANDS = {  # name -> module of ripresa.cli, help
    "serve": ("serve", "start the dashboard"),
    "build": ("build_database", "build the database from data/"),
    "import": ("import_files", "import an official file into data/imports and build again"),
    "release": ("make_release", "archive this data version and write what changed"),
    "rollback": ("rollback", "put back the database that the last build replaced"),
    "verify": ("verify_file", "check whether a figure or a table is ours, intact and current"),
    "profiles": ("profile_sheets", "print a PDF of each area in both languages"),
    "diagnosis": ("diagnosis_commands", "contributed diagnoses: store, backups, quarterly release"),
    "check-links": ("check_links", "check whether the addresses of data/resources.csv answer"),
}


def main(arguments: list[str] | None = None) -> int:
    """Runs a command and returns its exit status: 1 after an error, 2 if unknown, 130 if interrupted."""
    command, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if command in ("-h", "--help"):
        print(format_usage())
        return 0
    if command not in COMMANDS:
        print(f"{command!r} is not a command.\n\n{format_usage()}", file=sys.stderr)
        return 2
    module, _ = COMMANDS[command]
    try:
        settings.check_environment()
        status: int = import_module(f"ripresa.cli.{module}").main(rest)
    except settings.SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        if not error.filename:
            raise
        print(
            f"{error.filename} cannot be read or written ({error.strerror}): "
            "check the path and its permissions.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def format_usage() -> str:
    """The help: one line per command."""
    commands = "\n".join(f"  {name:<12} {description}" for name, (_, description) in COMMANDS.items())
    return (
        f"usage: python -m ripresa COMMAND ...\n\n{commands}\n\n"
        "python -m ripresa COMMAND --help lists the options of a command."
    )
