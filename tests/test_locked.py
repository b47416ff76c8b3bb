"""A visitor's own SQL reads the published tables and nothing else, stops in time, and leaves no trace."""

import hashlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from ripresa import i18n, settings
from ripresa.database import query
from ripresa.exports import snippets
from ripresa.filters import Filters, resolve_view
from ripresa.sandbox import pool
from ripresa.sandbox.pool import QueryRejectedError

NAPLES = (
    "select 'NA' as code, null as gap, 1::hugeint as big, 2.50::decimal(9,2) as price, date '2020-05-01' "
    "as day, [1, 2] as list"
)
PUBLISHED = "published"  # stands for the path of the database file

WRITES = [
    "create table t as select 1",
    "create view v as select 1",
    "create macro m() as 1",
    "insert into build values ('x', '2020-01-01', 1, 1, 1)",
    "update observations set value = 0",
    "update published.observations set value = 0",
    "delete from observations",
    "truncate observations",
    "drop table observations",
    "alter table observations add column x integer",
    "comment on table build is 'x'",
    "merge into build using sources on true when matched then delete",
    "with gone as (delete from observations returning *) select * from gone",
    "with more as (insert into build values ('x', '2020-01-01', 1, 1, 1) returning *) select * from more",
    "with new as (update observations set value = 0 returning *) select * from new",
    "explain analyze insert into build values ('x', '2020-01-01', 1, 1, 1)",
    "explain analyze create table memory.t as select 1",
    "explain/**/analyze update observations set value = 0",
    "begin",
    "checkpoint",
    "vacuum",
]

FILES = [
    "copy observations to 'out.csv'",
    "copy (select 1) to '{published}'",
    "with out as (copy (select 1) to 'out.csv') select * from out",
    "with out as (copy (select 1) to '{published}' (format csv, use_tmp_file false)) select * from out",
    "with out as (copy (select 1) to '{published}.wal' (format csv, use_tmp_file false)) select * from out",
    "explain analyze copy (select 1) to '{published}' (format csv, use_tmp_file false)",
    "copy build from 'in.csv'",
    "export database 'out'",
    "import database 'in'",
    "attach 'other.duckdb' as other",
    "attach '{published}' as again",
    "attach ':memory:' as other; create view other.v as select 1",
    "detach published",
    "select * from read_csv('/etc/passwd')",
    "select * from read_csv_auto('data/claims.csv')",
    "select * from read_text('/proc/self/environ')",
    "select * from read_blob('{published}')",
    "select * from read_parquet('x.parquet')",
    "select * from read_json('x.json')",
    "select * from read_duckdb('{published}', table_name = 'build')",
    "select * from sniff_csv('/etc/passwd')",
    "select * from glob('*')",
    "select * from glob('/etc/*')",
    "from '/etc/passwd'",
    "from 'data/claims.csv'",
    "from 'https://example.org/x.parquet'",
    "select * from read_csv('https://example.org/x.csv')",
    "select * from query('copy (select 1) to ''out.csv''')",
    "select * from enable_profiling(save_location = 'out.json')",
    "select * from enable_logging(storage = 'file', storage_path = 'out')",
]

SETTINGS = [
    "install httpfs",
    "load httpfs",
    "install httpfs from community",
    "pragma enable_profiling",
    "pragma database_list",
    "set memory_limit = '100GB'",
    "set threads = 64",
    "set enable_external_access = true",
    "set disabled_filesystems = ''",
    "set lock_configuration = false",
    "set global max_execution_time = 0",
    "reset enable_external_access",
    "reset lock_configuration",
    "set variable x = 1",
    "use memory",
    "call enable_logging()",
    "call pragma_version()",
    "prepare p as select 1",
    "execute p",
    "explain analyze set memory_limit = '100GB'",
    "create secret s (type s3)",
    "create persistent secret s (type s3)",
]

ELSEWHERE = [
    "select getenv('PATH')",
    "select getenv('HOME')",
    "select * from pandas_scan(1)",
    "select * from arrow_scan(1, 2, 3)",
    "select * from os",
    "select * from question",
    "select * from sqlite_scan('x', 'y')",
    "select * from postgres_scan('', '', '')",
    "select * from other.main.sources",
    "select * from memory.main.sources",
]

SEVERAL = [
    "select 1; select 2",
    "select 1; drop table observations",
    "select 1; attach 'x' as y; select 2",
    "; ; select 1; set threads = 9",
]
EMPTY = ["", "   \n", "-- nothing", "/* nothing */", ";"]

HEAVY = {
    "endless recursion": (
        "with recursive r as (select 1 as i union all select i + 1 from r) select count(*) from r",
        {"time", "memory"},
    ),
    "a cross join of everything": (
        "select count(*) from observations a, observations b, observations c, excluded_observations d "
        "where a.value + b.value < c.value + d.value",
        {"time", "memory"},
    ),
    "all pairs sorted": (
        "select * from observations a, observations b order by a.value * b.value",
        {"time", "memory"},
    ),
    "a huge series": ("select sum(i) from generate_series(1, 100000000000000) s(i)", {"time"}),
    "a huge list": ("select len(range(100000000000))", {"memory", "wrong", "time"}),
    "a text of two thousand million letters": (
        "select length(repeat('a', 2000000000))",
        {"memory", "lost", "time"},
    ),
    "many heavy texts": (
        "select repeat('a', 10000000) from range(1000)",
        {"memory", "lost", "large", "time"},
    ),
    "one heavy text": ("select repeat('a', 100000000)", {"large", "time"}),
    "sleep": ("select pg_sleep(60)", {"time"}),
    "every pair of texts in one": (
        "select string_agg(a.population || b.population) from observations a, observations b",
        {"memory", "time"},
    ),
    "deep brackets": ("select " + "(" * 9000 + "1" + ")" * 9000, {"wrong", "time"}),
    "deep lists": ("select " + "[" * 950 + "1" + "]" * 950, {"wrong", "time", "lost"}),
}


@pytest.fixture(scope="module", autouse=True)
def untouched():
    """Whatever a visitor asks, the file is the same to the byte, nothing lies beside it, and the pages are
    answered.
    """
    query.get_data_version()
    path = settings.get_database_path().resolve()
    before, folder = (
        hashlib.sha256(path.read_bytes()).hexdigest(),
        {name for name in os.listdir(path.parent) if name.startswith(path.name)},
    )
    here = set(os.listdir())
    yield
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert {name for name in os.listdir(path.parent) if name.startswith(path.name)} == folder
    assert set(os.listdir()) <= here | {".pytest_cache", ".hypothesis"}
    assert len(query.run_query("sources", lang="it"))
    assert pool.run_sql("select 1 as one").rows["one"].tolist() == [1]


def kind(sql: str, seconds: float = pool.MAX_SECONDS) -> str:
    """Why a question is refused; "" where it is answered."""
    try:
        pool.run_sql(sql.replace("{published}", str(settings.get_database_path().resolve())), seconds=seconds)
    except QueryRejectedError as refused:
        return refused.kind
    return ""


@pytest.mark.escape
@pytest.mark.parametrize("sql", WRITES)
def test_nothing_is_written(sql):
    assert kind(sql) in ("not_a_question", "wrong")


@pytest.mark.escape
@pytest.mark.parametrize("sql", FILES)
def test_no_file_and_no_network(sql):
    assert kind(sql) in ("not_a_question", "several", "locked", "wrong")


@pytest.mark.escape
@pytest.mark.parametrize("sql", SETTINGS)
def test_no_setting_and_no_extension(sql):
    assert kind(sql) in ("not_a_question", "wrong")


@pytest.mark.escape
@pytest.mark.parametrize("sql", ELSEWHERE)
def test_nothing_but_the_published_tables(sql):
    assert kind(sql) == "wrong"


@pytest.mark.escape
@pytest.mark.parametrize("sql", SEVERAL)
def test_one_statement_at_a_time(sql):
    assert kind(sql) == "several"


@pytest.mark.parametrize("sql", EMPTY)
def test_no_statement_is_no_question(sql):
    assert kind(sql) == "empty"


@pytest.mark.escape
@pytest.mark.parametrize(("sql", "allowed"), HEAVY.values(), ids=HEAVY)
def test_a_heavy_question_is_stopped(sql, allowed):
    started = time.monotonic()
    assert kind(sql, seconds=0.5) in allowed
    assert time.monotonic() - started < pool.MAX_SECONDS


def test_ten_megabytes_of_text_are_refused_before_they_reach_a_process(monkeypatch):
    monkeypatch.delattr(pool._WorkerPool, "register")
    with pytest.raises(QueryRejectedError, match=r"10,000,000|10000000"):
        pool.run_sql("select '" + "a" * (10_000_000 - 9) + "'")


@pytest.mark.parametrize(
    "sql",
    [
        "select '\x00'",
        "select '\ud800'",
        "sel\x00ect 1",
        "select '🦆'",
        "\ufeffselect 1",
        "selec",
        "select * from nope",
        "select 1/",
        "'",
        "(" * 100,
    ],
)
def test_odd_texts_get_an_answer_or_a_sentence(sql):
    assert kind(sql) in ("", "wrong", "empty", "not_a_question")


def test_no_setting_tells_of_this_machine_s_user_or_secrets():
    told = " ".join(map(str, pool.run_sql("select value from duckdb_settings()").rows["value"]))
    assert os.path.expanduser("~") not in told
    assert kind("select current_setting('home_directory')") in (
        "",
        "wrong",
    )
    assert [
        bool(pool.run_sql(f"select current_setting('{name}') as it").rows["it"][0])
        for name in ("enable_external_access", "lock_configuration")
    ] == [False, True]


def test_there_are_no_secrets_to_tell():
    assert pool.run_sql("select * from duckdb_secrets()").rows.empty
    assert pool.run_sql("select * from which_secret('s3://x', 's3')").rows.empty


def test_the_published_database_is_attached_for_reading_only():
    found = pool.run_sql(
        "select database_name, readonly from duckdb_databases() where not internal order by all"
    ).rows
    assert list(found.itertuples(index=False, name=None)) == [("memory", False), ("published", True)]


def test_nothing_is_left_for_the_next_question():
    assert kind("create temp table kept as select 1") == "not_a_question"
    assert pool.run_sql(
        "select count(*) as tables from duckdb_tables() where database_name <> 'published'"
    ).rows["tables"].tolist() == [0]


# --- what is answered ---


@pytest.mark.parametrize(
    "sql",
    [
        "select version from build",
        "from build",
        "with a as (select 1) from a",
        "values (1), (2)",
        "describe observations",
        "describe select 1 as a",
        "show tables",
        "summarize sizes",
        "explain select * from build",
        "explain analyze select count(*) from observations",
        "EXPLAIN (FORMAT json) select 1",
        "-- a word\nselect 1;",
        "table build",
        "(select 1)",
        "select 1 union all select 2",
        "with recursive r as (select 1 as i union all select i + 1 from r where i < 5) from r",
        "pivot genders on code in ('all', 'male') using count(*)",
        "select count(*) from published.observations",
        "select 1 where 1 in (" + "1, " * 6000 + "1)",
        "select geo from observations where geo like 'IT%' qualify row_number() over (partition by geo) = 1",
    ],
)
def test_reading_is_answered(sql):
    assert len(pool.run_sql(sql).rows) >= 1


def test_the_columns_hold_what_was_asked():
    answer = pool.run_sql(NAPLES)
    assert answer.columns == (
        ("code", "VARCHAR"),
        ("gap", '"NULL"'),
        ("big", "HUGEINT"),
        ("price", "DECIMAL(9,2)"),
        ("day", "DATE"),
        ("list", "INTEGER[]"),
    )
    row = answer.rows.iloc[0]
    assert (row["code"], row["big"], row["price"], str(row["day"])[:10], row["list"]) == (
        "NA",
        1.0,
        2.5,
        "2020-05-01",
        "[1, 2]",
    )
    assert row["gap"] is None


def test_whole_numbers_with_gaps_stay_whole_and_missing_is_not_zero():
    rows = pool.run_sql("select * from (values (1), (null), (3)) t(n)").rows
    assert str(rows["n"].dtype) == "Int32"
    assert rows["n"].isna().tolist() == [False, True, False]
    assert int(rows["n"].sum()) == 4


def test_a_repeated_column_gets_its_number():
    assert list(pool.run_sql("select 1 as a, 2 as a, 3 as a_2").rows.columns) == ["a", "a_2", "a_2_2"]


def test_an_empty_answer_has_its_columns():
    answer = pool.run_sql("select geo, value from observations where false")
    assert list(answer.rows.columns) == ["geo", "value"]
    assert answer.rows.empty
    assert not answer.truncated


def test_too_many_rows_are_cut_and_that_is_told():
    answer = pool.run_sql("from range(1000000000)")
    assert len(answer.rows) == pool.MAX_ROWS
    assert answer.truncated
    assert answer.rows["range"].iloc[-1] == pool.MAX_ROWS - 1
    assert not pool.run_sql(f"from range({pool.MAX_ROWS})").truncated


@pytest.mark.parametrize("topic", ["closures", "profits", "digital_sales", "women"])
def test_the_sql_of_a_topic_s_figure_can_be_asked_here(topic):
    view = resolve_view(Filters(lang="en"), topic)
    rows, here = (
        query.run_query("map", **view.query_parameters),
        pool.run_sql(snippets.build_sql(view, "map")).rows,
    )
    assert list(here.columns) == list(rows.columns)
    assert here["value"].tolist() == rows["value"].tolist()
    assert here["geo"].tolist() == rows["geo"].tolist()


# --- side by side ---


SLOW = "select sum(i) from generate_series(1, 100000000000000) s(i)"


def test_a_heavy_question_does_not_slow_another_session():
    slow = pool.submit_sql(SLOW, session_id="slow", seconds=6)
    try:
        assert pool.run_sql("select count(*) from observations", session_id="quick").rows.iloc[0, 0] > 0
        assert not slow.done()
    finally:
        pool.cancel_sql("slow")


def test_a_running_question_can_be_cancelled():
    future = pool.submit_sql(SLOW, session_id="mine")
    time.sleep(0.3)
    assert pool.cancel_sql("mine")
    with pytest.raises(QueryRejectedError) as refused:
        future.result(timeout=pool.MAX_SECONDS - 2)
    assert refused.value.kind == "cancelled"
    assert not pool.cancel_sql("mine")


def test_a_waiting_question_can_be_cancelled():
    running = [
        pool.submit_sql(SLOW, session_id=f"place {number}", seconds=4) for number in range(pool.WORKER_COUNT)
    ]
    time.sleep(0.2)
    waiting = pool.submit_sql("select 1", session_id="waiting")
    time.sleep(0.2)
    assert pool.cancel_sql("waiting")
    with pytest.raises(QueryRejectedError) as refused:
        waiting.result(timeout=1)
    assert refused.value.kind == "cancelled"
    for number, future in enumerate(running):
        pool.cancel_sql(f"place {number}")
        assert future.exception(timeout=2).kind == "cancelled"


def test_when_all_places_are_taken_one_is_told_so(monkeypatch):
    monkeypatch.setattr(pool, "MAX_QUEUE_SECONDS", 0.2)
    running = [
        pool.submit_sql(SLOW, session_id=f"place {number}", seconds=4) for number in range(pool.WORKER_COUNT)
    ]
    time.sleep(0.1)
    assert kind("select 1") == "busy"
    for number, future in enumerate(running):
        pool.cancel_sql(f"place {number}")
        future.exception(timeout=2)
    assert kind("select 1") == ""


def test_a_new_question_of_the_same_visitor_replaces_the_old():
    old = pool.submit_sql(SLOW, session_id="same")
    time.sleep(0.2)
    assert pool.run_sql("select 7 as it", session_id="same").rows["it"].tolist() == [7]
    assert old.exception(timeout=1).kind == "cancelled"


def test_many_sessions_get_their_own_answers(monkeypatch):
    monkeypatch.setattr(pool, "MAX_QUEUE_SECONDS", 60)
    with ThreadPoolExecutor(8) as sessions:
        answers = list(
            sessions.map(
                lambda number: pool.run_sql(f"select {number} as it", session_id=str(number)).rows["it"][0],
                range(24),
            )
        )
    assert answers == list(range(24))


def test_a_process_that_dies_is_replaced():
    future = pool.submit_sql(SLOW, session_id="dies")
    time.sleep(0.3)
    with pool._POOL._lock:
        process = pool._POOL._jobs["dies"].worker
    process.kill()
    assert future.exception(timeout=2).kind == "lost"
    assert kind("select 1") == ""


def test_a_swapped_database_is_seen_by_the_next_question(tmp_path, monkeypatch):
    other = tmp_path / "it's another.duckdb"
    other.write_bytes(settings.get_database_path().read_bytes())
    with duckdb.connect(str(other)) as connection:
        connection.execute("update build set version = 'ffffffffffff'")
    monkeypatch.setenv("RIPRESA_DATABASE", str(other))
    assert pool.run_sql("select version from build").rows["version"].tolist() == ["ffffffffffff"]
    monkeypatch.undo()
    assert pool.run_sql("select version from build").rows["version"].tolist() == [query.get_data_version()]


def test_every_refusal_is_one_sentence_in_both_languages():
    messages = {key: entry for key, entry in i18n.load_strings().items() if key.startswith("sandbox_")}
    assert len(messages) == 13
    for key, sentences in messages.items():
        refused = QueryRejectedError(
            key.removeprefix("sandbox_"), "Parser Error: x\nLINE 1", length=1, most=2, seconds="3"
        )
        assert set(sentences) == {"it", "en"}
        assert refused.format_message("it") != refused.format_message("en")
        assert all(
            "{" not in refused.format_message(lang) and "\n" not in refused.format_message(lang)
            for lang in sentences
        )


def test_no_thread_is_left_waiting():
    time.sleep(0.3)
    assert not [thread for thread in threading.enumerate() if thread.name == "sql"]
