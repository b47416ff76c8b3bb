"""Many visitors at once: sessions that change a filter every two seconds, in Streamlit's own websocket protocol and in Dash's callbacks."""

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

CACHED_RUNS = 2  # as the browser's own cache of messages
FINISHED_STATUSES = (0, 3)  # script_finished: successfully, or early for a rerun
PAGE_ADDRESSES = [
    ("closures", f"lang={lang}&level={level}&period={period}")
    for period in page.PERIODS
    for level in ("italy", "europe", "world")
    for lang in ("it", "en")
] + [(name, f"lang={lang}") for name in ("profits", "digital_sales", "women", "") for lang in ("it", "en")]


@dataclass
class LoadStatistics:
    """What the visitors saw: milliseconds a change, bytes a change, faults."""

    milliseconds: list[float] = field(default_factory=list)
    first_load_ms: list[float] = field(default_factory=list)
    change_bytes: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def summarize(self) -> dict:
        return {
            "changes": len(self.milliseconds),
            "changes_per_second": round(len(self.milliseconds) / self.seconds, 1) if self.seconds else None,
            "p50_ms": compute_quantile(self.milliseconds, 0.5),
            "p95_ms": compute_quantile(self.milliseconds, 0.95),
            "max_ms": compute_quantile(self.milliseconds, 1),
            "first_p50_ms": compute_quantile(self.first_load_ms, 0.5),
            "kb_per_change": round(sum(self.change_bytes) / len(self.change_bytes) / 1e3, 1)
            if self.change_bytes
            else None,
            "faults": len(self.errors),
            "fault": self.errors[0] if self.errors else "",
        }


class StreamlitVisitor:
    """One browser tab: connects, runs the page, then changes a select box or turns to another address of the site."""

    def __init__(self, server: Server, source_address: str = ""):
        self.server, self.received_bytes, self.widgets, self.states = server, 0, {}, {}
        self.connection_options = (
            {"local_addr": (source_address, 0)} if source_address else {}
        )  # the address it comes from
        self.html_fragments: list[str] = []  # the HTML of the last run
        self.cached_html: dict[str, str] = {}  # and that of the messages a browser would still hold
        self.page_hash, self.query_string = "", urlsplit(server.page_url).query
        self.cached_hashes: dict[
            str, int
        ] = {}  # hashes of the messages a browser would still hold, with the run that last used each
        self.run_count = 0

    async def open(self) -> None:
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
        """Changes a select box by its label or key; gives the bytes received."""
        message = BackMsg()
        changed = message.rerun_script.widget_states.widgets.add()
        changed.id, changed.string_value = self.widgets[label], value
        return await self._run_script(message=message)

    async def open_page(self, page_name: str, query: str) -> int:
        """Opens another address of the site in this session."""
        self.query_string = query
        return await self._run_script(page_name=page_name)

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
            data = await asyncio.wait_for(self.socket.recv(), 120)
            self.received_bytes += len(data)
            forward = ForwardMsg.FromString(data)
            kind = forward.WhichOneof("type")
            if kind == "ref_hash" or forward.metadata.cacheable:
                self.cached_hashes[forward.ref_hash if kind == "ref_hash" else forward.hash] = self.run_count
            if kind == "new_session":
                self.page_hash = forward.new_session.page_script_hash
            elif kind == "page_info_changed":
                self.query_string = forward.page_info_changed.query_string
            elif kind == "ref_hash":
                self.html_fragments.append(self.cached_html.get(forward.ref_hash, ""))
            elif kind == "delta":
                element = forward.delta.new_element
                if element.WhichOneof("type") == "html":
                    self.html_fragments.append(element.html.body)
                    self.cached_html[forward.hash] = element.html.body
                elif element.WhichOneof("type") == "selectbox":
                    self.widgets[element.selectbox.label] = element.selectbox.id
                elif element.WhichOneof("type") == "exception":
                    raise RuntimeError(element.exception.message[:200])
            elif kind == "script_finished" and forward.script_finished in FINISHED_STATUSES:
                return self.received_bytes

    async def close(self) -> None:
        await self.socket.close()


class DashVisitor:
    """One browser tab of the Dash peer: posts the callback of the page."""

    OUTPUTS = [
        ("map", "figure"),
        ("bars", "figure"),
        ("lines", "figure"),
        ("table", "data"),
        ("table", "columns"),
    ]

    def __init__(self, server: Server):
        self.server = server

    async def open(self) -> None:
        self.client = httpx.AsyncClient(base_url=self.server.base_url, timeout=120)
        await self.change_selection("death_rate", page.PERIODS[-1])

    async def change_selection(self, rate: str, period: str) -> int:
        answer = await self.client.post(
            "/_dash-update-component",
            json={
                "output": ".." + "...".join(f"{id}.{name}" for id, name in self.OUTPUTS) + "..",
                "outputs": [{"id": id, "property": name} for id, name in self.OUTPUTS],
                "inputs": [
                    {"id": "rate", "property": "value", "value": rate},
                    {"id": "period", "property": "value", "value": period},
                    {"id": "areas", "property": "value", "value": None},
                ],
                "changedPropIds": ["period.value"],
            },
        )
        answer.raise_for_status()
        return len(answer.content)

    async def close(self) -> None:
        await self.client.aclose()


def simulate_sessions(
    server: Server, sessions: int, seconds: float, pause: float = 2.0, uncached: bool = False
) -> dict:
    """A crowd on one server: each session makes a change every `pause` seconds (0: as fast as it is answered). cold asks for views not asked before."""
    return asyncio.run(_simulate_sessions(server, sessions, seconds, pause, uncached)).summarize()


async def _simulate_sessions(
    server: Server, sessions: int, seconds: float, pause: float, cold: bool
) -> LoadStatistics:
    tally, ready, ends = LoadStatistics(), asyncio.Event(), [0.0]
    views = random.Random(7).sample(PAGE_ADDRESSES, len(PAGE_ADDRESSES))

    async def one(number: int) -> None:
        visitor = DashVisitor(server) if server.name == "dash" else StreamlitVisitor(server)
        begun = time.perf_counter()
        try:
            await visitor.open()
            tally.first_load_ms.append((time.perf_counter() - begun) * 1e3)
            await ready.wait()
            await asyncio.sleep(random.random() * pause)
            step = number
            while time.perf_counter() < ends[0]:
                begun, step = time.perf_counter(), step + 5
                period = page.PERIODS[step % len(page.PERIODS)]
                if server.name == "dash":
                    size = await visitor.change_selection("death_rate", period)
                elif server.name == "plain":
                    size = await visitor.select_option("Period", period)
                else:
                    size = await visitor.open_page(
                        *(
                            views[step % len(views)]
                            if cold
                            else ("closures", f"lang=en&level=italy&period={period}")
                        )
                    )
                tally.milliseconds.append((time.perf_counter() - begun) * 1e3)
                tally.change_bytes.append(size)
                await asyncio.sleep(max(0.0, pause - (time.perf_counter() - begun)))
            await visitor.close()
        except Exception as fault:
            tally.errors.append(f"{type(fault).__name__}: {fault}"[:200])

    crowd = []
    for number in range(sessions):
        crowd.append(asyncio.create_task(one(number)))
        await asyncio.sleep(0.03)
    begun = time.perf_counter()
    while len(tally.first_load_ms) + len(tally.errors) < sessions and time.perf_counter() - begun < 180:
        await asyncio.sleep(0.05)
    begun = time.perf_counter()
    ends[0] = begun + seconds
    ready.set()
    await asyncio.gather(*crowd)
    tally.seconds = time.perf_counter() - begun
    return tally


def compute_quantile(values: list[float], share: float) -> float | None:
    """The value at this share of the sorted values, in tenths; nothing for none."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None
