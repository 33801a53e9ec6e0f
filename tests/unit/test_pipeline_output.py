"""`fleet matrix --output`: the matrix as each pipeline service takes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connector.cli.verbs.fleet.matrix import hand_out
from connector.errors import SettingsError

ROWS = [{"shard": "1/2", "ring": "", "stacks": "a,b"}, {"shard": "2/2", "ring": "", "stacks": "c"}]


def test_github_gets_a_line_in_its_file(tmp_path: Path) -> None:
    """One line after what was there, for `fromJSON`."""
    file = tmp_path / "output"
    file.write_text("other=1\n")
    hand_out("jobs", {"include": ROWS}, {"GITHUB_OUTPUT": str(file)})
    first, line = file.read_text().splitlines()
    name, _, value = line.partition("=")
    assert (first, name, json.loads(value)) == ("other=1", "jobs", {"include": ROWS})


def test_azure_gets_a_command_with_a_matrix_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Names of Azure's matrix begin with a letter and hold no slash; the variables are the row's."""
    hand_out("jobs", {"include": ROWS}, {"TF_BUILD": "True"})
    command, _, value = capsys.readouterr().out.strip().partition("]")
    assert command == "##vso[task.setvariable variable=jobs;isOutput=true"
    assert json.loads(value) == {"part_1": ROWS[0], "part_2": ROWS[1]}


def test_no_stack_is_an_empty_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A matrix without a job is refused by both services, so a job is left out by comparing with ''."""
    file = tmp_path / "output"
    hand_out("jobs", {"include": []}, {"GITHUB_OUTPUT": str(file)})
    assert file.read_text() == "jobs=\n"
    hand_out("jobs", {"include": []}, {"TF_BUILD": "True"})
    assert capsys.readouterr().out.endswith("isOutput=true]\n")


@pytest.mark.parametrize(
    ("name", "environ"), [("jobs", {}), ("a b", {"TF_BUILD": "True"}), ("x]y", {"TF_BUILD": "True"})]
)
def test_a_place_or_name_that_will_not_do_is_refused(name: str, environ: dict[str, str]) -> None:
    """Outside of a pipeline there is nobody to take it, and a name is no part of a command."""
    with pytest.raises(SettingsError) as caught:
        hand_out(name, {"include": ROWS}, environ)
    assert caught.value.code == "fleet.output"
