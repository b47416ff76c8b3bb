"""What a view showed in an earlier data version: the same questions, asked of the figures that were released."""

from functools import lru_cache

import duckdb
import pandas as pd

from ripresa.database import build, query, releases
from ripresa.exports import seal
from ripresa.filters import View
from ripresa.i18n import period_text, t, value_text
from ripresa.observations.rows import beside


def ask(version: str, name: str, **values) -> pd.DataFrame | None:
    """The rows of queries/<name>.sql as the version had them, names as they are today; None where that version is not kept. Read it, never change it."""
    if version == query.version():
        return query.ask(name, **values)
    given = tuple(
        sorted(
            (key, tuple(value) if isinstance(value, list) else value)
            for key, value in values.items()
            if key in query.parameters(name)
        )
    )
    return _answer(version, query.version(), name, given)


def compare(version: str, name: str, view: View, **values) -> pd.DataFrame | None:
    """For each figure of a view: same, revised, newer, new or withdrawn since `version` (release.compare); None where that version is not kept."""
    was, now = (_shown(known, name, view, values) for known in (version, query.version()))
    return None if was is None else releases.compare(was, now)


def _shown(version: str, name: str, view: View, values: dict) -> pd.DataFrame | None:
    """What the figure of a question draws: of a map, also what it is read against."""
    rows = ask(version, name, **view.moment, **values)
    return (
        rows
        if rows is None or name != "map"
        else beside(rows, ask(version, "references", **view.moment), view)
    )


@lru_cache(maxsize=64)
def _answer(version: str, current: str, name: str, given: tuple) -> pd.DataFrame | None:
    observations = releases.published(version)
    if observations is None:
        return None
    with duckdb.connect(
        config={"threads": 2, "memory_limit": "1GB", "python_enable_replacements": False}
    ) as connection:
        connection.execute("attach $path as published (read_only)", {"path": str(build.database())})
        connection.register("released", observations)
        connection.execute("create temp view observations as select * from released")
        connection.execute("use published")
        connection.execute("create temp view observations_labelled as from build_observations_labelled()")
        return connection.execute(
            query.text(name),
            {key: list(value) if isinstance(value, tuple) else value for key, value in given},
        ).df()


def said(row: dict, view: View) -> str:
    """One row of compare in words: "era 17,4%, ora 17,1%"."""
    lang = view.lang
    periods = {
        name: period_text(row[name], lang) if isinstance(row[name], str) else ""
        for name in ("period_was", "period_now")
    }
    return t(
        f"changed_{row['kind']}",
        lang,
        was=exact(row["old_value"], view),
        now=exact(row["new_value"], view),
        **periods,
    )


def summary(version: str, view: View, compared: pd.DataFrame | None) -> str:
    """One sentence for a cited view: how many of its figures have changed since."""
    if compared is None:
        return t("changed_unknown", view.lang, version=version, current=query.version())
    changed = int((compared["kind"] != "same").sum())
    return t(
        "changed_summary" if changed else "changed_summary_none",
        view.lang,
        version=version,
        changed=changed,
        count=len(compared),
    )


def exact(value: float, view: View) -> str:
    """A value with every decimal it was published with, so that a small revision shows."""
    decimals = len(seal.cell(float(value)).partition(".")[2]) if value == value and value is not None else 0
    return value_text(value, view.indicator.unit, max(view.indicator.decimals, decimals), view.lang)
