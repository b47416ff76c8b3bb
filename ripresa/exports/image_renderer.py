"""Images drawn on the server, where a Chrome or Chromium exists: one browser kept open, a short queue, started again when it dies."""

import asyncio
import atexit
import os
import shutil
import signal
import subprocess
import threading
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from functools import cache

import plotly.graph_objects as go

from ripresa import logs, settings
from ripresa.exports import image_layout as printed
from ripresa.exports import image_metadata
from ripresa.exports import seal as fingerprint
from ripresa.exports.export_table import Export
from ripresa.i18n import t

FORMS = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WAITING, SECONDS, STARTING = (
    8,
    30,
    30,
)  # images asked for at once, seconds for one, seconds to open the browser


class RenderError(RuntimeError):
    """No image: `reason` is a phrase of words.toml (render_<reason>)."""

    def __init__(self, reason: str):
        super().__init__(t(f"render_{reason}", "en"))
        self.reason = reason

    def sentence(self, lang: str) -> str:
        """What to tell the reader."""
        return t(f"render_{self.reason}", lang)


@cache
def browser() -> str:
    """The path of a Chrome or Chromium, $BROWSER_PATH or $CHROMIUM first; empty where there is none, or nothing to drive it."""
    try:
        import kaleido  # noqa: F401
    except ImportError:
        return ""
    return next(filter(os.path.exists, settings.browser_paths()), "") or next(
        filter(None, map(shutil.which, BROWSERS)), ""
    )


def image(figure: go.Figure, export: Export, form: str, size: str = "web", theme: str = "light") -> bytes:
    """The figure as PNG, SVG or PDF with its words inside and its seal. `theme` is the one it was drawn in. Raises RenderError."""
    ready = printed.inline(printed.prepared(figure, export, size, theme))
    with logs.timed("render", form=form, size=size):
        drawn = _RENDERER.draw(ready, form, printed.scale(ready, size) if form == "png" else 1)
    return image_metadata.put(drawn, fingerprint.picture(export.seal, export.table))


def close() -> None:
    """Ends the browser; the next image opens another."""
    _RENDERER.stop()


class _Renderer:
    """The browser of this process, driven from a thread of its own."""

    def __init__(self) -> None:
        self._start, self._room = threading.Lock(), threading.BoundedSemaphore(WAITING)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._one: asyncio.Lock | None = None
        self._browser = None

    def draw(self, ready: go.Figure, form: str, scale: float) -> bytes:
        if not browser():
            raise RenderError("absent")
        if not self._room.acquire(blocking=False):
            raise RenderError("busy")
        try:
            asked = asyncio.run_coroutine_threadsafe(
                self._draw(
                    ready,
                    {
                        "format": form,
                        "width": ready.layout.width,
                        "height": ready.layout.height,
                        "scale": scale,
                    },
                ),
                self._running(),
            )
            return asked.result(2 * (SECONDS + STARTING) + WAITING * SECONDS)
        except Late:
            asked.cancel()
            raise RenderError("failed") from None
        finally:
            self._room.release()

    def stop(self) -> None:
        with self._start:
            if self._loop:
                asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result(STARTING)
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._loop = None

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._start:
            if self._loop is None:
                self._loop, self._one = asyncio.new_event_loop(), asyncio.Lock()
                threading.Thread(target=self._loop.run_forever, name="render", daemon=True).start()
            return self._loop

    async def _draw(self, ready: go.Figure, wanted: dict) -> bytes:
        async with self._one:
            clock = asyncio.get_running_loop()
            late = clock.time() + min(STARTING, SECONDS)
            for last in (False, True):  # a browser that died is opened again, once
                try:
                    await self._open()
                    watch = threading.Timer(
                        SECONDS, _end, [self._browser.subprocess]
                    )  # a browser that reads no more would hold this loop at its full pipe
                    watch.start()
                    try:
                        return await asyncio.wait_for(self._browser.calc_fig(ready, opts=wanted), SECONDS + 5)
                    finally:
                        watch.cancel()
                except (
                    Exception,
                    asyncio.CancelledError,
                ) as fault:  # a browser that dies cancels what was asked of it
                    if asyncio.current_task().cancelling():
                        raise
                    await self._drop()
                    if last or clock.time() > late:  # one that hangs would hang again
                        raise RenderError("failed") from fault

    async def _open(self) -> None:
        if self._browser is not None and self._browser.subprocess.poll() is not None:
            await self._drop()
        if self._browser is None:
            import kaleido

            self._browser = kaleido.Kaleido(n=1, timeout=SECONDS, mathjax=False, path=browser())
            await asyncio.wait_for(self._browser.open(), STARTING)

    async def _drop(self) -> None:
        dropped, self._browser = self._browser, None
        if dropped is not None:
            _end(getattr(dropped, "subprocess", None))  # first: to one that hangs, a polite word is a wait
            with suppress(Exception):  # it is gone, which is what was wanted
                await asyncio.wait_for(dropped.close(), 10)


def _end(process: subprocess.Popen | None) -> None:
    if process is not None and process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL) if os.name == "posix" else process.kill()
        process.wait()


_RENDERER = _Renderer()
atexit.register(close)
