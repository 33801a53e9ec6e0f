"""One row for each cloud: everything that names one is read from it."""

from __future__ import annotations

import dataclasses

import pytest
import yaml

from connector.errors import SettingsError
from connector.settings import load_settings
from connector.settings.clouds import CLOUDS, CloudRow
from connector.settings.values import Cloud
from tests.unit.settings_samples import GOOD, PROJECT


def test_every_cloud_has_its_row() -> None:
    """A cloud that is only named would fall through to the public one in the provider."""
    assert set(CLOUDS) == set(Cloud)
    names = [name for cloud, row in CLOUDS.items() if cloud is not Cloud.EMULATOR for name in row.provider]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("missing", [one.name for one in dataclasses.fields(CloudRow)])
def test_no_row_can_be_built_that_lacks_a_field(missing: str) -> None:
    """No field has a default that a new cloud could inherit unseen."""
    row = {one.name: getattr(CLOUDS[Cloud.PUBLIC], one.name) for one in dataclasses.fields(CloudRow)}
    del row[missing]
    with pytest.raises(TypeError, match=missing):
        CloudRow(**row)


def test_an_organization_belongs_to_one_cloud() -> None:
    """So a host tells the cloud that a stack should have named."""
    rows = {cloud: row for cloud, row in CLOUDS.items() if cloud is not Cloud.EMULATOR}
    for cloud, row in rows.items():
        host = row.example.removeprefix("https://")
        assert [other for other, one in rows.items() if one.organization(host)] == [cloud]


def test_a_stack_of_dod_that_says_usgov_is_told_the_line_to_set() -> None:
    """Both log in at the same host, and their Graph and the provider's cloud differ."""
    with pytest.raises(SettingsError) as caught:
        load_settings(
            GOOD | {"cloud": "usgov", "dynamicsUrl": "https://contoso.crm.appsplatform.us"},
            stack="dev",
            project_dir=PROJECT,
        )
    (problem,) = caught.value.problems
    assert (problem.key, caught.value.exit_code) == ("dynamicsUrl", 2)
    assert "belongs to cloud 'dod'" in problem.message
    assert "set `cloud: dod`" in problem.message


def test_the_projects_file_names_every_cloud() -> None:
    """It is where people read what `cloud` may be."""
    declared = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    described = declared["dynamics-connect:cloud"]["description"]
    assert [cloud.value for cloud in Cloud if cloud.value not in described] == []
