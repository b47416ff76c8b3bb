"""A view as it was in an earlier data version: the same queries, run on the released observations."""

from functools import lru_cache

import duckdb
import pandas as pd

from ripresa import settings
from ripresa.database import query, releases
from ripresa.database.release_changes import diff_view_rows
from ripresa.exports.seal import normalize_cell
from ripresa.filters import View
from ripresa.i18n import format_period, format_value, is_missing, t
from ripresa.observations.rows import Row, with_reference_rows

Parameters = tuple[tuple[str, object], ...]


def run_query_at(version: str, name: str, **values: object) -> pd.DataFrame | None:
    """The rows of queries/<name>.sql in a data version; None where that is not available.

    Labels are those of the current version.

    The frame is cached: do not modify it.
    """
    if version == query.get_data_version():
        return query.run_query(name, **values)
    declared = query.list_parameters(name)
    parameters = sorted(
        (key, tuple(value) if isinstance(value, list) else value)
        for key, value in values.items()
        if key in declared
    )
    return _run_query_at(version, query.get_data_version(), name, tuple(parameters))


def compare_versions(version: str, name: str, view: View, **values: object) -> pd.DataFrame | None:
    """Each observation of a view as same, revised, newer, new or withdrawn since `version`.

    The columns are those of release_changes.diff_view_rows; None where that version is not available.
    """
    old_rows = _load_figure_rows(version, name, view, values)
    new_rows = _load_figure_rows(query.get_data_version(), name, view, values)
    if old_rows is None or new_rows is None:
        return None
    return diff_view_rows(old_rows, new_rows)


def _load_figure_rows(version: str, name: str, view: View, values: dict[str, object]) -> pd.DataFrame | None:
    """The rows of a figure; those of a map include its reference rows."""
    rows = run_query_at(version, name, **view.query_parameters, **values)
    if rows is None or name != "map":
        return rows
    references = run_query_at(version, "reference_areas", **view.query_parameters)
    return None if references is None else with_reference_rows(rows, references, view)


@lru_cache(maxsize=64)
def _run_query_at(
    version: str, current_version: str, name: str, parameters: Parameters
) -> pd.DataFrame | None:
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
            {key: list(value) if isinstance(value, tuple) else value for key, value in parameters},
        ).df()


def describe_change(row: Row, view: View) -> str:
    """One row of compare_versions as a phrase: "era 17,4%, ora 17,1%"."""
    periods = {
        name: format_period(row[name], view.lang) if isinstance(row[name], str) else ""
        for name in ("period_was", "period_now")
    }
    return t(
        f"changed_{row['kind']}",
        view.lang,
        was=format_full_precision(row["old_value"], view),
        now=format_full_precision(row["new_value"], view),
        **periods,
    )


def summarize_changes(version: str, view: View, comparison: pd.DataFrame | None) -> str:
    """One sentence for a cited view: how many of its observations have changed since."""
    if comparison is None:
        return t("changed_unknown", view.lang, version=version, current=query.get_data_version())
    changed = int((comparison["kind"] != "same").sum())
    return t(
        "changed_summary" if changed else "changed_summary_none",
        view.lang,
        version=version,
        changed=changed,
        count=len(comparison),
    )


def format_full_precision(value: float | None, view: View) -> str:
    """A value with every decimal it was published with, so that a small revision is visible."""
    decimals = 0
    if value is not None and not is_missing(value):
        decimals = len(normalize_cell(float(value)).partition(".")[2])
    return format_value(value, view.indicator.unit, max(view.indicator.decimals, decimals), view.lang)
