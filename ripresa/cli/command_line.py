"""The command line: python -m ripresa COMMAND. Each command is a module, imported only when it is called."""

import sys
from importlib import import_module

from ripresa import settings

COMMANDS = {
    "serve": ("serve", "start the dashboard"),
    "build": ("build_database", "make the database from data/"),
    "import": ("import_files", "bring an official file into data/imports and build again"),
    "release": ("make_release", "archive this data version and write what changed"),
    "rollback": ("rollback", "put back the database that the last build replaced"),
    "verify": ("verify_file", "say whether a figure or a table is ours, intact and current"),
    "profiles": ("profile_sheets", "print a PDF of each area in both languages"),
    "diagnosis": ("diagnosis_commands", "contributed diagnoses: store, backups, quarterly release"),
    "check-links": ("check_links", "ask each address of data/resources.csv whether it answers"),
}


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and gives its exit status: 1 with settings of an older version, 2 where it is not known."""
    arguments = sys.argv[1:] if arguments is None else arguments
    command, *rest = arguments or ["--help"]
    if command in ("-h", "--help"):
        print(format_usage())
        return 0
    if command not in COMMANDS:
        print(f"{command!r} is not a command.\n\n{format_usage()}", file=sys.stderr)
        return 2
    try:
        settings.check_environment()
    except settings.SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    module, _ = COMMANDS[command]
    return import_module(f"ripresa.cli.{module}").main(rest)


def format_usage() -> str:
    """The commands, one a line."""
    lines = [f"  {name:<12} {description}" for name, (_, description) in COMMANDS.items()]
    return "\n".join(
        [
            "usage: python -m ripresa COMMAND ...",
            "",
            *lines,
            "",
            "python -m ripresa COMMAND --help says more.",
        ]
    )
