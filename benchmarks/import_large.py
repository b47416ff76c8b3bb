"""python -m benchmarks.import_large [rows]: seconds and peak memory of importing a made-up Eurostat table (5 million rows), as SDMX-CSV and as TSV."""

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_ROWS = 5_000_000
MAX_MB = 1024
YEARS = range(2008, 2021)
GEOS = "AT BE BG CH CY CZ DE DK EE EL ES EU27_2020 FI FR HR HU IE IS IT LT LU LV MT NL NO PL PT RO RS SE SI SK UK XK".split()
SIZES = ("TOTAL", "0", "1-4", "5-9", "GE10")
INDICATORS = ("V97020", "V97030", "V11920", "V11930", *(f"V{number}" for number in range(97040, 97056)))
SECTIONS = "B-N_X_K642 B C D E F G H I J K L M N G45 G46 G47 N79".split()


def write_csv_table(folder: Path, rows: int) -> Path:
    """A table shaped as bd_9bd_sz_cl_r2, every seventh cell without a value, some confidential. Same rows, same file."""
    path = folder / "bd_9bd_sz_cl_r2.csv"
    cells = len(YEARS) * len(GEOS) * len(SIZES) * len(INDICATORS)
    sectors = [*SECTIONS, *(f"X{number}" for number in range(rows // cells + 1))][: rows // cells + 1]

    def listed(words):
        return "[" + ", ".join(f"'{word}'" for word in words) + "]"

    with duckdb.connect(config={"memory_limit": "512MB", "threads": 2}) as own:
        own.execute(f"""
            copy (
                select 'ESTAT:BD_9BD_SZ_CL_R2(1.0)' as "DATAFLOW", '22/05/26 11:00:00' as "LAST UPDATE", 'A' as freq, indic as indic_sb, sizeclas, nace as nace_r2, geo,
                       year as "TIME_PERIOD", case when (i * 31) % 7 = 0 then null else ((i * 7919) % 3000) / 100 end as "OBS_VALUE",
                       case when i % 11 = 0 then 'p' when i % 13 = 0 then 'u' end as "OBS_FLAG", case when (i * 31) % 49 = 0 then 'C' end as "CONF_STATUS"
                from (select row_number() over () as i, * from
                      (select unnest({listed(sectors)}) as nace), (select unnest({listed(INDICATORS)}) as indic), (select unnest({listed(SIZES)}) as sizeclas),
                      (select unnest({listed(GEOS)}) as geo), (select unnest(range({YEARS.start}, {YEARS.stop})) as year))
                limit {rows}
            ) to '{path}' (header, delimiter ',')""")
    return path


def write_tsv_table(path: Path) -> Path:
    """The same cells as Eurostat's TSV, gzipped."""
    plain, packed = path.with_suffix(".tsv"), path.with_suffix(".tsv.gz")
    years = ", ".join(f"coalesce(max(cell) filter (year = '{year}'), ':')" for year in YEARS)
    with duckdb.connect(
        config={"memory_limit": "1GB", "threads": 2, "temp_directory": str(path.parent)}
    ) as own:
        own.execute(f"""
            copy (select concat_ws(',', freq, indic_sb, sizeclas, nace_r2, geo), {years}
                  from (select *, "TIME_PERIOD" as year, coalesce("OBS_VALUE", ':') || ' ' || coalesce("OBS_FLAG", '') || coalesce('@' || "CONF_STATUS", '') as cell from read_csv('{path}', all_varchar=true))
                  group by freq, indic_sb, sizeclas, nace_r2, geo) to '{plain}' (header false, delimiter '\t', quote '')""")
    with plain.open("rb") as text, gzip.open(packed, "wb", compresslevel=1) as out:
        out.write(
            (
                "freq,indic_sb,sizeclas,nace_r2,geo\\TIME_PERIOD\t"
                + "\t".join(f"{year} " for year in YEARS)
                + "\n"
            ).encode()
        )
        shutil.copyfileobj(text, out)
    plain.unlink()
    return packed


def measure_import(path: Path, folder: Path) -> tuple[float, float, str]:
    """Seconds, peak MB of the process, and its summary, of one import into a copy of the declarations."""
    root = folder / "data"
    shutil.copytree(
        ROOT / "data",
        root,
        ignore=shutil.ignore_patterns("*.duckdb", ".*", "__pycache__", "imports", "geo", "importers", "*.py"),
    )
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ripresa", "import", "eurostat", str(path), "--root", str(root)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    words = process.stdout.read()
    _, code, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    shutil.rmtree(root)
    if process.returncode:
        raise SystemExit(words)
    return time.perf_counter() - begun, used.ru_maxrss / 1024, words


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROWS
    worst = 0.0
    with tempfile.TemporaryDirectory(prefix="import-large-") as name:
        folder = Path(name)
        table = write_csv_table(folder, rows)
        for path in (table, write_tsv_table(table)):
            seconds, peak, words = measure_import(path, folder)
            worst = max(worst, peak)
            print(
                f"{path.name}: {rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB on disk, {seconds:.1f} s, peak memory {peak:,.0f} MB"
            )
            print("    " + next(line for line in words.splitlines() if line.endswith(")") and ": " in line))
    print(f"{'within' if worst <= MAX_MB else 'OVER'} {MAX_MB:,} MB")
    return int(worst > MAX_MB)


if __name__ == "__main__":
    sys.exit(main())
