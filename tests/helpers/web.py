"""Raw requests to a running dashboard."""

import socket
from urllib.parse import urlsplit


def open_websocket(origin: str, site: str) -> int:
    """The status given to a websocket that a page of this origin opens."""
    host = urlsplit(site)
    with socket.create_connection((host.hostname, host.port), timeout=20) as wire:
        wire.sendall(
            f"GET /_stcore/stream HTTP/1.1\r\nHost: {host.netloc}\r\nOrigin: {origin}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Protocol: streamlit\r\n\r\n".encode()
        )
        return int(wire.recv(4096).split()[1])
