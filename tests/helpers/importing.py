"""What the tests of the importers share: a small root to import into, our observations written as publishers
write them.
"""

import csv
import json
import math
import re
from pathlib import Path

from ripresa import settings
from ripresa.database.code_lists import CodeList
from ripresa.database.raw_rows import RAW_COLUMNS
from ripresa.importers import table_mapping
from ripresa.importers.records import ObservationRecord

FIXTURES = Path(__file__).parents[1] / "data_importers"
KEPT = (
    "dii_at_least_basic",
    "dii_high",
    "birth_rate",
    "death_rate",
    "closure_rate",
    "firms_woman_top_manager",
    "gva_current_prices",
    "gva_change_vs_2019",
    "gva_points_vs_italy",
    "active_enterprises",
    "innovative_startups",
    "innovative_startups_female_majority",
    "innovative_startups_female_majority_share",
)
TOPIC = """
[{id}]
title = {{ it = "x", en = "x" }}
question = {{ it = "x", en = "x" }}
intro = {{ it = "x", en = "x" }}
default_level = "italy"
indicators_by_level = {{ italy = [], europe = [], world = [] }}
extra_indicators = []
"""
RAW = (
    "dii_at_least_basic,ITA,,,,10-249,2021,dii-3,60.69,percent,,x,ok,,,high,Eurostat,isoc_e_dii,"
    "snapshot 2026-03-28,\n"
    "dii_high,ITA,,,,10-249,2021,dii-3,22.1,percent,,x,ok,,,high,Eurostat,isoc_e_dii,snapshot 2026-03-28,\n"
)
OTHERS = {
    "innovative_startups": (
        "innovative_startups,ITF2,,,all,all,2025-05,register-snapshot,70,count,,x,ok,,,high,InfoCamere,x,"
        "2025-07-21,\n"
        "innovative_startups_female_majority,ITF2,,,all,all,2025-05,register-snapshot,21,count,,x,ok,,,high,"
        "InfoCamere,x,2025-07-21,\n"
        "innovative_startups_female_majority_share,ITF2,,,all,all,2025-05,register-snapshot,30,percent,,x,ok,"
        ",,high,InfoCamere,x,2025-07-21,\n"
    ),
    "eurostat_business_demography": (
        "birth_rate,AUT,,G,,TOTAL,2020,eurostat-bd-2004-2020,5.4,percent,,x,ok,p,,medium,Eurostat,news,,\n"
        "death_rate,AUT,,G,,TOTAL,2020,eurostat-bd-2004-2020,4.1,percent,,x,ok,,,medium,Eurostat,news,,\n"
    ),
    "future_of_business": (
        "closure_rate,ITA,,all,all,all,2020-05,fob-2020,16,percent,,x,ok,,,press,A newspaper,x,2020-07-15,\n"
    ),
    "worldbank_enterprise_surveys": (
        "firms_woman_top_manager,ITA,,,women,5+,2024,wbes,16.1,percent,,x,ok,,,high,World Bank,x,"
        "snapshot 2025-05-04,\n"
    ),
    "eurostat_value_added": (
        "gva_current_prices,ITC4,,TOTAL,,all,2019,na-nominal,100,million EUR,,x,ok,,,high,Eurostat,x,"
        "snapshot 2026-07-19,\n"
        "gva_current_prices,ITC4,,TOTAL,,all,2020,na-nominal,90,million EUR,,x,ok,,,high,Eurostat,x,"
        "snapshot 2026-07-19,\n"
        "gva_change_vs_2019,ITC4,,TOTAL,,all,2020,na-nominal,-10.00,% vs 2019,,x,derived,,,medium,Eurostat,x,"
        "snapshot 2026-07-19,\n"
    ),
    "istat_active_enterprises": (
        "active_enterprises,ITA,Italia,,,0-9,2024,single,4501198,count,,x,ok,,,high,ISTAT,x,"
        "downloaded 2026-07-18,\n"
    ),
}


def small(folder: Path) -> Path:
    """A root with nine indicators and a handful of figures, that builds in a blink."""
    (folder / "raw").mkdir(parents=True)
    (folder / "codes").mkdir()
    (folder / "catalogue").mkdir()
    for path in (settings.DATA / "codes").glob("*.csv"):
        (folder / "codes" / path.name).write_bytes(path.read_bytes())
    paragraphs = re.split(
        r"(?m)^(?=\[\w+\]$)",
        (settings.DATA / settings.CATALOGUE / "indicators.toml").read_text(encoding="utf-8"),
    )
    chosen = [
        text
        for text in paragraphs
        if re.match(r"\[(\w+)\]", text) and re.match(r"\[(\w+)\]", text)[1] in KEPT
    ]
    (folder / "catalogue" / "indicators.toml").write_text("\n".join(chosen), encoding="utf-8")
    (folder / "catalogue" / "topics.toml").write_text(
        "".join(TOPIC.format(id=id) for id in ("closures", "profits", "digital_sales", "women", "context")),
        encoding="utf-8",
    )
    (folder / "catalogue" / "sources.toml").write_bytes(
        (settings.DATA / settings.CATALOGUE / "sources.toml").read_bytes()
    )
    for name in ("claims.csv", "resources.csv"):
        (folder / name).write_text(
            (settings.DATA / name).read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8"
        )
    header = ",".join(RAW_COLUMNS) + "\n"
    for source, rows in {"eurostat_digital_intensity": RAW, **OTHERS}.items():
        (folder / "raw" / f"{source}__x.csv").write_text(header + rows, encoding="utf-8")
    return folder


def ours(table: str, rows: int | None = None) -> list[dict]:
    """Our own observations of a Eurostat table as its codes, with value and flags: the raw rows whose title
    names the table and whose series it declares.
    """
    declared = table_mapping.load_table_mappings()[table]
    eu = {
        row["code"]: row["eu_code"] or row["code"]
        for row in CodeList(settings.DATA / "codes" / "geographies.csv").rows
    }
    sectors = CodeList(settings.DATA / "codes" / "sectors.csv")
    series = {(entry["indicator"], entry["edition"]): name for name, entry in declared.series.items()}
    sizes = {size: name for name, size in declared.sizes.items()}
    found = []
    for path in sorted((settings.DATA / "raw").glob(f"{declared.source}__*.csv")):
        for row in csv.DictReader(path.open(encoding="utf-8")):
            if re.search(rf"\({table}\b", row["title"]) and (row["indicator"], row["edition"]) in series:
                sector = sectors.find_code(row["sector"])
                cell = {
                    "freq": "A",
                    declared.sector: declared.total if sector == "all" else sector,
                    "geo": eu[row["geo"]],
                    "time": row["period"],
                    "value": row["value"],
                    "flags": row["flag"],
                }
                cell |= {name.split("|")[0]: wanted[0] for name, wanted in declared.where.items()}
                cell |= (
                    {declared.indicator: series[row["indicator"], row["edition"]]}
                    if declared.indicator
                    else {}
                )
                cell |= (
                    {declared.size: sizes[row["size"] if row["size"] != "TOTAL" else "all"]}
                    if declared.size
                    else {}
                )
                found.append(cell)
    return found[:rows]


def dimensions(cells: list[dict]) -> list[str]:
    return [name for name in cells[0] if name not in ("geo", "time", "value", "flags")] + ["geo"]


def as_sdmx(cells: list[dict], table: str) -> str:
    """The first generation: DATAFLOW and LAST UPDATE, codes alone."""
    names = dimensions(cells)
    lines = [
        ",".join(["DATAFLOW", "LAST UPDATE", *names, "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG", "CONF_STATUS"])
    ]
    lines += [
        ",".join(
            [
                f"ESTAT:{table.upper()}(1.0)",
                "19/07/26 11:00:00",
                *(cell[name] for name in names),
                cell["time"],
                cell["value"],
                cell["flags"],
                "",
            ]
        )
        for cell in cells
    ]
    return "\n".join(lines) + "\n"


def as_labelled(cells: list[dict], table: str) -> str:
    """The second generation: STRUCTURE, each code followed by its label."""
    names = dimensions(cells)
    head = [
        "STRUCTURE",
        "STRUCTURE_ID",
        "STRUCTURE_NAME",
        *(word for name in names for word in (name, f"Label of {name}")),
        "TIME_PERIOD",
        "Time",
        "OBS_VALUE",
        "Observation value",
        "OBS_FLAG",
        "Observation status (Flag) V2 structure",
        "CONF_STATUS",
        "Confidentiality status (flag)",
    ]
    lines = [",".join(head)]
    for cell in cells:
        codes = [word for name in names for word in (cell[name], f'"{cell[name]}, in words"')]
        lines.append(
            ",".join(
                [
                    "dataflow",
                    f"ESTAT:{table.upper()}$DEFAULTVIEW(1.0)",
                    "A name",
                    *codes,
                    cell["time"],
                    "",
                    cell["value"],
                    "",
                    cell["flags"],
                    "",
                    "",
                    "",
                ]
            )
        )
    return "\n".join(lines) + "\n"


def as_tsv(cells: list[dict], table: str) -> str:
    names = dimensions(cells)
    times = sorted({cell["time"] for cell in cells})
    lines = {}
    for cell in cells:
        lines.setdefault(",".join(cell[name] for name in names), {})[cell["time"]] = (
            f"{cell['value'] or ':'} {cell['flags']}"
        )
    head = ",".join(names) + "\\TIME_PERIOD\t" + "\t".join(f"{time} " for time in times)
    return (
        "\n".join(
            [
                head,
                *(
                    "\t".join([key, *(found.get(time, ": ") for time in times)])
                    for key, found in sorted(lines.items())
                ),
            ]
        )
        + "\n"
    )


def as_jsonstat(cells: list[dict], table: str) -> str:
    """Sparse: only the cells there are, values as JSON numbers, with their digits."""
    names = [*dimensions(cells), "time"]
    codes = {name: sorted({cell[name] for cell in cells}) for name in names}
    sizes = [len(codes[name]) for name in names]

    def place(cell):
        return sum(
            codes[name].index(cell[name]) * math.prod(sizes[number + 1 :])
            for number, name in enumerate(names)
        )

    values = ",".join(f'"{place(cell)}":{cell["value"]}' for cell in cells if cell["value"])
    document = {
        "version": "2.0",
        "class": "dataset",
        "label": "A name",
        "source": "ESTAT",
        "updated": "2026-07-19T11:00:00+0200",
        "value": "VALUES",
        "status": {str(place(cell)): cell["flags"] for cell in cells if cell["flags"]},
        "id": names,
        "size": sizes,
        "dimension": {
            name: {
                "label": name,
                "category": {
                    "index": {code: number for number, code in enumerate(codes[name])},
                    "label": {code: code for code in codes[name]},
                },
            }
            for name in names
        },
        "extension": {"lang": "EN", "id": table.upper(), "agencyId": "ESTAT"},
    }
    return json.dumps(document).replace('"VALUES"', "{" + values + "}")


FORMS = {
    "sdmx": (as_sdmx, ".csv"),
    "labelled": (as_labelled, ".csv"),
    "tsv": (as_tsv, ".tsv"),
    "jsonstat": (as_jsonstat, ".json"),
}


def essence(figures: list[ObservationRecord]) -> dict[tuple, tuple[str, str]]:
    """Value and flags by key, of the figures that are published and not computed."""
    return {figure.key: (figure.value, figure.flag) for figure in figures if figure.status != "derived"}
