"""python -m ripresa serve: the dashboard, the open data and everything else, in one process."""

import argparse
import socket
import sys

from ripresa import settings


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ripresa serve", description="Start the dashboard.")
    parser.add_argument("--host", default="localhost", help="address to listen on (default: localhost)")
    parser.add_argument("--port", type=int, default=8501, help="port to listen on (default: 8501)")
    options = parser.parse_args(arguments)
    try:
        settings.check_environment()
        socket.create_server((options.host, options.port)).close()
    except settings.SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError:
        print(f"Port {options.port} is taken: choose another, for example --port 8600.", file=sys.stderr)
        return 1
    print(f"\n  Ripresa digitale: http://{options.host}:{options.port}   (Ctrl-C stops it)\n", flush=True)
    # Streamlit's own greeting would ask another host for this machine's address.
    # Streamlit looks for .streamlit/ and static/ beside the script named here, so that any folder will do.
    sys.argv = [str(settings.DASHBOARD)]
    from ripresa.web.server import app

    config = {"server.address": options.host, "server.port": options.port, "logger.hideWelcomeMessage": True}
    app.run(config=config)
    return 0
