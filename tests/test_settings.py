"""Settings of older versions are refused with the new name, never ignored."""

import pytest

from ripresa import settings


@pytest.mark.parametrize(("old", "new"), settings.RENAMED_VARIABLES.items())
def test_an_old_variable_stops_the_start_with_its_new_name(old, new, tmp_path):
    with pytest.raises(settings.SettingsError, match=f"{old} is now {new}"):
        settings.check_environment({old: "1"}, tmp_path / "none")


def test_an_unknown_variable_of_the_old_family_is_refused(tmp_path):
    with pytest.raises(settings.SettingsError, match="RECOVERY_SOMETHING is not known"):
        settings.check_environment({"RECOVERY_SOMETHING": "1"}, tmp_path / "none")


def test_a_store_of_an_older_version_is_named_with_the_place_to_move_it_to(tmp_path):
    former = tmp_path / "kept" / "diagnosis.sqlite3"
    former.parent.mkdir()
    former.touch()
    with pytest.raises(
        settings.SettingsError, match=r"contributions/diagnosis\.sqlite3.*kept/diagnosis\.sqlite3"
    ):
        settings.check_environment({}, former)


def test_current_variables_are_accepted(tmp_path):
    settings.check_environment({"RIPRESA_READ_ONLY": "1", "DIAGNOSIS_PASSWORD": "x"}, tmp_path / "none")
