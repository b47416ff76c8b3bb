"""The pure parsers answer or refuse in their own words, whatever they are given: some seconds of what `make fuzz` does a million times."""
import random

import pytest

from tests import fuzz


def test_no_broken_text_stops_a_parser(record_property):
    tried = fuzz.run(12_000, seed=7)
    record_property("cases", sum(tried.values()))
    assert sum(tried.values()) >= 11_900 and min(tried.values()) >= 20


def test_a_parser_that_fails_is_told_with_its_case(monkeypatch):
    monkeypatch.setattr(fuzz, "parsers", lambda: {"whole": fuzz.Parser(["12", "34"], int)})
    with pytest.raises(AssertionError, match=r"whole, case \d+ of seed 1: ValueError"):
        fuzz.run(100)


def test_a_case_is_the_same_each_time_and_most_are_broken():
    made = [fuzz.broken("period=2020-05", random.Random(f"1 x {number}")) for number in range(500)]
    assert made == [fuzz.broken("period=2020-05", random.Random(f"1 x {number}")) for number in range(500)] and made.count("period=2020-05") < 50
