"""python -m ripresa serve: the dashboard, the API, embeds and feeds in one process."""

import argparse
import errno
import socket
import sys

from ripresa import settings


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ripresa serve", description="Start the dashboard.")
    parser.add_argument("--host", default="localhost", help="address to listen on (default: localhost)")
    parser.add_argument("--port", type=_parse_port, default=8501, help="port to listen on (default: 8501)")
    options = parser.parse_args(arguments)
    try:
        socket.create_server((options.host, options.port)).close()
    except OSError as error:
        print(_describe_bind_error(options.host, options.port, error), file=sys.stderr)
        return 1
    # Replaces Streamlit's welcome message, which requests this machine's public address from another host.
    print(f"\n  Ripresa digitale: http://{options.host}:{options.port}   (Ctrl-C stops it)\n", flush=True)
    # Streamlit finds .streamlit/ and static/ next to the script in argv[0], whatever the current folder is.
    sys.argv = [str(settings.DASHBOARD)]
    from ripresa.web.server import app

    config = {"server.address": options.host, "server.port": options.port, "logger.hideWelcomeMessage": True}
    app.run(config=config)
    return 0


def _parse_port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use a number from 1 to 65535")
    return int(text)


def _describe_bind_error(host: str, port: int, error: OSError) -> str:
    """One sentence with the next step: the port is in use, or the address cannot be listened on."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken: choose another, for example --port 8600 (make run PORT=8600)."
    return (
        f"{host}:{port} cannot be listened on ({error.strerror or error}): choose another --host or --port."
    )
