"""What a visitor waits for in the real browser: first load, click to repaint of every chart, bytes, requests, long tasks."""

import json
import statistics
import time
from contextlib import contextmanager

from playwright.sync_api import Page, Playwright, sync_playwright

from benchmarks.servers import Server

CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
READY_CONDITIONS = {
    "ours": "document.querySelectorAll('.js-plotly-plot .main-svg').length >= 3",
    "plain": "document.querySelectorAll('.js-plotly-plot .main-svg').length >= 3",
    "dash": "document.querySelectorAll('.js-plotly-plot .main-svg').length >= 3",
    "floor": "document.querySelectorAll('.js-plotly-plot .main-svg').length >= 3",
}
YEARS = ("2023", "2022", "2021", "2020", "2019", "2024")  # the last one is shown at the start
HEADLINE_CONDITIONS = {
    "ours": "document.querySelector('h1, h2') && /\\d/.test(document.querySelector('.stMain')?.innerText || '')"
}
# Counts plotly_afterplot of every chart, and the moment a chart built anew is found drawn; a repaint is over when the last chart has been drawn.
OBSERVER_SCRIPT = """
window.__plots = []; window.__tasks = [];
new PerformanceObserver(list => list.getEntries().forEach(task => window.__tasks.push(task.duration))).observe({type: "longtask", buffered: true});
const listen = () => document.querySelectorAll(".js-plotly-plot").forEach(plot => {
  if (plot.__watched || !plot.on || !plot.querySelector(".main-svg")) return; plot.__watched = true;
  plot.__name = window.__named = (window.__named || 0) + 1;
  window.__plots.push([performance.now(), plot.__name]);
  plot.on("plotly_afterplot", () => window.__plots.push([performance.now(), plot.__name]));
});
setInterval(listen, 20);
"""


@contextmanager
def launch_chromium():
    """A fresh headless Chromium; blocks every other host."""
    with sync_playwright() as playwright:
        browser = _launch_browser(playwright)
        try:
            yield browser
        finally:
            browser.close()


def _launch_browser(playwright: Playwright):
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGUMENTS)


def measure_first_load(browser, server: Server) -> dict:
    """A cold and a warm load: seconds to readable words and to the painted charts, requests, megabytes over the wire."""
    context = browser.new_context(
        bypass_csp=True, viewport={"width": 1440, "height": 900}, color_scheme="light"
    )
    answer = {}
    for name in ("cold", "warm"):
        page = context.new_page()
        seen = {"requests": 0, "bytes": 0, "foreign": 0}
        client = context.new_cdp_session(page)
        client.send("Network.enable")
        client.on(
            "Network.responseReceived",
            lambda event, seen=seen: seen.__setitem__("requests", seen["requests"] + 1),
        )
        client.on(
            "Network.loadingFinished",
            lambda event, seen=seen: seen.__setitem__("bytes", seen["bytes"] + event["encodedDataLength"]),
        )
        page.on(
            "request",
            lambda request, seen=seen: seen.__setitem__(
                "foreign",
                seen["foreign"]
                + (
                    not request.url.startswith(
                        (server.base_url, "data:", "blob:", server.base_url.replace("http", "ws"))
                    )
                ),
            ),
        )
        page.add_init_script(OBSERVER_SCRIPT)
        begun = time.perf_counter()
        page.goto(server.page_url, wait_until="commit", timeout=120_000)
        if server.name in HEADLINE_CONDITIONS:
            page.wait_for_function(HEADLINE_CONDITIONS[server.name], timeout=120_000, polling=30)
            answer[f"{name}_headline_s"] = round(time.perf_counter() - begun, 2)
        page.wait_for_function(READY_CONDITIONS[server.name], timeout=120_000, polling=30)
        answer[f"{name}_charts_s"] = round(time.perf_counter() - begun, 2)
        page.wait_for_timeout(1500)
        answer[f"{name}_requests"], answer[f"{name}_mb"], answer[f"{name}_foreign"] = (
            seen["requests"],
            round(seen["bytes"] / 1e6, 2),
            seen["foreign"],
        )
        page.close()
    context.close()
    return answer


def measure_repaint(browser, server: Server, clicks: int, extra_query: str = "") -> dict:
    """Milliseconds from the click on another period to the last chart drawn, with the long tasks in between; `first` for periods not asked for before in this call.

    address: more of the page's address, so that what was asked for in another call is not asked for again.
    """
    context = browser.new_context(
        bypass_csp=True, viewport={"width": 1440, "height": 1800}, color_scheme="light"
    )
    page = context.new_page()
    page.add_init_script(OBSERVER_SCRIPT)
    page.goto(server.page_url + extra_query, timeout=120_000)
    page.wait_for_function(READY_CONDITIONS[server.name], timeout=120_000)
    page.wait_for_timeout(2500)
    times, tasks, charts = {"first": [], "again": []}, [], []
    for click in range(clicks + 1):
        open_period_list(page, server.name)
        page.evaluate("window.__plots = []; window.__tasks = []")
        begun = page.evaluate("performance.now()")
        select_year(page, server.name, click)
        plots = _wait_for_repaints(page)
        if plots and click:  # the first click warms the browser's own caches
            times["first" if click < len(YEARS) - 1 else "again"].append(
                max(moment for moment, _ in plots) - begun
            )
            charts.append(len({plot for _, plot in plots}))
            tasks.append(sum(page.evaluate("window.__tasks")))
    context.close()
    spread = {
        name: {
            "clicks": len(found),
            "p50_ms": _compute_median(found),
            "min_ms": _round_tenth(min(found, default=None)),
            "max_ms": _round_tenth(max(found, default=None)),
        }
        for name, found in times.items()
    }
    return spread | {"charts_repainted": _compute_median(charts), "long_tasks_ms": _compute_median(tasks)}


def open_period_list(page: Page, name: str) -> None:
    """Opens the list of periods, so that the click itself is the change."""
    if name == "dash":
        page.locator("#period").click()
        page.wait_for_timeout(250)
    elif name in ("ours", "plain"):
        page.get_by_role("combobox", name="Period").first.click()
        page.wait_for_timeout(250)


def select_year(page: Page, name: str, click: int) -> None:
    """Picks another year than the last one."""
    year = YEARS[click % len(YEARS)]
    if name == "floor":
        page.click("#change")
    else:
        page.get_by_role("option", name=year).first.click()


def _wait_for_repaints(page: Page, quiet: int = 700, most: float = 5.0) -> list:
    """The repaints, once none has come for `quiet` milliseconds."""
    until, last, count = time.perf_counter() + most, time.perf_counter(), 0
    while time.perf_counter() < until:
        page.wait_for_timeout(60)
        now = page.evaluate("window.__plots.length")
        if now != count:
            last, count = time.perf_counter(), now
        elif count and (time.perf_counter() - last) * 1e3 > quiet:
            break
    return json.loads(page.evaluate("JSON.stringify(window.__plots)"))


def _compute_median(values: list[float]) -> float | None:
    return _round_tenth(statistics.median(values)) if values else None


def _round_tenth(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
