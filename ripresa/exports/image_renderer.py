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
from ripresa.exports.export_table import ExportedTable
from ripresa.i18n import t

IMAGE_MEDIA_TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAX_QUEUED_IMAGES, RENDER_TIMEOUT_SECONDS, START_TIMEOUT_SECONDS = (
    8,
    30,
    30,
)  # images asked for at once, seconds for one, seconds to open the browser


class RenderError(RuntimeError):
    """No image: `reason` is a phrase of words.toml (render_<reason>)."""

    def __init__(self, reason: str):
        super().__init__(t(f"render_{reason}", "en"))
        self.reason = reason

    def format_message(self, lang: str) -> str:
        """What to tell the reader."""
        return t(f"render_{self.reason}", lang)


@cache
def find_browser() -> str:
    """The path of a Chrome or Chromium, $BROWSER_PATH or $CHROMIUM first; empty where there is none, or nothing to drive it."""
    try:
        import kaleido  # noqa: F401
    except ImportError:
        return ""
    return next(filter(os.path.exists, settings.get_browser_paths()), "") or next(
        filter(None, map(shutil.which, BROWSER_NAMES)), ""
    )


def render_image(
    figure: go.Figure, export: ExportedTable, image_format: str, size: str = "web", theme: str = "light"
) -> bytes:
    """The figure as PNG, SVG or PDF with its words inside and its seal. `theme` is the one it was drawn in. Raises RenderError."""
    ready = printed.embed_geojson(printed.build_image_figure(figure, export, size, theme))
    with logs.log_duration("render", form=image_format, size=size):
        drawn = _RENDERER.render(
            ready, image_format, printed.get_image_scale(ready, size) if image_format == "png" else 1
        )
    return image_metadata.embed_seal(drawn, fingerprint.build_image_seal(export.seal, export.table))


def close_browser() -> None:
    """Ends the browser; the next image opens another."""
    _RENDERER.stop()


class _BrowserRenderer:
    """The browser of this process, driven from a thread of its own."""

    def __init__(self) -> None:
        self._start_lock, self._queue_slots = threading.Lock(), threading.BoundedSemaphore(MAX_QUEUED_IMAGES)
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._render_lock: asyncio.Lock | None = None
        self._browser = None

    def render(self, ready: go.Figure, form: str, scale: float) -> bytes:
        if not find_browser():
            raise RenderError("absent")
        if not self._queue_slots.acquire(blocking=False):
            raise RenderError("busy")
        try:
            asked = asyncio.run_coroutine_threadsafe(
                self._render(
                    ready,
                    {
                        "format": form,
                        "width": ready.layout.width,
                        "height": ready.layout.height,
                        "scale": scale,
                    },
                ),
                self._ensure_event_loop(),
            )
            return asked.result(
                2 * (RENDER_TIMEOUT_SECONDS + START_TIMEOUT_SECONDS)
                + MAX_QUEUED_IMAGES * RENDER_TIMEOUT_SECONDS
            )
        except Late:
            asked.cancel()
            raise RenderError("failed") from None
        finally:
            self._queue_slots.release()

    def stop(self) -> None:
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

    async def _render(self, ready: go.Figure, wanted: dict) -> bytes:
        async with self._render_lock:
            clock = asyncio.get_running_loop()
            late = clock.time() + min(START_TIMEOUT_SECONDS, RENDER_TIMEOUT_SECONDS)
            for last in (False, True):  # a browser that died is opened again, once
                try:
                    await self._open_browser()
                    watch = threading.Timer(
                        RENDER_TIMEOUT_SECONDS, _kill_process, [self._browser.subprocess]
                    )  # a browser that reads no more would hold this loop at its full pipe
                    watch.start()
                    try:
                        return await asyncio.wait_for(
                            self._browser.calc_fig(ready, opts=wanted), RENDER_TIMEOUT_SECONDS + 5
                        )
                    finally:
                        watch.cancel()
                except (
                    Exception,
                    asyncio.CancelledError,
                ) as fault:  # a browser that dies cancels what was asked of it
                    if asyncio.current_task().cancelling():
                        raise
                    await self._close_browser()
                    if last or clock.time() > late:  # one that hangs would hang again
                        raise RenderError("failed") from fault

    async def _open_browser(self) -> None:
        if self._browser is not None and self._browser.subprocess.poll() is not None:
            await self._close_browser()
        if self._browser is None:
            import kaleido

            self._browser = kaleido.Kaleido(
                n=1, timeout=RENDER_TIMEOUT_SECONDS, mathjax=False, path=find_browser()
            )
            await asyncio.wait_for(self._browser.open(), START_TIMEOUT_SECONDS)

    async def _close_browser(self) -> None:
        dropped, self._browser = self._browser, None
        if dropped is not None:
            _kill_process(
                getattr(dropped, "subprocess", None)
            )  # first: to one that hangs, a polite word is a wait
            with suppress(Exception):  # it is gone, which is what was wanted
                await asyncio.wait_for(dropped.close(), 10)


def _kill_process(process: subprocess.Popen | None) -> None:
    if process is not None and process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL) if os.name == "posix" else process.kill()
        process.wait()


_RENDERER = _BrowserRenderer()
atexit.register(close_browser)
