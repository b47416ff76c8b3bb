"""Load tests: sessions that change a filter every two seconds.

They use Streamlit's websocket protocol, or the callbacks of the Dash peer.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.peers import page
from benchmarks.servers import Server

CACHED_RUNS = 2  # script runs after which a browser forgets a message
FINISHED_STATUSES = (0, 3)  # script_finished: successfully, or early for a rerun
MESSAGE_TIMEOUT = 120  # seconds
CONNECT_INTERVAL = 0.03  # seconds between the starts of two sessions
FIRST_LOAD_TIMEOUT = 180  # seconds
PAGE_ADDRESSES = [
    ("closures", f"lang={lang}&level={level}&period={period}")
    for period in page.PERIODS
    for level in ("italy", "europe", "world")
    for lang in ("it", "en")
] + [(name, f"lang={lang}") for name in ("profits", "digital_sales", "women", "") for lang in ("it", "en")]


@dataclass
class LoadStatistics:
    """Measurements of all sessions: milliseconds and bytes of each change, errors."""

    milliseconds: list[float] = field(default_factory=list)
    first_load_ms: list[float] = field(default_factory=list)
    change_bytes: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def summarize(self) -> dict[str, object]:
        changes = len(self.milliseconds)
        kilobytes = round(sum(self.change_bytes) / changes / 1e3, 1) if changes else None
        return {
            "changes": changes,
            "changes_per_second": round(changes / self.seconds, 1) if self.seconds else None,
            "p50_ms": compute_quantile(self.milliseconds, 0.5),
            "p95_ms": compute_quantile(self.milliseconds, 0.95),
            "max_ms": compute_quantile(self.milliseconds, 1),
            "first_p50_ms": compute_quantile(self.first_load_ms, 0.5),
            "kb_per_change": kilobytes,
            "faults": len(self.errors),
            "fault": self.errors[0] if self.errors else "",
        }


class StreamlitVisitor:
    """A browser tab on a Streamlit server. html_fragments: the HTML of the last script run."""

    def __init__(self, server: Server, source_address: str = ""):
        self.server = server
        self.connection_options = {"local_addr": (source_address, 0)} if source_address else {}
        self.widgets: dict[str, str] = {}  # label of a select box -> id
        self.received_bytes = 0
        self.html_fragments: list[str] = []
        self.cached_html: dict[str, str] = {}  # by hash of the message
        self.cached_hashes: dict[str, int] = {}  # hash of a message -> the last run that used it
        self.page_hash, self.query_string = "", urlsplit(server.page_url).query
        self.run_count = 0

    async def open(self) -> None:
        """Connects and runs the page of the server's benchmark."""
        await self.connect()
        await self._run_script(page_name=urlsplit(self.server.page_url).path.strip("/"))

    async def connect(self) -> None:
        self.socket = await websockets.connect(
            self.server.base_url.replace("http", "ws") + "_stcore/stream",
            subprotocols=["streamlit"],
            max_size=None,
            compression=None,
            open_timeout=120,
            ping_interval=None,
            **self.connection_options,
        )

    async def select_option(self, label: str, value: str) -> int:
        """Changes a select box; gives the bytes received."""
        message = BackMsg()
        widget = message.rerun_script.widget_states.widgets.add()
        widget.id, widget.string_value = self.widgets[label], value
        return await self._run_script(message=message)

    async def open_page(self, page_name: str, query: str) -> int:
        """Navigates to another address of the site in the same session; gives the bytes received."""
        self.query_string = query
        return await self._run_script(page_name=page_name)

    async def close(self) -> None:
        await self.socket.close()

    async def _run_script(self, message: BackMsg | None = None, page_name: str | None = None) -> int:
        message = message or BackMsg()
        message.rerun_script.query_string = self.query_string
        if page_name is not None:
            message.rerun_script.page_name = page_name
        else:
            message.rerun_script.page_script_hash = self.page_hash
        self.run_count += 1
        self.cached_hashes = {
            hash: run for hash, run in self.cached_hashes.items() if self.run_count - run <= CACHED_RUNS
        }
        message.rerun_script.cached_message_hashes.extend(self.cached_hashes)
        self.received_bytes, self.html_fragments = 0, []
        await self.socket.send(message.SerializeToString())
        while True:
            data = await asyncio.wait_for(self.socket.recv(), MESSAGE_TIMEOUT)
            self.received_bytes += len(data)
            forward = ForwardMsg.FromString(data)
            self._handle_message(forward)
            is_end = forward.WhichOneof("type") == "script_finished"
            if is_end and forward.script_finished in FINISHED_STATUSES:
                return self.received_bytes

    def _handle_message(self, forward: ForwardMsg) -> None:
        """Updates the state of the tab as Streamlit's client does. Raises RuntimeError for an exception."""
        kind = forward.WhichOneof("type")
        hash = forward.ref_hash if kind == "ref_hash" else forward.hash
        if kind == "ref_hash" or forward.metadata.cacheable:
            self.cached_hashes[hash] = self.run_count
        if kind == "new_session":
            self.page_hash = forward.new_session.page_script_hash
        elif kind == "page_info_changed":
            self.query_string = forward.page_info_changed.query_string
        elif kind == "ref_hash":
            self.html_fragments.append(self.cached_html.get(hash, ""))
        elif kind == "delta":
            element = forward.delta.new_element
            element_kind = element.WhichOneof("type")
            if element_kind == "html":
                self.html_fragments.append(element.html.body)
                self.cached_html[hash] = element.html.body
            elif element_kind == "selectbox":
                self.widgets[element.selectbox.label] = element.selectbox.id
            elif element_kind == "exception":
                raise RuntimeError(element.exception.message[:200])


class DashVisitor:
    """A browser tab on the Dash peer, which posts the callback of the page."""

    OUTPUTS = (
        ("map", "figure"),
        ("bars", "figure"),
        ("lines", "figure"),
        ("table", "data"),
        ("table", "columns"),
    )

    def __init__(self, server: Server):
        self.client = httpx.AsyncClient(base_url=server.base_url, timeout=120)

    async def open(self) -> None:
        await self.change_selection("death_rate", page.PERIODS[-1])

    async def change_selection(self, rate: str, period: str) -> int:
        """Runs the callback for another selection; gives the bytes received."""
        inputs = {"rate": rate, "period": period, "areas": None}
        response = await self.client.post(
            "/_dash-update-component",
            json={
                "output": ".." + "...".join(f"{id}.{name}" for id, name in self.OUTPUTS) + "..",
                "outputs": [{"id": id, "property": name} for id, name in self.OUTPUTS],
                "inputs": [{"id": id, "property": "value", "value": value} for id, value in inputs.items()],
                "changedPropIds": ["period.value"],
            },
        )
        response.raise_for_status()
        return len(response.content)

    async def close(self) -> None:
        await self.client.aclose()


def simulate_sessions(
    server: Server, sessions: int, seconds: float, pause: float = 2.0, uncached: bool = False
) -> dict[str, object]:
    """Runs sessions that each make a change every `pause` seconds (0: without a pause).

    uncached: request all addresses of the site in random order, most of which the server has not cached.
    """
    return asyncio.run(_LoadTest(server, sessions, seconds, pause, uncached).run()).summarize()


@dataclass
class _LoadTest:
    server: Server
    sessions: int
    seconds: float
    pause: float
    uncached: bool
    statistics: LoadStatistics = field(default_factory=LoadStatistics)
    deadline: float = 0.0

    def __post_init__(self) -> None:
        self.all_open = asyncio.Event()
        self.addresses = random.Random(7).sample(PAGE_ADDRESSES, len(PAGE_ADDRESSES))

    async def run(self) -> LoadStatistics:
        """Opens the sessions one after another; starts the changes when all are open."""
        statistics, tasks = self.statistics, []
        for number in range(self.sessions):
            tasks.append(asyncio.create_task(self._run_session(number)))
            await asyncio.sleep(CONNECT_INTERVAL)
        start = time.perf_counter()
        while (
            len(statistics.first_load_ms) + len(statistics.errors) < self.sessions
            and time.perf_counter() - start < FIRST_LOAD_TIMEOUT
        ):
            await asyncio.sleep(0.05)
        start = time.perf_counter()
        self.deadline = start + self.seconds
        self.all_open.set()
        await asyncio.gather(*tasks)
        statistics.seconds = time.perf_counter() - start
        return statistics

    async def _run_session(self, number: int) -> None:
        visitor = DashVisitor(self.server) if self.server.name == "dash" else StreamlitVisitor(self.server)
        start = time.perf_counter()
        try:
            await visitor.open()
            self.statistics.first_load_ms.append((time.perf_counter() - start) * 1e3)
            await self.all_open.wait()
            await asyncio.sleep(random.random() * self.pause)
            step = number
            while time.perf_counter() < self.deadline:
                start, step = time.perf_counter(), step + 5
                size = await self._make_change(visitor, step)
                self.statistics.milliseconds.append((time.perf_counter() - start) * 1e3)
                self.statistics.change_bytes.append(size)
                await asyncio.sleep(max(0.0, self.pause - (time.perf_counter() - start)))
            await visitor.close()
        except Exception as error:
            self.statistics.errors.append(f"{type(error).__name__}: {error}"[:200])

    async def _make_change(self, visitor: StreamlitVisitor | DashVisitor, step: int) -> int:
        period = page.PERIODS[step % len(page.PERIODS)]
        if isinstance(visitor, DashVisitor):
            return await visitor.change_selection("death_rate", period)
        if self.server.name == "plain":
            return await visitor.select_option("Period", period)
        if self.uncached:
            return await visitor.open_page(*self.addresses[step % len(self.addresses)])
        return await visitor.open_page("closures", f"lang=en&level=italy&period={period}")


def compute_quantile(values: list[float], share: float) -> float | None:
    """The value at this share of the sorted values, to one decimal; None without values."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None
