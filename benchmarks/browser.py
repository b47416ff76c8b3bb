"""Measurements in a real browser: first load, click to repaint of all charts, bytes, requests, long tasks."""

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, CDPSession, Page, Request, sync_playwright

from benchmarks.servers import Server

CHROMIUM_PATH = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
TIMEOUT_MS = 120_000
READY_CONDITION = "document.querySelectorAll('.js-plotly-plot .main-svg').length >= 3"
HEADLINE_CONDITION = (
    "document.querySelector('h1, h2') && /\\d/.test(document.querySelector('.stMain')?.innerText || '')"
)
YEARS = ("2023", "2022", "2021", "2020", "2019", "2024")  # the page opens with the last one
# Records the time of each plotly_afterplot, and of the first sight of a chart that was built anew.
# A repaint ends with the last of them.
OBSERVER_SCRIPT = """
window.__plots = []; window.__tasks = [];
new PerformanceObserver(list => list.getEntries().forEach(task => window.__tasks.push(task.duration)))
  .observe({type: "longtask", buffered: true});
const listen = () => document.querySelectorAll(".js-plotly-plot").forEach(plot => {
  if (plot.__watched || !plot.on || !plot.querySelector(".main-svg")) return;
  plot.__watched = true;
  plot.__name = window.__named = (window.__named || 0) + 1;
  window.__plots.push([performance.now(), plot.__name]);
  plot.on("plotly_afterplot", () => window.__plots.push([performance.now(), plot.__name]));
});
setInterval(listen, 20);
"""


@contextmanager
def launch_chromium() -> Iterator[Browser]:
    """A new headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM_PATH, args=CHROMIUM_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class TrafficCounter:
    """Counts the responses of a page, its bytes over the wire and its requests to other servers."""

    def __init__(self, page: Page, client: CDPSession, base_url: str):
        self.responses = self.bytes = self.foreign_requests = 0
        self.own_prefixes = (base_url, base_url.replace("http", "ws"), "data:", "blob:")
        client.send("Network.enable")
        client.on("Network.responseReceived", self._count_response)
        client.on("Network.loadingFinished", self._count_bytes)
        page.on("request", self._count_request)

    def _count_response(self, event: dict[str, object]) -> None:
        self.responses += 1

    def _count_bytes(self, event: dict[str, float]) -> None:
        self.bytes += event["encodedDataLength"]

    def _count_request(self, request: Request) -> None:
        if not request.url.startswith(self.own_prefixes):
            self.foreign_requests += 1


def measure_first_load(browser: Browser, server: Server) -> dict[str, float]:
    """A cold and a warm load: seconds to the headline and to the painted charts, requests, megabytes."""
    context = browser.new_context(
        bypass_csp=True, viewport={"width": 1440, "height": 900}, color_scheme="light"
    )
    results: dict[str, float] = {}
    for name in ("cold", "warm"):
        page = context.new_page()
        traffic = TrafficCounter(page, context.new_cdp_session(page), server.base_url)
        page.add_init_script(OBSERVER_SCRIPT)
        start = time.perf_counter()
        page.goto(server.page_url, wait_until="commit", timeout=TIMEOUT_MS)
        if server.name == "ours":
            page.wait_for_function(HEADLINE_CONDITION, timeout=TIMEOUT_MS, polling=30)
            results[f"{name}_headline_s"] = round(time.perf_counter() - start, 2)
        page.wait_for_function(READY_CONDITION, timeout=TIMEOUT_MS, polling=30)
        results[f"{name}_charts_s"] = round(time.perf_counter() - start, 2)
        page.wait_for_timeout(1500)
        results[f"{name}_requests"] = traffic.responses
        results[f"{name}_mb"] = round(traffic.bytes / 1e6, 2)
        results[f"{name}_foreign"] = traffic.foreign_requests
        page.close()
    context.close()
    return results


def measure_repaint(
    browser: Browser, server: Server, clicks: int, extra_query: str = ""
) -> dict[str, object]:
    """Milliseconds from the click on another period to the last repaint, and the long tasks in between.

    `first`: periods that this call had not requested before; `again`: the others. extra_query: added to the
    URL of the page, so that the views of another call are not requested again.
    """
    context = browser.new_context(
        bypass_csp=True, viewport={"width": 1440, "height": 1800}, color_scheme="light"
    )
    page = context.new_page()
    page.add_init_script(OBSERVER_SCRIPT)
    page.goto(server.page_url + extra_query, timeout=TIMEOUT_MS)
    page.wait_for_function(READY_CONDITION, timeout=TIMEOUT_MS)
    page.wait_for_timeout(2500)
    times: dict[str, list[float]] = {"first": [], "again": []}
    task_times, chart_counts = [], []
    for click in range(clicks + 1):
        open_period_list(page, server.name)
        page.evaluate("window.__plots = []; window.__tasks = []")
        start = page.evaluate("performance.now()")
        select_year(page, server.name, click)
        plots = _wait_for_repaints(page)
        if plots and click:  # the first click warms the browser's caches
            group = "first" if click < len(YEARS) - 1 else "again"
            times[group].append(max(moment for moment, _ in plots) - start)
            chart_counts.append(len({plot for _, plot in plots}))
            task_times.append(sum(page.evaluate("window.__tasks")))
    context.close()
    summary: dict[str, object] = {
        name: {
            "clicks": len(values),
            "p50_ms": _compute_median(values),
            "min_ms": _round_tenth(min(values, default=None)),
            "max_ms": _round_tenth(max(values, default=None)),
        }
        for name, values in times.items()
    }
    return summary | {
        "charts_repainted": _compute_median(chart_counts),
        "long_tasks_ms": _compute_median(task_times),
    }


def open_period_list(page: Page, name: str) -> None:
    """Opens the list of periods, so that the measured click is the change itself."""
    if name == "dash":
        page.locator("#period").click()
    elif name in ("ours", "plain"):
        page.get_by_role("combobox", name="Period").first.click()
    else:
        return
    page.wait_for_timeout(250)


def select_year(page: Page, name: str, click: int) -> None:
    """Selects another year than that of the last click."""
    if name == "floor":
        page.click("#change")
    else:
        page.get_by_role("option", name=YEARS[click % len(YEARS)]).first.click()


def _wait_for_repaints(page: Page, quiet_ms: int = 700, timeout: float = 5.0) -> list[tuple[float, int]]:
    """The repaints as (moment, chart), once none has come for `quiet_ms`."""
    last = time.perf_counter()
    deadline, count = last + timeout, 0
    while time.perf_counter() < deadline:
        page.wait_for_timeout(60)
        new_count = page.evaluate("window.__plots.length")
        if new_count != count:
            last, count = time.perf_counter(), new_count
        elif count and (time.perf_counter() - last) * 1e3 > quiet_ms:
            break
    repaints: list[tuple[float, int]] = json.loads(page.evaluate("JSON.stringify(window.__plots)"))
    return repaints


def _compute_median(values: list[float]) -> float | None:
    return _round_tenth(statistics.median(values)) if values else None


def _round_tenth(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
