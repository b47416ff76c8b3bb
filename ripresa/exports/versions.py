"""What a view showed in an earlier data version: the same questions, asked of the figures that were released."""

from functools import lru_cache

import duckdb
import pandas as pd

from ripresa import settings
from ripresa.database import query, releases
from ripresa.database.release_changes import diff_view_rows
from ripresa.exports import seal
from ripresa.filters import View
from ripresa.i18n import format_period, format_value, t
from ripresa.observations.rows import with_reference_rows


def run_query_at(version: str, name: str, **values) -> pd.DataFrame | None:
    """The rows of queries/<name>.sql as the version had them, names as they are today; None where that version is not kept. Read it, never change it."""
    if version == query.get_data_version():
        return query.run_query(name, **values)
    given = tuple(
        sorted(
            (key, tuple(value) if isinstance(value, list) else value)
            for key, value in values.items()
            if key in query.list_parameters(name)
        )
    )
    return _run_query_at(version, query.get_data_version(), name, given)


def compare_versions(version: str, name: str, view: View, **values) -> pd.DataFrame | None:
    """For each figure of a view: same, revised, newer, new or withdrawn since `version` (release.compare); None where that version is not kept."""
    was, now = (_load_figure_rows(known, name, view, values) for known in (version, query.get_data_version()))
    return None if was is None else diff_view_rows(was, now)


def _load_figure_rows(version: str, name: str, view: View, values: dict) -> pd.DataFrame | None:
    """What the figure of a question draws: of a map, also what it is read against."""
    rows = run_query_at(version, name, **view.query_parameters, **values)
    return (
        rows
        if rows is None or name != "map"
        else with_reference_rows(
            rows, run_query_at(version, "reference_areas", **view.query_parameters), view
        )
    )


@lru_cache(maxsize=64)
def _run_query_at(version: str, current: str, name: str, given: tuple) -> pd.DataFrame | None:
    observations = releases.load_observations(version)
    if observations is None:
        return None
    with duckdb.connect(
        config={"threads": 2, "memory_limit": "1GB", "python_enable_replacements": False}
    ) as connection:
        connection.execute(
            "attach $path as published (read_only)", {"path": str(settings.get_database_path())}
        )
        connection.register("released", observations)
        connection.execute("create temp view observations as select * from released")
        connection.execute("use published")
        connection.execute("create temp view observations_labelled as from build_observations_labelled()")
        return connection.execute(
            query.load_sql(name),
            {key: list(value) if isinstance(value, tuple) else value for key, value in given},
        ).df()


def describe_change(row: dict, view: View) -> str:
    """One row of compare in words: "era 17,4%, ora 17,1%"."""
    lang = view.lang
    periods = {
        name: format_period(row[name], lang) if isinstance(row[name], str) else ""
        for name in ("period_was", "period_now")
    }
    return t(
        f"changed_{row['kind']}",
        lang,
        was=format_full_precision(row["old_value"], view),
        now=format_full_precision(row["new_value"], view),
        **periods,
    )


def summarize_changes(version: str, view: View, compared: pd.DataFrame | None) -> str:
    """One sentence for a cited view: how many of its figures have changed since."""
    if compared is None:
        return t("changed_unknown", view.lang, version=version, current=query.get_data_version())
    changed = int((compared["kind"] != "same").sum())
    return t(
        "changed_summary" if changed else "changed_summary_none",
        view.lang,
        version=version,
        changed=changed,
        count=len(compared),
    )


def format_full_precision(value: float, view: View) -> str:
    """A value with every decimal it was published with, so that a small revision shows."""
    decimals = (
        len(seal.normalize_cell(float(value)).partition(".")[2])
        if value == value and value is not None
        else 0
    )
    return format_value(value, view.indicator.unit, max(view.indicator.decimals, decimals), view.lang)
