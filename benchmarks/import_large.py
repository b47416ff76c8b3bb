"""python -m benchmarks.import_large [ROWS]: time and peak memory of importing a large table.

Generates a Eurostat table (5 million rows by default) and imports it as SDMX-CSV and as TSV.
"""

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

from benchmarks.servers import ROOT

DEFAULT_ROWS = 5_000_000
MAX_MB = 1024
YEARS = range(2008, 2021)
GEOS = (
    "AT BE BG CH CY CZ DE DK EE EL ES EU27_2020 FI FR HR HU IE IS IT LT LU LV MT NL NO PL PT RO RS SE SI SK "
    "UK XK"
).split()
SIZES = ("TOTAL", "0", "1-4", "5-9", "GE10")
INDICATORS = (
    "V97020",
    "V97030",
    "V11920",
    "V11930",
    *(f"V{number}" for number in range(97040, 97056)),
)
SECTIONS = "B-N_X_K642 B C D E F G H I J K L M N G45 G46 G47 N79".split()
CSV_SQL = """
copy (
    select
        'ESTAT:BD_9BD_SZ_CL_R2(1.0)' as "DATAFLOW", '22/05/26 11:00:00' as "LAST UPDATE",
        'A' as freq, indicator as indic_sb, size as sizeclas, sector as nace_r2, geo, year as "TIME_PERIOD",
        case when (i * 31) % 7 = 0 then null else ((i * 7919) % 3000) / 100 end as "OBS_VALUE",
        case when i % 11 = 0 then 'p' when i % 13 = 0 then 'u' end as "OBS_FLAG",
        case when (i * 31) % 49 = 0 then 'C' end as "CONF_STATUS"
    from (
        select row_number() over () as i, *
        from
            (select unnest({sectors}) as sector), (select unnest({indicators}) as indicator),
            (select unnest({sizes}) as size), (select unnest({geos}) as geo),
            (select unnest(range({first_year}, {end_year})) as year)
    )
    limit {rows}
) to '{path}' (header, delimiter ',')
"""
TSV_SQL = """
copy (
    select concat_ws(',', freq, indic_sb, sizeclas, nace_r2, geo), {years}
    from (
        select
            *, "TIME_PERIOD" as year,
            coalesce("OBS_VALUE", ':') || ' ' || coalesce("OBS_FLAG", '')
                || coalesce('@' || "CONF_STATUS", '') as cell
        from read_csv('{csv}', all_varchar = true)
    )
    group by freq, indic_sb, sizeclas, nace_r2, geo
) to '{tsv}' (header false, delimiter '\t', quote '')
"""


def write_csv_table(folder: Path, rows: int) -> Path:
    """A fixed table shaped as bd_9bd_sz_cl_r2; a seventh of the cells are empty, some confidential."""
    path = folder / "bd_9bd_sz_cl_r2.csv"
    cells_per_sector = len(YEARS) * len(GEOS) * len(SIZES) * len(INDICATORS)
    sector_count = rows // cells_per_sector + 1
    sectors = [*SECTIONS, *(f"X{number}" for number in range(sector_count))][:sector_count]
    sql = CSV_SQL.format(
        sectors=_format_list(sectors),
        indicators=_format_list(INDICATORS),
        sizes=_format_list(SIZES),
        geos=_format_list(GEOS),
        first_year=YEARS.start,
        end_year=YEARS.stop,
        rows=rows,
        path=path,
    )
    with duckdb.connect(config={"memory_limit": "512MB", "threads": 2}) as connection:
        connection.execute(sql)
    return path


def _format_list(texts: Sequence[str]) -> str:
    return "[" + ", ".join(f"'{text}'" for text in texts) + "]"


def write_tsv_table(path: Path) -> Path:
    """The same cells as Eurostat's TSV, compressed with gzip."""
    tsv_path, gzip_path = path.with_suffix(".tsv"), path.with_suffix(".tsv.gz")
    years = ", ".join(f"coalesce(max(cell) filter (year = '{year}'), ':')" for year in YEARS)
    header = "freq,indic_sb,sizeclas,nace_r2,geo\\TIME_PERIOD\t" + "\t".join(f"{year} " for year in YEARS)
    config = {"memory_limit": "1GB", "threads": 2, "temp_directory": str(path.parent)}
    with duckdb.connect(config=config) as connection:
        connection.execute(TSV_SQL.format(years=years, csv=path, tsv=tsv_path))
    with tsv_path.open("rb") as text, gzip.open(gzip_path, "wb", compresslevel=1) as out:
        out.write(f"{header}\n".encode())
        shutil.copyfileobj(text, out)
    tsv_path.unlink()
    return gzip_path


def measure_import(path: Path, folder: Path) -> tuple[float, float, str]:
    """Seconds, peak MB of the process and printed summary of an import into a copy of the declarations."""
    root = folder / "data"
    ignored = shutil.ignore_patterns("*.duckdb", ".*", "__pycache__", "imports", "geo", "*.py")
    shutil.copytree(ROOT / "data", root, ignore=ignored)
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ripresa", "import", "eurostat", str(path), "--root", str(root)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    shutil.rmtree(root)
    if process.returncode:
        raise SystemExit(output)
    return seconds, usage.ru_maxrss / 1024, output


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROWS
    max_peak = 0.0
    with tempfile.TemporaryDirectory(prefix="import-large-") as name:
        folder = Path(name)
        table = write_csv_table(folder, rows)
        for path in (table, write_tsv_table(table)):
            seconds, peak, output = measure_import(path, folder)
            max_peak = max(max_peak, peak)
            print(
                f"{path.name}: {rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB on disk, "
                f"{seconds:.1f} s, peak memory {peak:,.0f} MB"
            )
            print("    " + next(line for line in output.splitlines() if line.endswith(")") and ": " in line))
    print(f"{'within' if max_peak <= MAX_MB else 'OVER'} {MAX_MB:,} MB")
    return int(max_peak > MAX_MB)


if __name__ == "__main__":
    sys.exit(main())
