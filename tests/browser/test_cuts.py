"""The connection is lost, or the server dies: the view is restored, since its state is in the URL."""

import os
import select
import socket
import sys
import threading
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from ripresa.i18n import t
from tests.browser.conftest import SETTLED, WIDE, Visitor

VIEW = "/closures?lang=it&level=italy&geo=ITC4&period=2020"
APART = 1000 * int(os.environ.get("CUT_SECONDS", "2"))  # milliseconds without a wire
SERVER = [
    sys.executable,
    "-m",
    "ripresa",
    "serve",
    "--host=127.0.0.1",
    "--port={port}",
]


class Wire:
    """A door of its own to a server, that can be closed and led to another server."""

    def __init__(self, site: str):
        self.to, self.whole, self.ends = urlsplit(site), True, set()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.site = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self._open, daemon=True).start()

    def cut(self) -> None:
        self.whole = False
        for end in list(self.ends):
            end.close()

    def mend(self, site: str) -> None:
        self.to, self.whole = urlsplit(site), True

    def _open(self) -> None:
        while True:
            try:
                near = self.door.accept()[0]
            except OSError:
                return
            if not self.whole:
                near.close()
                continue
            threading.Thread(
                target=self._carry,
                args=(near, socket.create_connection((self.to.hostname, self.to.port))),
                daemon=True,
            ).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        pair = {near: far, far: near}
        self.ends |= set(pair)
        try:
            while ready := select.select(list(pair), [], [], 0.2)[0] or self.whole:
                for end in ready if ready is not True else ():
                    if not (piece := end.recv(65536)):
                        return
                    pair[end].sendall(piece)
        except (OSError, ValueError):  # it was cut
            pass
        finally:
            self.ends -= set(pair)
            near.close()
            far.close()


@pytest.mark.fault
@pytest.mark.parametrize("behind", ["the same server", "another server"])
def test_a_wire_cut_for_some_seconds_brings_the_same_view_back(behind, browser: Browser, site: str, serve):
    wire = Wire(site)
    page = browser.new_context(viewport=WIDE, locale="it-IT").new_page()
    try:
        visitor = Visitor(page, wire.site).open(VIEW)
        before, painted, words = visitor.place, visitor.painted(21), visitor.shown()
        wire.cut()
        page.wait_for_selector(SETTLED, state="detached", timeout=20_000)
        page.wait_for_timeout(APART)
        if behind == "the same server":
            comes_back(visitor, wire, site, before, painted, words)
        else:
            with serve(SERVER) as (other, _):
                comes_back(visitor, wire, other, before, painted, words)
    finally:
        page.context.close()
        wire.cut()
        wire.door.close()


def comes_back(visitor: Visitor, wire: Wire, site: str, before: tuple, painted: dict, words: str) -> None:
    page = visitor.page
    wire.mend(site)
    page.wait_for_selector(SETTLED, state="attached", timeout=60_000)
    page.wait_for_timeout(
        1_500
    )  # what is on the page at once is what was there; the run that follows must leave it so
    visitor.settle()
    assert visitor.place == before
    assert visitor.painted(21) == painted
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert visitor.shown() == words
    expect(page.locator("table")).to_have_count(0)
    page.get_by_text(t("show_table", "it")).first.click()
    expect(page.locator("table")).to_have_count(1)
    page.get_by_text("English", exact=True).click()
    page.wait_for_url("**lang=en**")
