"""What each official format says, and what a broken file cannot make it say."""

import gzip
import random
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ripresa import settings
from ripresa.database.code_lists import CodeList
from ripresa.database.dataset import Dataset
from ripresa.importers import (
    eurostat,
    future_of_business,
    istat,
    jsonstat_reader,
    native_csv,
    table_mapping,
    text_files,
    tsv,
    worldbank,
)
from ripresa.importers import flags as status
from ripresa.importers.records import (
    DropReason,
    ImportBatch,
    ImporterError,
    ReadOptions,
    compute_confidence_interval,
    normalize_decimal,
)
from tests.helpers.importing import FIXTURES, FORMS, as_sdmx, essence, ours

TABLES = (
    "isoc_e_dii",
    "isoc_e_diin2",
    "isoc_ec_esels",
    "isoc_ec_evals",
    "bd_9bd_sz_cl_r2",
    "bd_size",
    "nama_10r_3gva",
    "nama_10_a10",
    "nama_10_a64",
)
READERS = {
    "eurostat": eurostat.read,
    "istat": istat.read,
    "worldbank": worldbank.read,
    "future_of_business": future_of_business.read,
}


def reading(path: Path, reader=eurostat.read, **options) -> ImportBatch:
    with text_files.open_text_file(path) as text:
        return reader(text, settings.DATA, ReadOptions(**options))


def found(path: Path, reader=eurostat.read, **how) -> dict[tuple, tuple[str, str]]:
    """Value and flags of a fixture's figures, by what tells them apart: the key without "all"."""
    return {
        tuple(part for part in key if part != "all"): said
        for key, said in essence(reading(path, reader, **how).observations).items()
    }


def refusal(path: Path, reader=eurostat.read, **how) -> str:
    """The sentence a file is refused with: one line, one full stop at its end, the file's name in it."""
    with pytest.raises(ImporterError) as fault:
        reading(path, reader, **how)
    sentence = str(fault.value)
    assert sentence.endswith("."), sentence
    assert "\n" not in sentence, sentence
    assert path.name.removesuffix(".gz") in sentence, sentence
    return sentence


def sentence_or_reading(content: bytes, name: str, reader=eurostat.read, **how) -> ImportBatch | None:
    """The reading of a file with this content, or None where it is refused in one sentence; anything else is
    a failure.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            return reading(path, reader, **how)
        except ImporterError as fault:
            assert str(fault).endswith("."), str(fault)
            assert "\n" not in str(fault), str(fault)
            return None


# --- our own observations, out and in again ---


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("table", TABLES)
def test_our_observations_come_back_as_they_went_out_flags_included(table, form, tmp_path):
    cells = ours(table)
    write, suffix = FORMS[form]
    path = tmp_path / f"{table}{suffix}"
    path.write_text(write(cells, table), encoding="utf-8")
    back = essence(reading(path).observations)
    assert sorted(back.values()) == sorted((cell["value"], cell["flags"]) for cell in cells)
    assert len(back) == len(cells) > 5


def test_the_four_forms_of_one_table_give_the_same_figures_and_changes(tmp_path):
    readings = []
    for form, (write, suffix) in FORMS.items():
        path = tmp_path / form / f"nama_10r_3gva{suffix}"
        path.parent.mkdir()
        path.write_text(write(ours("nama_10r_3gva"), "nama_10r_3gva"), encoding="utf-8")
        readings.append({figure.key: figure.value for figure in reading(path).observations})
    assert all(one == readings[0] for one in readings)


def test_changes_computed_from_levels_are_those_of_data_raw(tmp_path):
    path = tmp_path / "nama_10r_3gva.tsv"
    path.write_text(FORMS["tsv"][0](ours("nama_10r_3gva"), "nama_10r_3gva"), encoding="utf-8")
    computed = {
        figure.key: figure.value for figure in reading(path).observations if figure.status == "derived"
    }
    raw = {
        row.key: row.value
        for row in Dataset(settings.DATA).rows
        if row.indicator == "gva_change_vs_2019" and row.file.startswith("data/raw")
    }
    assert len(computed) == len(raw) == 399
    assert all(abs(float(computed[key]) - raw[key]) < 0.0051 for key in raw)


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, lambda content: gzip.compress(content[:90]) + gzip.compress(content[90:])],
    ids=["gzip", "gzip in two members"],
)
def test_a_gzip_reads_as_its_content(pack, tmp_path):
    plain_file = FIXTURES / "bd_9bd_sz_cl_r2.tsv"
    packed = tmp_path / "estat_bd_9bd_sz_cl_r2.tsv.gz"
    packed.write_bytes(pack(plain_file.read_bytes()))
    assert found(packed) == found(plain_file)


# --- Eurostat ---


def test_the_first_generation_of_sdmx_csv():
    read = reading(FIXTURES / "isoc_e_dii_first.csv")
    assert read.file_name == "eurostat_digital_intensity__isoc_e_dii.csv"
    assert found(FIXTURES / "isoc_e_dii_first.csv") == {
        ("dii_at_least_basic", "ITA", "10-249", "2021", "dii-3"): ("60.69", ""),
        ("dii_at_least_basic", "ITA", "10-249", "2023", "dii-3"): ("60.71", "b"),
        ("dii_at_least_basic", "GRC", "10-249", "2023", "dii-3"): ("43.30", "bu"),
        ("dii_at_least_basic", "GBR", "10-249", "2021", "dii-3"): ("55", "e"),
        ("dii_at_least_basic", "XKX", "10-249", "2021", "dii-3"): ("31.5", "p"),
        ("dii_at_least_basic", "EU27_2020", "10-249", "2021", "dii-3"): ("55.56", ""),
        ("dii_high", "ITA", "10-249", "2021", "dii-3"): ("21.90", "d"),
        ("dii_high", "NLD", "10-249", "2021", "dii-3"): ("0", "n"),
    }
    assert read.dropped_cells.counts == {
        "confidential": 2,
        "not applicable": 1,
        "no value": 1,
        "no value, too unreliable to publish": 1,
        "indicator not used here": 1,
        "unit not used here": 1,
        "size class not shown here": 1,
        "area not in data/codes/geographies.csv (smaller areas, or NUTS 2024 areas without an equal)": 1,
        "before 2019 (--since YEAR takes earlier years)": 1,
    }
    assert {figure.published for figure in read.observations} == {"updated 2026-03-28"}
    assert {figure.status for figure in read.observations if figure.flag == "p"} == {"provisional"}


def test_the_second_generation_of_sdmx_csv_has_labels_between_codes():
    assert found(FIXTURES / "isoc_e_dii_second.csv") == {
        ("dii_at_least_basic", "ITA", "10-249", "2021", "dii-3"): ("60.69", ""),
        ("dii_high", "GRC", "10-249", "2023", "dii-3"): ("14.2", "bu"),
    }


def test_a_tsv_has_flags_after_its_values():
    read = reading(FIXTURES / "bd_9bd_sz_cl_r2.tsv")
    assert dict(found(FIXTURES / "bd_9bd_sz_cl_r2.tsv").items()) == {
        ("death_rate", "AUT", "G", "2019", "eurostat-bd-2004-2020"): ("5.72", ""),
        ("death_rate", "AUT", "G", "2020", "eurostat-bd-2004-2020"): ("4.90", "p"),
        ("death_rate", "GRC", "G", "2020", "eurostat-bd-2004-2020"): ("3.1", "bu"),
        ("death_rate", "DEU", "2019", "eurostat-bd-2004-2020"): ("9.10", ""),
        ("enterprise_deaths", "ITA", "G", "2019", "eurostat-bd-2004-2020"): ("90000", "e"),
        ("enterprise_deaths", "ITA", "G", "2020", "eurostat-bd-2004-2020"): ("95000", ""),
    }
    assert read.dropped_cells.counts["confidential"] == read.dropped_cells.counts["not applicable"] == 1


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("12.3 ", ("12.3", "", "")),
        ("4 bp", ("4", "bp", "")),
        (": ", (":", "", "")),
        (": u", (":", "u", "")),
        (": @C", (":", "", "C")),
        ("0 n", ("0", "n", "")),
        ("-1.5e", ("-1.5", "e", "")),
        (":z", (":", "z", "")),
    ],
)
def test_a_tsv_cell(cell, said):
    assert tsv.parse_cell(cell) == said


def test_json_stat_with_sparse_values_lists_of_codes_and_a_dimension_of_one():
    assert found(FIXTURES / "isoc_e_dii.json") == {
        ("dii_at_least_basic", "ITA", "10-249", "2021", "dii-3"): ("60.69", ""),
        ("dii_at_least_basic", "ITA", "10-249", "2023", "dii-3"): ("60.70", "b"),
        ("dii_at_least_basic", "GRC", "10-249", "2023", "dii-3"): ("43.3", "bu"),
        ("dii_at_least_basic", "MLT", "10-249", "2023", "dii-3"): ("10", ""),
    }


def test_regional_accounts_take_the_21_areas_alone_and_compute_the_change_from_2019():
    read = reading(FIXTURES / "nama_10r_3gva.tsv")
    figures = {
        (figure.indicator, figure.sector, figure.period): (figure.value, figure.status)
        for figure in read.observations
    }
    assert {figure.geo for figure in read.observations} == {
        "ITC4"
    }  # Italy and the macro-areas are sums the build makes
    assert figures["gva_change_vs_2019", "all", "2020"] == ("-7.50", "derived")
    assert figures["gva_change_vs_2019", "F", "2020"] == ("-5.00", "derived")
    assert figures["gva_current_prices", "F", "2020"] == ("14250", "provisional")
    assert "PT19" in "".join(read.dropped_cells.format_lines())
    assert "MIO_NAC" in "".join(read.dropped_cells.format_lines())


def test_since_takes_earlier_years_and_the_scope_of_a_table_ends_where_it_says(tmp_path):
    assert ("death_rate", "AUT", "G", "2018", "eurostat-bd-2004-2020") in found(
        FIXTURES / "bd_9bd_sz_cl_r2.tsv", since="2015"
    )
    late = tmp_path / "bd_9bd_sz_cl_r2.tsv"
    late.write_text(
        (FIXTURES / "bd_9bd_sz_cl_r2.tsv").read_text(encoding="utf-8").replace("2020 ", "2021 "),
        encoding="utf-8",
    )
    assert {key[-2] for key in found(late)} == {"2019"}


@pytest.mark.parametrize("table", ["nama_10_gdp", ""])
def test_a_table_that_feeds_nothing_is_named_with_those_that_do(table, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(as_sdmx(ours("isoc_e_dii", 3), table), encoding="utf-8")
    assert "isoc_ec_esels" in refusal(path)
    assert len(reading(path, table="isoc_e_dii").observations) == 3


def test_a_lost_dimension_is_named(tmp_path):
    path = tmp_path / "isoc_e_dii.csv"
    path.write_text(
        as_sdmx(ours("isoc_e_dii", 3), "isoc_e_dii").replace(",unit,", ",measure,", 1), encoding="utf-8"
    )
    assert "column unit" in refusal(path)


def test_one_key_with_two_values_is_refused(tmp_path):
    path = tmp_path / "isoc_e_dii.csv"
    cells = ours("isoc_e_dii", 2)
    path.write_text(as_sdmx([*cells, {**cells[0], "value": "1"}], "isoc_e_dii"), encoding="utf-8")
    assert "two values" in refusal(path)


@pytest.mark.parametrize(
    ("bad", "word"),
    [("64,43", "not a number"), ("1.2.3", "not a number"), ("NaN5", "not a number"), ("६४", "not a number")],
)
def test_a_value_that_is_no_number_is_named_with_its_place(bad, word, tmp_path):
    path = tmp_path / "isoc_e_dii.tsv" if "," not in bad else tmp_path / "isoc_e_dii.csv"
    cells = ours("isoc_e_dii", 3)
    cells[1]["value"] = bad
    path.write_text(as_sdmx(cells, "isoc_e_dii").replace(bad, f'"{bad}"'), encoding="utf-8")
    sentence = refusal(path)
    assert word in sentence
    assert "dii_at_least_basic of" in sentence


def test_an_unknown_flag_is_named(tmp_path):
    path = tmp_path / "isoc_e_dii.csv"
    cells = ours("isoc_e_dii", 3)
    cells[0]["flags"] = "q"
    path.write_text(as_sdmx(cells, "isoc_e_dii"), encoding="utf-8")
    assert "flag 'q'" in refusal(path)


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path):
    path = tmp_path / "isoc_e_dii.csv"
    path.write_bytes(
        b"\xef\xbb\xbf" + (FIXTURES / "isoc_e_dii_first.csv").read_bytes().replace(b"\n", b"\r\n")
    )
    assert found(path) == found(FIXTURES / "isoc_e_dii_first.csv")


def test_every_declared_table_feeds_a_known_indicator_with_known_codes():
    from ripresa import catalogue

    lists = {
        name: CodeList(settings.DATA / "codes" / f"{name}.csv") for name in ("sizes", "editions", "units")
    }
    for table in table_mapping.load_table_mappings().values():
        assert table.source in catalogue.load_sources()
        assert table.areas in table_mapping.AREA_LEVELS
        assert all(lists["sizes"].find_code(size) == size for size in table.sizes.values())
        for entry in table.series.values():
            indicator = catalogue.get_indicator(entry["indicator"])
            unit = lists["units"].find_code(entry.get("unit", table.unit))
            assert unit == indicator.unit or unit in indicator.accepted_units, (table.id, entry)
            assert lists["editions"].find_code(entry["edition"]) == entry["edition"]


# --- ISTAT, World Bank ---


def test_the_asia_register():
    assert found(FIXTURES / "istat_asia.csv", istat.read) == {
        ("active_enterprises", "ITA", "2024", "single"): ("4751988", ""),
        ("active_enterprises", "ITA", "0-9", "2024", "single"): ("4501198", "p"),
        ("active_enterprises", "ITI1", "F", "2024", "single"): ("43210", "e"),
    }
    assert reading(FIXTURES / "istat_asia.csv", istat.read).dropped_cells.counts["confidential"] == 1


def test_istat_business_demography_is_recognised_by_its_labels():
    assert found(FIXTURES / "istat_demography.csv", istat.read, table="istat_demography") == {
        ("death_rate", "ITC4", "2024", "istat-bd"): ("6.40", "p"),
        ("birth_rate", "ITH1", "2024", "istat-bd"): ("5.5", ""),
    }


def test_the_world_bank_api():
    assert found(FIXTURES / "worldbank.json", worldbank.read) == {
        ("firms_woman_top_manager", "ITA", "2024", "wbes"): ("16.2", ""),
        ("firms_woman_top_manager", "NAM", "2014", "wbes"): ("27.4", ""),
        ("firms_woman_top_manager", "XKX", "2019", "wbes"): ("8", ""),
    }
    assert reading(FIXTURES / "worldbank.json", worldbank.read).dropped_cells.counts == {
        "no value": 1,
        "groups of countries and areas not in data/codes/geographies.csv": 1,
    }


def zipped(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", ".", 1), content)
    return path


def test_the_world_bank_zip_with_its_metadata(tmp_path):
    path = zipped(
        tmp_path / "API_IC.zip",
        API_IC__csv=(FIXTURES / "worldbank.csv").read_text(encoding="utf-8"),
        Metadata_Country__csv="a,b\n",
        Metadata_Indicator__csv="a,b\n",
    )
    assert found(path, worldbank.read) == {
        ("firms_woman_top_manager", "ITA", "2024", "wbes"): ("16.2", ""),
        ("firms_woman_top_manager", "NAM", "2014", "wbes"): ("27.4", ""),
    }


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('"pages":1', '"pages":3', "page 1 of 3"),
        ('"total":5', '"total":9', "5 of 9"),
        (
            "[{",
            '[{"message":[{"id":"120","key":"Invalid value","value":"The provided parameter value is '
            'not valid"}]},{',
            "refusal",
        ),
        ("FEMM", "OTHR", "holds no value"),
        ("}]]", "}]", "not a whole answer"),
        ("16.2000007629395", '"sixteen"', "not a number"),
    ],
)
def test_an_api_answer_that_is_not_whole(old, new, word, tmp_path):
    path = tmp_path / "worldbank.json"
    text = (FIXTURES / "worldbank.json").read_text(encoding="utf-8")
    path.write_text(
        text.replace(old, new) if old in ("FEMM",) else text.replace(old, new, 1), encoding="utf-8"
    )
    assert word in refusal(path, worldbank.read)


# --- Future of Business ---


def test_the_newer_layout_has_intervals_from_its_standard_errors():
    figures = {
        (figure.indicator, figure.geo, figure.gender): figure
        for figure in reading(FIXTURES / "fob_2022-01.csv", future_of_business.read).observations
    }
    closed = figures["closure_rate", "ITA", "all"]
    assert (closed.value, closed.ci_low, closed.ci_high, closed.n, closed.period, closed.edition) == (
        "19",
        "16.648",
        "21.352",
        "1200",
        "2022-01",
        "fob-2021-22",
    )
    assert figures["operational_rate", "ITA", "all"].value == "81"
    assert figures["closure_rate", "ITA", "female"].value == "21.5"
    assert (figures["closure_rate", "ITA", "male"].ci_low, figures["closure_rate", "ITA", "male"].n) == (
        "",
        "700",
    )  # no error published, no interval
    assert (figures["closure_rate", "NAM", "all"].ci_low, figures["closure_rate", "NAM", "all"].ci_high) == (
        "0",
        "2.36",
    )  # NA is Namibia; clipped at 0
    assert not any(
        figure.geo in ("GRC", "USA") for figure in figures.values()
    )  # NA is no value; minorities are not among our populations
    summed = figures["digital_sales_25plus", "ITA", "all"]
    assert (summed.value, summed.status, summed.ci_low) == ("45.25", "derived", "")
    assert ("digital_sales_25plus", "FRA", "all") not in figures  # an answer is missing, the sum is not known


@pytest.mark.parametrize("name", ["fob_2022-01.csv", "fob_older.csv"])
def test_a_survey_import_says_that_its_patterns_have_met_no_official_file(name):
    assert "never met an official file" in "; ".join(reading(FIXTURES / name, future_of_business.read).notes)


def test_shares_are_seen_to_be_proportions_or_percent_and_said():
    assert "proportions" in reading(FIXTURES / "fob_2022-01.csv", future_of_business.read).notes[0]
    variant = reading(FIXTURES / "fob_variant.csv", future_of_business.read, period="2021-07")
    assert "percent" in variant.notes[0]
    assert {
        (figure.geo, figure.gender): (figure.value, figure.ci_low, figure.ci_high)
        for figure in variant.observations
    } == {("ITA", "female"): ("21.5", "17.58", "25.42"), ("GBR", "all"): ("18", "15.844", "20.156")}


def test_the_older_layout_has_waves_and_names():
    figures = {
        (figure.indicator, figure.geo): figure
        for figure in reading(FIXTURES / "fob_older.csv", future_of_business.read).observations
    }
    assert {
        key: (figure.value, figure.period, figure.edition, figure.n) for key, figure in figures.items()
    } == {
        ("current_state_positive", "ITA"): ("44", "2016-05", "fob-2016-2019", "950"),
        ("current_state_negative", "ITA"): ("12", "2016-05", "fob-2016-2019", "950"),
        ("closure_rate", "GBR"): ("3.5", "2019-02", "fob-2016-2019", "700"),
        ("cash_flow_challenge_next_months", "CZE"): ("31", "2019-02", "fob-2016-2019", "200"),
    }


def test_a_survey_file_without_a_date_asks_for_one(tmp_path):
    assert "--period" in refusal(FIXTURES / "fob_variant.csv", future_of_business.read)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("May 2016", "2016-05"),
        ("05/2016", "2016-05"),
        ("2022-01", "2022-01"),
        ("Feb-16", "2016-02"),
        ("September 2020 wave", "2020-09"),
        ("wave 4", ""),
        ("2016", ""),
    ],
)
def test_a_month(words, said):
    assert future_of_business.parse_month(words) == said


@pytest.mark.parametrize(
    ("value", "error", "ends"),
    [
        ("50", "10", ("30.4", "69.6")),
        ("1", "2", ("0", "4.92")),
        ("99", "5", ("89.2", "100")),
        ("0", "0", ("0", "0")),
    ],
)
def test_an_interval_is_1_96_errors_either_side_within_0_and_100(value, error, ends):
    assert compute_confidence_interval(value, error) == ends


# --- our own columns ---


def test_a_csv_with_our_columns_in_any_order():
    read = reading(FIXTURES / "own.csv", native_csv.read, source="future_of_business")
    figures = {(figure.geo, figure.gender): figure for figure in read.observations}
    assert read.file_name == "future_of_business__own.csv"
    assert read.dropped_cells.counts == {"confidential": 1}
    assert (figures["ITA", "all"].value, figures["ITA", "all"].ci_low, figures["ITA", "all"].ci_high) == (
        "18",
        "14.08",
        "21.92",
    )  # "women" is "all" of an indicator about women
    assert figures["ESP", "all"].flag == "u"
    assert figures["ESP", "all"].ci_low == ""


def test_semicolons_and_decimal_commas():
    (figure,) = reading(
        FIXTURES / "own_semicolon.csv", native_csv.read, source="future_of_business"
    ).observations
    assert (figure.value, figure.ci_low, figure.ci_high) == ("18.5", "16.1", "20.9")


# --- numbers and flags ---


@given(
    st.text(max_size=8),
    st.text(alphabet="bcdefimnprsuz", max_size=4),
    st.sampled_from(["", "C", "N", "P", "F"]),
)
def test_a_cell_marked_confidential_or_not_applicable_is_never_a_number(value, flags, secrecy):
    try:
        said = status.parse_cell_value(value, flags, secrecy)
    except ImporterError as fault:
        assert str(fault).endswith(".")
        return
    if set(flags) & set("czmf") or secrecy in ("C", "N", "P") or not value.strip():
        assert isinstance(said, DropReason)
    elif not isinstance(said, DropReason):
        assert float(said[0]) == float(value)
        assert set(said[1]) <= set("bdenpu")


@given(st.decimals(-(10**9), 10**9, places=4) | st.floats(1e-90, 1e12))
def test_a_plain_number_is_the_same_number(number):
    assert float(normalize_decimal(str(number))) == float(str(number))


# --- files that are broken ---


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"  \n \n", "empty"),
        (b"<!doctype html><html></html>\n", "web page"),
        ("geo,perché\n".encode("latin-1"), "UTF-8"),
        ("geo,x\n".encode("utf-16"), "UTF-16"),
        (b"a,b\0c\n", "not text"),
        (gzip.compress(b"geo,x\n" * 1000, mtime=0)[:-9], "cut short"),
        (b"\x1f\x8b broken", "cut short"),
        (b"PK\x03\x04 broken", "damaged"),
    ],
)
def test_a_file_that_is_no_table(content, word, tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    assert word in refusal(path)


def test_a_missing_file_and_a_folder(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "none.csv")
    assert "cannot be read" in refusal(tmp_path)


def test_a_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "isoc_e_dii.csv.gz"
    with gzip.open(path, "wb", compresslevel=9) as out:
        for _ in range(40):
            out.write(b"\n" * (1 << 20))
    assert "unpacks to more than" in refusal(path)
    zipped_bomb = zipped(tmp_path / "bomb.zip", x__csv="0" * (40 << 20))
    assert "unpacks to more than" in refusal(zipped_bomb, worldbank.read)


def test_a_workbook_and_a_zip_of_several_tables(tmp_path):
    assert "workbook" in refusal(
        zipped(tmp_path / "x.xlsx", xl_workbook__xml="", **{"[Content_Types]__xml": ""}), worldbank.read
    )
    assert "holds 2 tables" in refusal(zipped(tmp_path / "x.zip", a__csv="1\n", b__csv="2\n"), worldbank.read)


def test_a_name_with_the_letters_of_a_pattern_is_a_name(tmp_path):
    for name in ("isoc_e_dii[1].csv", "isoc_e_dii*.csv", "it's (2).csv"):
        (tmp_path / name).write_bytes((FIXTURES / "isoc_e_dii_first.csv").read_bytes())
        assert len(found(tmp_path / name)) == 8


CELLS = ours("isoc_e_dii", 6)
WHOLE = {form: write(CELLS, "isoc_e_dii").encode() for form, (write, _) in FORMS.items()}
TRUE = {(cell["value"], cell["flags"]) for cell in CELLS}


def told(read: ImportBatch | None) -> set[tuple[str, str]]:
    return set(essence(read.observations).values()) if read else set()


@pytest.mark.parametrize("form", FORMS)
@hypothesis_settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_truncated_file_gives_a_sentence_or_figures_that_are_all_true(form, data):
    content = WHOLE[form][: data.draw(st.integers(0, len(WHOLE[form]) - 1))]
    assert told(sentence_or_reading(content, f"isoc_e_dii{FORMS[form][1]}")) <= TRUE


@pytest.mark.parametrize("form", FORMS)
@hypothesis_settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_file_with_bytes_struck_over_gives_a_sentence_or_a_reading(form, data):
    content = bytearray(WHOLE[form])
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    sentence_or_reading(bytes(content), f"isoc_e_dii{FORMS[form][1]}")


@hypothesis_settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_columns_shuffled_with_their_names_change_nothing(seed):
    rows = [line.split(",") for line in WHOLE["sdmx"].decode().splitlines()]
    order = random.Random(seed).sample(range(len(rows[0])), len(rows[0]))
    shuffled = "\n".join(",".join(row[place] for place in order) for row in rows) + "\n"
    assert told(sentence_or_reading(shuffled.encode(), "isoc_e_dii.csv")) == TRUE


@hypothesis_settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_names_shuffled_without_their_columns_never_make_a_wrong_figure(seed):
    head, *rows = WHOLE["sdmx"].decode().splitlines()
    names = head.split(",")
    random.Random(seed).shuffle(names)
    said = told(
        sentence_or_reading(
            "\n".join([",".join(names), *rows, ""]).encode(), "isoc_e_dii.csv", table="isoc_e_dii"
        )
    )
    assert {value for value, _ in said} <= {value for value, _ in TRUE}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["index", "label", "category", "0", "1", "geo"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@hypothesis_settings(max_examples=30, deadline=None)
@given(
    part=st.sampled_from(["id", "size", "dimension", "value", "status", "extension", "updated"]), stuff=JSON
)
def test_json_stat_with_one_part_replaced_gives_a_sentence_or_a_reading(part, stuff):
    import json

    document = json.loads(WHOLE["jsonstat"]) | {part: stuff}
    sentence_or_reading(json.dumps(document).encode(), "isoc_e_dii.json", table="isoc_e_dii")


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "3",
        '{"value": NaN}',
        '{"error":[{"label":"ERR"}]}',
        "[" * 5000,
        '{"id":["a"],"size":[3],"dimension":{},"value":[1]}',
        '{"id":[],"size":[],"dimension":{},"value":[]}',
        '{"id":["geo","geo"],"size":[1,1],"dimension":{"geo":{"category":{"index":["IT"]}}},"value":[1]}',
    ],
)
def test_json_that_is_no_table(text, tmp_path):
    path = tmp_path / "isoc_e_dii.json"
    path.write_text(text, encoding="utf-8")
    refusal(path)


def test_json_stat_beyond_its_limit_points_to_the_forms_that_stream(tmp_path, monkeypatch):
    monkeypatch.setattr(jsonstat_reader, "MAX_BYTES", 100)
    assert "SDMX-CSV or TSV" in refusal(FIXTURES / "isoc_e_dii.json")


BROKEN = [
    ("istat", "istat_asia.csv"),
    ("worldbank", "worldbank.json"),
    ("worldbank", "worldbank.csv"),
    ("future_of_business", "fob_2022-01.csv"),
    ("future_of_business", "fob_older.csv"),
]


@pytest.mark.parametrize(("source", "name"), BROKEN)
@hypothesis_settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_official_file_cut_or_struck_gives_a_sentence_or_a_reading(source, name, data):
    content = bytearray((FIXTURES / name).read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=3)):
        content[place] = data.draw(st.integers(0, 255))
    sentence_or_reading(bytes(content[: data.draw(st.integers(0, len(content)))]), name, READERS[source])


@hypothesis_settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.lists(st.text(max_size=6), min_size=8, max_size=8), max_size=3))
def test_our_columns_with_anything_in_them_give_a_sentence_or_a_reading(rows):
    import csv
    import io

    text = io.StringIO()
    csv.writer(text).writerows([native_csv.REQUIRED_COLUMNS, *rows])
    sentence_or_reading(
        text.getvalue().encode("utf-8", "surrogatepass"), "own.csv", native_csv.read, source="desi"
    )


@pytest.mark.parametrize("size", [10**12, 10**40])
def test_a_json_stat_that_claims_a_huge_dimension_is_refused_before_it_is_made(size):
    with pytest.raises(ValueError, match=f"a dimension of {size} has 2 codes"):
        list(
            jsonstat_reader.iterate_cells(
                {
                    "id": ["time"],
                    "size": [str(size)],
                    "dimension": {"time": {"category": {"index": {"2020": "0", "2021": "1"}}}},
                    "value": {},
                }
            )
        )
