"""A release tells nothing about a small group: by hand, by the audit, and against an attacker who knows
everything else.
"""

import csv
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from ripresa.diagnosis import published_file, quarterly_release, synthetic_sample
from ripresa.diagnosis.contribution import Profile, build_contribution, generate_withdrawal_code
from ripresa.diagnosis.contribution_store import open_store
from ripresa.diagnosis.diagnosis_records import build_records
from ripresa.diagnosis.domain_recoding import build_recoding
from ripresa.diagnosis.intervals import median_interval, quantile, wilson_interval
from ripresa.diagnosis.italian_areas import get_region_codes, load_italian_areas
from ripresa.diagnosis.peers import find_peer_statistics
from ripresa.diagnosis.published_file import (
    COLUMNS,
    RELEASE_PATH,
    STATUSES,
    SYNTHETIC_LABEL,
    read_release,
    read_visible_release,
    write_release,
)
from ripresa.diagnosis.quarterly_release import (
    ReleaseError,
    audit_release,
    build_release,
    get_last_complete_quarter,
    get_last_month,
    publish_quarter,
)
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import score_answers
from ripresa.diagnosis.synthetic_sample import build_synthetic_release, generate_contributions
from ripresa.diagnosis.tabulation import DETAIL_LEVELS, get_table_builders
from ripresa.disclosure.audit import TableSnapshot, find_exposed_sums
from ripresa.disclosure.linked_tables import Domain
from ripresa.disclosure.recoding import merge_adjacent_codes
from ripresa.disclosure.suppression import (
    DisclosureAuditError,
    SuppressedTable,
    apply_primary_suppression,
    apply_secondary_suppression,
    suppress_cells,
)
from tests.helpers.diagnosis_cases import SMALL_BANK, answer_all, generate_diagnoses, generate_weights

DAY = date(2026, 11, 30)
EVEN = {"region": [1] * 21, "sector": [1] * 10, "size": [1] * 4, "level": [1] * 4}


def past(*made) -> list[dict]:
    """What the store would remember of these releases."""
    last = made[-1]
    return [
        {
            "release_id": r.id,
            "month_to": r.month_to,
            "counts": r.audit_state,
            "members": r.member_ids if r is last else [],
        }
        for r in made
    ]


@pytest.fixture(scope="module")
def first():
    return build_release(
        generate_diagnoses(Random(1), 900, "2026-03", generate_weights(Random(1))),
        "2026-Q1",
        "2026-03",
        DAY,
        questionnaire=SMALL_BANK,
    )


# --- intervals ---


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [(12, 30, 24.6, 57.7), (40, 100, 30.9, 49.8), (160, 400, 35.3, 44.9), (0, 30, 0.0, 11.4)],
)
def test_wilson_intervals_of_the_worked_examples(x, n, low, high):
    assert [round(100 * end, 1) for end in wilson_interval(x, n)] == [low, high]


def test_quantiles_and_the_interval_of_a_median():
    values = list(range(1, 31))
    assert [quantile(values, share) for share in (0.25, 0.5, 0.75)] == [8, 15, 23]
    assert median_interval(values) == (10, 21)  # ranks 10 and 21 of 30: 95.7%


# --- blocks ---


def test_small_regions_join_inside_their_macro_area_and_small_sectors_join_other():
    many = generate_diagnoses(Random(2), 1500, "2026-03", EVEN)
    few = [
        d
        for i, d in enumerate(many)
        if not (d.region in ("ITC2", "ITF2") and i % 10) and not (d.sector == "D_E" and i % 20)
    ]
    blocks = build_recoding(few, get_questionnaire())
    assert (
        sum(
            "ITC2" in block and len(block) == 2 and all(c.startswith("ITC") for c in block)
            for block in blocks.region
        )
        == 1
    )
    assert ("D_E", "OTHER") in blocks.sector
    for kind in ("region", "sector", "size"):
        n = Counter(getattr(d, kind) for d in few)
        assert min(sum(n[code] for code in block) for block in getattr(blocks, kind)) >= 30


def test_levels_join_their_neighbours():
    assert merge_adjacent_codes(Counter({"1": 100, "2": 50, "3": 20, "4": 5}), "1234", 30) == (
        ("1",),
        ("2", "3", "4"),
    )
    assert merge_adjacent_codes(Counter({"1": 100, "2": 50, "3": 28, "4": 5}), "1234", 30) == (
        ("1",),
        ("2",),
        ("3", "4"),
    )


# --- suppression and audit ---


def hand_table(*rows: tuple[int, ...]) -> TableSnapshot:
    """A table with its totals, before anything is withheld."""
    cells = {(r, c): (f"{r}|{c}",) for r in range(len(rows)) for c in range(len(rows[0]))}
    totals = [tuple(f"{r}|{c}" for c in range(len(rows[0]))) for r in range(len(rows))] + [
        tuple(f"{r}|{c}" for r in range(len(rows))) for c in range(len(rows[0]))
    ]
    counts = {f"{r}|{c}": rows[r][c] for r, c in cells}
    return TableSnapshot(
        base_counts=counts,
        shown=tuple(cells.values()),
        small=(),
        paired=(),
        published_totals=tuple(totals),
        equal_sums=(),
        candidates=tuple(cells.values()),
    )


def hide(table: TableSnapshot, small=(), paired=()) -> TableSnapshot:
    small, paired = tuple((key,) for key in small), tuple((key,) for key in paired)
    return replace(
        table, shown=tuple(k for k in table.shown if k not in small + paired), small=small, paired=paired
    )


def apply_primary_suppression_only(tables, past_snapshots, threshold) -> SuppressedTable:
    """Stands in for suppress_cells where a test needs a table that is not protected."""
    table = next(iter(tables))
    return SuppressedTable(table, tuple(apply_primary_suppression(table, past_snapshots, threshold)))


TABLE = hand_table((4, 30, 40), (25, 35, 50), (60, 45, 70))


def test_withholding_only_the_small_cell_protects_nobody():
    assert [fault.base_keys for fault in find_exposed_sums({"t": [hide(TABLE, ["0|0"])]}, 10)] == [("0|0",)]


def test_withholding_a_square_around_it_does():
    assert find_exposed_sums({"t": [hide(TABLE, ["0|0"], ["0|1", "1|0", "1|1"])]}, 10) == []


def test_two_small_cells_alone_in_their_lines_are_too_few_together():
    table = hand_table((4, 3, 40), (25, 35, 50))
    assert find_exposed_sums({"t": [hide(table, ["0|0", "0|1"], ["1|0", "1|1"])]}, 10)


def test_a_change_of_four_between_two_releases_is_found():
    before, after = hand_table((20, 30), (40, 50)), hand_table((24, 40), (60, 80))
    found = find_exposed_sums({"t": [before, after]}, 10)
    assert [(fault.base_keys, fault.is_change) for fault in found] == [(("0|0",), True)]


def test_what_the_new_release_tells_about_the_old_one_is_found():
    before = hide(hand_table((4, 30), (25, 35)), ["0|0"], ["0|1", "1|0", "1|1"])
    after = hand_table((4, 30), (25, 35))  # nothing new, everything shown
    assert (("0|0",), False) in [
        (fault.base_keys, fault.is_change) for fault in find_exposed_sums({"t": [before, after]}, 10)
    ]


def test_the_trial_of_the_design_small_cells_alone_expose_and_the_whole_way_does_not():
    exposed_tables = 0
    for seed in range(10):
        many = generate_diagnoses(Random(seed), 1200, "2026-03", generate_weights(Random(seed)))
        build = get_table_builders(many, build_recoding(many, get_questionnaire()), SMALL_BANK)[
            "level:overall"
        ]
        family = build("region")
        alone = SuppressedTable(family, tuple(apply_primary_suppression(family, (), 10)))
        exposed_tables += bool(find_exposed_sums({family.name: [alone.build_snapshot()]}, 10))
        assert (
            find_exposed_sums(
                {family.name: [suppress_cells(map(build, DETAIL_LEVELS), (), 10).build_snapshot()]}, 10
            )
            == []
        )
    assert exposed_tables >= 8


def test_in_a_domain_under_50_everybody_is_withheld_like_nobody():
    many = generate_diagnoses(Random(3), 600, "2026-03", EVEN)
    many = [
        replace(d, region="ITC1", levels=dict.fromkeys(d.levels, "2")) if i < 10 else d
        for i, d in enumerate(many)
        if d.region != "ITC1" or i < 10
    ]
    many += [
        replace(d, id=f"{i}", region="ITC1", levels=dict.fromkeys(d.levels, "2"))
        for i, d in enumerate(many[:30])
    ]
    family = get_table_builders(many, build_recoding(many, get_questionnaire()), SMALL_BANK)["level:overall"](
        "region"
    )
    status = apply_primary_suppression(family, (), 10)
    own = [i for i, cell in enumerate(family.cells) if cell.domain == Domain("ITC1")]
    assert [(family.cells[i].count, status[i]) for i in own] == [
        (0, "small"),
        (40, "shown"),
        (0, "small"),
        (0, "small"),
    ]
    apply_secondary_suppression(family, status, (), 10)
    assert [status[i] for i in own] == ["small", "paired", "small", "small"]


# --- the file ---


def test_every_row_of_a_release_keeps_the_rules(first):
    assert {tuple(row) for row in first.rows} == {COLUMNS}
    for row in first.rows:
        assert row["status"] in STATUSES
        assert row["n_shown"] == "" or row["n_shown"] % 5 == 0
        if row["status"] not in ("shown", "merged", "repeated"):
            assert (row["estimate"], row["ci_low"], row["ci_high"]) == ("", "", "")
        elif row["estimate"] != "" and row["ci_low"] != "":
            assert row["ci_low"] <= row["estimate"] <= row["ci_high"]
            assert row["n_shown"] >= 30
    places = [
        tuple(row[k] for k in ("table_id", "measure", "area", "sector", "size_class", "category"))
        for row in first.rows
    ]
    assert len(places) == len(set(places))


def test_the_shares_of_a_distribution_add_up_to_100(first):
    sums = Counter()
    for row in first.rows:
        if row["table_id"] in ("level", "answer") and row["status"] in ("shown", "merged"):
            sums[row["measure"], row["area"], row["sector"], row["size_class"]] += row["estimate"]
    assert sums
    assert all(abs(total - 100) < 0.35 for total in sums.values())


def test_medians_are_shown_only_where_no_level_is_withheld(first):
    status = {}
    for row in first.rows:
        if row["table_id"] in ("level", "score"):
            status.setdefault((row["measure"], row["area"], row["sector"], row["size_class"]), {}).setdefault(
                row["table_id"], set()
            ).add(row["status"])
    assert all((found["score"] == {"shown"}) == (found["level"] == {"shown"}) for found in status.values())


def test_region_and_sector_cross_only_from_3000_diagnoses(first):
    crossed = {r["area"] for r in first.rows if (r["table_id"], r["measure"]) == ("diagnoses", "sector")}
    assert crossed == {"ITC", "ITH", "ITI", "ITF+ITG"}
    many = build_release(
        generate_diagnoses(Random(4), 3000, "2026-03", EVEN),
        "2026-Q1",
        "2026-03",
        DAY,
        questionnaire=SMALL_BANK,
    )
    assert "ITC4" in {
        r["area"] for r in many.rows if (r["table_id"], r["measure"]) == ("diagnoses", "sector")
    }


def test_fewer_than_30_diagnoses_are_not_published():
    with pytest.raises(ReleaseError, match=r"29 diagnoses can be counted; a release needs 30\."):
        build_release(
            generate_diagnoses(Random(5), 29, "2026-03", EVEN),
            "2026-Q1",
            "2026-03",
            DAY,
            questionnaire=SMALL_BANK,
        )
    assert build_release(
        generate_diagnoses(Random(5), 30, "2026-03", EVEN),
        "2026-Q1",
        "2026-03",
        DAY,
        questionnaire=SMALL_BANK,
    ).rows


# --- two releases ---


def test_a_region_with_four_new_diagnoses_repeats_its_old_figures():
    old = generate_diagnoses(Random(6), 1500, "2026-03", EVEN)
    one = build_release(old, "2026-Q1", "2026-03", DAY, questionnaire=SMALL_BANK)
    own = {"region": "ITG2", "sector": "G", "size": "0-9"}
    new = [replace(d, region="ITC4") for d in generate_diagnoses(Random(7), 400, "2026-06", EVEN)] + [
        replace(d, **own) for d in generate_diagnoses(Random(8), 4, "2026-06", EVEN)
    ]
    two = build_release(old + new, "2026-Q2", "2026-06", DAY, past(one), questionnaire=SMALL_BANK)
    held = {d.id for d in new[400:]}
    assert not held & set(two.member_ids)
    assert {d.id for d in new[:400]} <= set(two.member_ids)

    def of(made, area):
        return [
            {k: r[k] for k in ("measure", "category", "n_shown", "estimate")}
            for r in made.rows
            if r["area"] == area and r["table_id"] == "level"
        ]

    assert of(one, "ITG2") == of(two, "ITG2")
    # with six more it has ten, and they all enter
    more = [replace(d, **own) for d in generate_diagnoses(Random(9), 6, "2026-09", EVEN)]
    three = build_release(
        old + new + more, "2026-Q3", "2026-09", DAY, past(one, two), questionnaire=SMALL_BANK
    )
    assert held <= set(three.member_ids)


def test_too_few_new_diagnoses_leave_the_last_release_standing(first):
    old = generate_diagnoses(Random(1), 900, "2026-03", generate_weights(Random(1)))
    with pytest.raises(ReleaseError, match="the last release stands"):
        build_release(
            old + generate_diagnoses(Random(2), 9, "2026-06", EVEN),
            "2026-Q2",
            "2026-06",
            DAY,
            past(first),
            questionnaire=SMALL_BANK,
        )
    with pytest.raises(ReleaseError, match="There is no new diagnosis"):
        build_release(old, "2026-Q2", "2026-06", DAY, past(first), questionnaire=SMALL_BANK)


def test_old_diagnoses_past_their_time_leave_no_total_changed_by_a_few():
    old = generate_diagnoses(Random(6), 1500, "2024-03", EVEN)
    one = build_release(old, "2024-Q1", "2024-03", DAY, questionnaire=SMALL_BANK)
    gone = [d for d in old if d.region == "ITF2"][:4]
    new = [replace(d, region="ITC4") for d in generate_diagnoses(Random(7), 400, "2026-03", EVEN)]
    two = build_release(
        [d for d in old if d not in gone] + new,
        "2026-Q1",
        "2026-03",
        DAY,
        past(one),
        questionnaire=SMALL_BANK,
    )
    assert [b for b in two.audit_state["partition"]["region"] if "ITF2" in b] != [("ITF2",)]
    for kind in ("region", "sector", "size"):
        for block in two.audit_state["partition"][kind]:
            change = sum(
                two.audit_state["n"][kind][code] - one.audit_state["n"][kind][code] for code in block
            )
            assert change == 0 or abs(change) >= 10
    audit_release(two.audit_state, past(one), 10)


def test_answers_of_another_class_of_versions_are_never_counted_together(first):
    other = replace(SMALL_BANK, version="0.3.0")
    made = build_release(
        generate_diagnoses(Random(1), 100, "2026-06", EVEN),
        "2026-Q2",
        "2026-06",
        DAY,
        past(first),
        questionnaire=other,
    )
    assert {row["comparability"] for row in made.rows} == {"0.3"}
    assert len(made.member_ids) == 100
    contributions = [replace(c, version=other.version) for c in generate_contributions(3)]
    assert build_records(contributions) == []


# --- the attacker ---


def block(area: str, sector: str, size: str) -> dict[str, set[str]]:
    """The codes a row of the file is about, from its names alone."""
    inside = set(area.split("+")) & set(get_region_codes()) or {
        r for r in get_region_codes() if area == "ITA" or load_italian_areas()[r]["parent"] in area
    }
    return {
        "region": inside,
        "sector": set(sector.split("+")) if sector != "all" else None,
        "size": set(size.split("+")) if size != "all" else None,
    }


class Attacker:
    """Reads two files, and is told the exact count behind every figure shown. Unknowns: counts by region,
    sector or size, and level.
    """

    def __init__(self, measure: str, files: list[list[dict]], truth: list[list]):
        self.place, self.equal, self.most, self.small = {}, [], [], []
        for t, many in enumerate(truth):
            for part in ("region", "sector", "size"):
                for code in sorted({getattr(d, part) for d in truth[-1]}):
                    for level in "1234":
                        self.place[t, part, code, level] = len(self.place)
            for level in "1234":  # the three parts count the same firms
                sums = [
                    [
                        (i, 1)
                        for (when, p, _, lev), i in self.place.items()
                        if (when, p, lev) == (t, part, level)
                    ]
                    for part in ("region", "sector", "size")
                ]
                self.equal += [(sums[0] + [(i, -1) for i, _ in other], 0) for other in sums[1:]]
            for row in files[t]:
                self._read(row, measure, t, many, files[t][0]["release_id"])
        for key, i in self.place.items():  # nobody left between the two
            if key[0] and key[0] < len(truth):
                self.most.append(([(self.place[(key[0] - 1, *key[1:])], 1), (i, -1)], 0))
        for t, many in enumerate(
            truth
        ):  # regions, sectors and sizes that stand in the file only together with others
            for part in ("region", "sector", "size"):
                for code, count in Counter(getattr(d, part) for d in many).items():
                    self.small.append(
                        (
                            [
                                (i, 1)
                                for (when, p, c, _), i in self.place.items()
                                if (when, p, c) == (t, part, code)
                            ],
                            count,
                            (t, code),
                        )
                    )
        self.changes = (
            [(self._terms(1, keys), count, keys) for keys, count in self._changes(truth, measure)]
            if len(truth) > 1
            else []
        )

    def _read(self, row: dict, measure: str, t: int, many: list, release_id: str):
        count_row = (row["table_id"], row["measure"]) == ("diagnoses", "all")
        if (
            not (count_row or (row["table_id"], row["measure"]) == ("level", measure))
            or row["as_of"] != release_id
        ):
            return
        found = block(row["area"], row["sector"], row["size_class"])
        part = "sector" if found["sector"] else "size" if found["size"] else "region"
        levels = set("1234") if count_row else set(row["category"].split("+"))
        terms = [
            (i, 1)
            for (when, p, code, lev), i in self.place.items()
            if (when, p) == (t, part) and code in found[part] and lev in levels
        ]
        count = sum(getattr(d, part) in found[part] and d.levels[measure] in levels for d in many)
        if row["status"] in ("shown", "merged"):
            self.equal.append((terms, count))
        elif row["status"] == "small":
            self.most.append((terms, 9))
            self.small.append((terms, count, (t, part, tuple(sorted(found[part])), tuple(sorted(levels)))))
        elif row["status"] == "paired":
            self.most.append(([(i, -1) for i, _ in terms], -10))

    def _terms(self, t: int, keys):
        part, inside, levels = keys

        def pick(when, sign):
            return [
                (i, sign)
                for (w, p, code, lev), i in self.place.items()
                if (w, p) == (when, part) and code in inside and lev in levels
            ]

        return pick(t, 1) + pick(t - 1, -1)

    def _changes(self, truth, measure):
        """The changes from 1 to 9 of each region, sector and size by level."""
        for part in ("region", "sector", "size"):
            now, then = (
                Counter((getattr(d, part), d.levels[measure]) for d in many) for many in (truth[1], truth[0])
            )
            yield from (
                (((part, {code}, {level})), now[code, level] - then[code, level])
                for code, level in now
                if 0 < now[code, level] - then[code, level] < 10
            )

    def exposed(self) -> list:
        """The small counts and changes that cannot take every value from 1 to 9."""
        targets = [(terms, keys) for terms, count, keys in (*self.small, *self.changes) if 0 < count < 10]

        def matrix(rows):
            entries = [(r, i, factor) for r, (terms, *_) in enumerate(rows) for i, factor in terms]
            places = ([r for r, _, _ in entries], [i for _, i, _ in entries])
            return csr_array(([factor for *_, factor in entries], places), shape=(len(rows), len(self.place)))

        equal, right = matrix(self.equal), [v for _, v in self.equal]
        most = {"A_ub": matrix(self.most), "b_ub": [v for _, v in self.most]} if self.most else {}
        rows, points, found = matrix([(terms,) for terms, _ in targets]).toarray() if targets else [], [], []
        for row, (_, keys) in zip(rows, targets, strict=True):
            for sign, aim in ((-1, 9), (1, 1)):
                if any(
                    sign * (row @ point) <= sign * aim + 1e-6 for point in points
                ):  # a world already found shows it
                    continue
                world = linprog(sign * row, A_eq=equal, b_eq=right, bounds=(0, None), **most).x
                points.append(world)
                if sign * (row @ world) > sign * aim + 1e-6:
                    found.append((keys, aim, row @ world))
        return found


def attacked(seed: int) -> tuple[int, list]:
    """Two random releases in a row: how many were published, and what the attacker learnt from them."""
    random = Random(seed)
    weights, size, more = (
        generate_weights(random),
        3200 if seed % 25 == 0 else random.choice((60, 120, 250, 700)),
        random.choice((100, 250, 600)),
    )
    old = generate_diagnoses(random, size, "2026-03", weights)
    new = old + generate_diagnoses(random, more, "2026-06", weights)
    made = [build_release(old, "2026-Q1", "2026-03", DAY, questionnaire=SMALL_BANK)]
    try:
        made.append(build_release(new, "2026-Q2", "2026-06", DAY, past(*made), questionnaire=SMALL_BANK))
    except ReleaseError:
        assert more < 300  # too few new ones anywhere: nothing is published, so there is nothing to compare
    with TemporaryDirectory() as folder:
        files = []
        for published in made:
            write_release(published.rows, Path(folder, published.id))
            files.append(read_release(Path(folder, published.id)))
    truth = [
        [d for d in new if d.id in members] for members in (set(published.member_ids) for published in made)
    ]
    found = Attacker("overall", files, truth).exposed()
    for part in (
        ("region", "sector", "size") if len(made) == 2 else ()
    ):  # no total may change by less than ten either
        then, now = (Counter(getattr(d, part) for d in many) for many in truth)
        same = {tuple(b) for b in made[0].audit_state["partition"][part]} & {
            tuple(b) for b in made[1].audit_state["partition"][part]
        }
        found += [(part, b) for b in same if 0 < sum(now[c] - then[c] for c in b) < 10]
    return len(made), found


@pytest.mark.parametrize("first_seed", range(0, 55, 5))
def test_an_attacker_learns_nothing_from_random_releases_or_from_the_change_between_two(first_seed):
    """107 releases over all blocks; a second one is refused, and counts as none, where too few diagnoses are
    new.
    """
    results = {seed: attacked(seed) for seed in range(first_seed, first_seed + 5)}
    assert {seed: exposed for seed, (_, exposed) in results.items() if exposed} == {}
    assert sum(published for published, _ in results.values()) >= 9


def test_the_attacker_of_these_tests_does_find_what_is_not_protected(monkeypatch, tmp_path):
    monkeypatch.setattr(
        quarterly_release,
        "suppress_cells",
        apply_primary_suppression_only,
    )
    many = generate_diagnoses(Random(1), 900, "2026-03", generate_weights(Random(1)))
    made = build_release(many, "2026-Q1", "2026-03", DAY, questionnaire=SMALL_BANK)
    write_release(made.rows, tmp_path / "bad.csv")
    assert Attacker("overall", [read_release(tmp_path / "bad.csv")], [many]).exposed()


# --- the command ---


def filled(tmp_path, many: int, month: int):
    store = open_store(str(tmp_path / "diagnosis.sqlite3"))
    for i in range(many):
        profile = Profile(
            get_region_codes()[i % 21],
            get_questionnaire().get_option_codes("sector")[i % 10],
            get_questionnaire().get_option_codes("size")[i % 4],
            "b2c",
            ("found",),
        )
        given = build_contribution(
            score_answers(answer_all(i % 4, known_social=i % 3)), profile, "it", 400, date(2026, month, 1)
        )
        store.add_contribution(given, generate_withdrawal_code(), date(2026, month, 1))
    return store


def test_a_quarter_is_published_once_from_the_store(tmp_path):
    store, path = filled(tmp_path, 60, 8), tmp_path / "release.csv"
    made = publish_quarter(store, "2026-Q3", DAY, path)
    assert len(made.member_ids) == 60
    rows = read_release(path)
    assert rows[0]["n_shown"] == "60"
    assert rows[0]["label"] == ""
    assert rows[0]["audit"] == "passed"
    assert {row["month_from"] for row in rows} == {"2026-08"}
    before = path.read_bytes()
    path.unlink()
    assert publish_quarter(store, "2026-Q3", DAY, path) is None
    assert path.read_bytes() == before


def test_the_next_quarter_is_audited_with_what_the_store_remembers(tmp_path):
    store, path = filled(tmp_path, 210, 5), tmp_path / "release.csv"
    publish_quarter(store, "2026-Q2", DAY, path)
    filled(tmp_path, 210, 8)
    made = publish_quarter(store, "2026-Q3", DAY, path)
    assert len(made.member_ids) == 420
    remembered = store.list_releases()
    assert [r["release_id"] for r in remembered] == ["2026-Q2", "2026-Q3"]
    audit_release(remembered[1]["counts"], remembered[:1], 10)
    assert {row["as_of"] for row in read_release(path)} >= {"2026-Q3"}


def test_what_can_still_be_withdrawn_is_not_counted(tmp_path):
    store = filled(tmp_path, 60, 9)
    with pytest.raises(ReleaseError, match="0 diagnoses can be counted"):
        publish_quarter(
            store, "2026-Q3", date(2026, 10, 1), tmp_path / "release.csv"
        )  # codes of 1 September work to 31 October


def test_a_release_whose_audit_fails_is_not_written(tmp_path, monkeypatch):
    store, path = filled(tmp_path, 200, 8), tmp_path / "release.csv"
    path.write_text("the last release\n", encoding="utf-8")
    monkeypatch.setattr(
        quarterly_release,
        "suppress_cells",
        apply_primary_suppression_only,
    )
    with pytest.raises(DisclosureAuditError, match="exposed cells, the first in the table"):
        publish_quarter(store, "2026-Q3", DAY, path)
    assert path.read_text(encoding="utf-8") == "the last release\n"
    assert store.list_releases() == []


def test_only_complete_quarters_in_order(tmp_path):
    store = filled(tmp_path, 60, 8)
    with pytest.raises(ReleaseError, match="2026-Q4 is not over"):
        publish_quarter(store, "2026-Q4", DAY, tmp_path / "release.csv")
    publish_quarter(store, "2026-Q3", DAY, tmp_path / "release.csv")
    with pytest.raises(ReleaseError, match="2026-Q3 is already published"):
        publish_quarter(store, "2026-Q2", DAY, tmp_path / "release.csv")
    with pytest.raises(ReleaseError, match='"Q3" is not a quarter'):
        get_last_month("Q3")
    assert (
        get_last_month("2026-Q3"),
        get_last_complete_quarter(date(2026, 11, 22)),
        get_last_complete_quarter(date(2027, 2, 1)),
    ) == (
        "2026-09",
        "2026-Q3",
        "2026-Q4",
    )


# --- the invented sample ---


def test_the_committed_sample_is_what_the_generator_makes_and_every_row_says_so():
    rows = read_release(RELEASE_PATH)
    if any(row["label"] != SYNTHETIC_LABEL for row in rows):
        assert all(row["label"] == "" for row in rows)  # a real release has replaced it
        return
    assert list(rows) == [{k: str(v) for k, v in row.items()} for row in build_synthetic_release().rows]


def test_the_sample_is_the_same_for_the_same_seed():
    assert generate_contributions(5) == generate_contributions(5)
    assert generate_contributions(5, seed=1) != generate_contributions(5)


def test_a_setting_hides_the_sample_and_never_a_real_release(tmp_path, monkeypatch, first):
    real, fake = tmp_path / "real.csv", tmp_path / "sample.csv"
    write_release(first.rows, real)
    write_release([row | {"label": SYNTHETIC_LABEL} for row in first.rows], fake)
    for setting, shown in (("1", [real, fake]), ("0", [real])):
        monkeypatch.setenv("RIPRESA_DIAGNOSIS_SAMPLE", setting)
        for path in (real, fake, tmp_path / "nothing.csv"):
            monkeypatch.setattr(published_file, "RELEASE_PATH", path)
            assert bool(read_visible_release()) == (path in shown)


def test_the_sample_never_replaces_a_real_release(tmp_path, monkeypatch, first):
    monkeypatch.setattr(synthetic_sample, "RELEASE_PATH", tmp_path / "release.csv")
    write_release(first.rows, tmp_path / "release.csv")
    with pytest.raises(ReleaseError, match="holds a real release"):
        synthetic_sample.write_sample()
    assert read_release(tmp_path / "release.csv")[0]["label"] == ""


def test_peers_come_from_the_nearest_group_of_a_real_release_and_never_from_the_sample(first):
    rows = first.rows
    found = find_peer_statistics(rows, "overall", sector="G", size="0-9")
    assert found.sample_size >= 30
    assert found.q1 <= found.median <= found.q3
    assert find_peer_statistics(rows, "overall", sector="nothing", size="nothing").grouping == "all"
    assert (
        find_peer_statistics([row | {"label": SYNTHETIC_LABEL} for row in rows], "overall", sector="G")
        is None
    )
    assert find_peer_statistics([], "overall") is None


def test_the_file_is_plain_csv_with_one_header(tmp_path, first):
    write_release(first.rows, tmp_path / "release.csv")
    with (tmp_path / "release.csv").open(encoding="utf-8", newline="") as file:
        assert tuple(next(csv.reader(file))) == COLUMNS
    assert read_release(tmp_path / "nothing.csv") == ()
