"""Images rendered on the server with Chromium: one browser with a short queue, restarted after a crash."""

import asyncio
import atexit
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from ripresa import logs
from ripresa.exports import image_layout, image_metadata
from ripresa.exports.chromium import find_chromium
from ripresa.exports.export_table import ExportedTable
from ripresa.exports.seal import build_image_seal
from ripresa.i18n import t

if TYPE_CHECKING:
    import kaleido

IMAGE_MEDIA_TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
MAX_QUEUED_IMAGES = 8
RENDER_TIMEOUT_SECONDS = 30  # for one image
START_TIMEOUT_SECONDS = 30  # for the browser
CLOSE_TIMEOUT_SECONDS = 10


class RenderError(RuntimeError):
    """No image; `reason` is that of the translation render_<reason>."""

    def __init__(self, reason: str) -> None:
        super().__init__(t(f"render_{reason}", "en"))
        self.reason = reason

    def format_message(self, lang: str) -> str:
        """The message for the reader."""
        return t(f"render_{self.reason}", lang)


@cache
def find_browser() -> str:
    """The path of the Chromium that renders images; "" where there is none, or no kaleido to drive it."""
    try:
        import kaleido  # noqa: F401
    except ImportError:
        return ""
    return find_chromium()


def render_image(
    figure: go.Figure, export: ExportedTable, image_format: str, size: str = "web", theme: str = "light"
) -> bytes:
    """The figure as PNG, SVG or PDF with its texts and its seal. Raises RenderError.

    `theme` is the one in which the figure was built.
    """
    ready = image_layout.embed_geojson(image_layout.build_image_figure(figure, export, size, theme))
    scale = image_layout.get_image_scale(ready, size) if image_format == "png" else 1
    with logs.log_duration("render", form=image_format, size=size):
        image = _RENDERER.render(ready, image_format, scale)
    return image_metadata.embed_seal(image, build_image_seal(export.seal, export.table))


def close_browser() -> None:
    """Closes the browser; the next image starts another."""
    _RENDERER.stop()


class _BrowserRenderer:
    """The browser of this process, driven by an event loop in a separate thread."""

    def __init__(self) -> None:
        self._start_lock = threading.Lock()
        self._queue_slots = threading.BoundedSemaphore(MAX_QUEUED_IMAGES)
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._render_lock = asyncio.Lock()
        self._browser: kaleido.Kaleido | None = None

    def render(self, figure: go.Figure, image_format: str, scale: float) -> bytes:
        """The image of a figure. Raises RenderError."""
        if not find_browser():
            raise RenderError("absent")
        if not self._queue_slots.acquire(blocking=False):
            raise RenderError("busy")
        options = {
            "format": image_format,
            "width": figure.layout.width,
            "height": figure.layout.height,
            "scale": scale,
        }
        timeout = (
            2 * (RENDER_TIMEOUT_SECONDS + START_TIMEOUT_SECONDS) + MAX_QUEUED_IMAGES * RENDER_TIMEOUT_SECONDS
        )
        try:
            image = asyncio.run_coroutine_threadsafe(self._render(figure, options), self._ensure_event_loop())
            return image.result(timeout)
        except TimeoutError:
            image.cancel()
            raise RenderError("failed") from None
        finally:
            self._queue_slots.release()

    def stop(self) -> None:
        """Closes the browser and ends the event loop."""
        with self._start_lock:
            if self._event_loop:
                asyncio.run_coroutine_threadsafe(self._close_browser(), self._event_loop).result(
                    START_TIMEOUT_SECONDS
                )
                self._event_loop.call_soon_threadsafe(self._event_loop.stop)
                self._event_loop = None

    def _ensure_event_loop(self) -> asyncio.AbstractEventLoop:
        with self._start_lock:
            if self._event_loop is None:
                self._event_loop, self._render_lock = asyncio.new_event_loop(), asyncio.Lock()
                threading.Thread(target=self._event_loop.run_forever, name="render", daemon=True).start()
            return self._event_loop

    async def _render(self, figure: go.Figure, options: Mapping[str, object]) -> bytes:
        """One attempt, and a second with a new browser where the first fails soon, not by a timeout."""
        async with self._render_lock:
            clock = asyncio.get_running_loop()
            retry_until = clock.time() + min(START_TIMEOUT_SECONDS, RENDER_TIMEOUT_SECONDS)
            try:
                return await self._render_once(figure, options)
            except RenderError:
                if clock.time() > retry_until:
                    raise
            return await self._render_once(figure, options)

    async def _render_once(self, figure: go.Figure, options: Mapping[str, object]) -> bytes:
        try:
            browser = await self._open_browser()
            # A browser that stops reading would block this loop at its full pipe: it is killed from a thread.
            watchdog = threading.Timer(RENDER_TIMEOUT_SECONDS, _kill_process, [browser.subprocess])
            watchdog.start()
            try:
                image: bytes = await asyncio.wait_for(
                    browser.calc_fig(figure, opts=options), RENDER_TIMEOUT_SECONDS + 5
                )
                return image
            finally:
                watchdog.cancel()
        except (Exception, asyncio.CancelledError) as error:  # a browser that dies cancels its pending calls
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            await self._close_browser()
            raise RenderError("failed") from error

    async def _open_browser(self) -> "kaleido.Kaleido":
        """The running browser, or a new one."""
        if self._browser is not None and self._browser.subprocess.poll() is not None:
            await self._close_browser()
        if self._browser is None:
            import kaleido

            self._browser = kaleido.Kaleido(
                n=1, timeout=RENDER_TIMEOUT_SECONDS, mathjax=False, path=find_browser()
            )
            await asyncio.wait_for(self._browser.open(), START_TIMEOUT_SECONDS)
        return self._browser

    async def _close_browser(self) -> None:
        browser, self._browser = self._browser, None
        if browser is not None:
            _kill_process(getattr(browser, "subprocess", None))  # first: a hanging browser does not close
            with suppress(Exception):  # the process is dead, which is the aim
                await asyncio.wait_for(browser.close(), CLOSE_TIMEOUT_SECONDS)


def _kill_process(process: "subprocess.Popen[bytes] | None") -> None:
    if process is not None and process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL) if os.name == "posix" else process.kill()
        process.wait()


_RENDERER = _BrowserRenderer()
atexit.register(close_browser)
