"""Every resource with every property and option, by the table; and nothing that the table leaves out."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pulumi_azuread as azuread
import pytest
from pulumi.runtime import rpc
from pulumi.runtime.proto import resource_pb2

from components import Connection, ConnectionArgs
from components.provider import tenant_provider
from connector.settings import Cloud, load_settings
from tests.components.conftest import PROJECT, Declare, Recorder
from tests.components.declared_classes import missing, used_in
from tests.components.resource_table import BASE, ENDS, PEM, ROWS, TOKENS, Options, Row
from tests.support.certificate import Certificate

USED = used_in(PROJECT / "components")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the profiles of the real one, one of a federated login, and a certificate."""
    made = tmp_path_factory.mktemp("project")
    (made / "profiles").mkdir()
    for profile in (PROJECT / "profiles").glob("*.yaml"):
        (made / "profiles" / profile.name).symlink_to(profile)
    (made / "profiles" / "tokens.yaml").write_text(TOKENS)
    (made / "a-1.pem").write_bytes(Certificate().public)
    return made


@pytest.fixture(autouse=True)
def _no_deployer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider reads these variables, and refuses to log in to another tenant."""
    for name in [one for one in os.environ if one.startswith(("ARM_", "AZURE_"))]:
        monkeypatch.delenv(name)


def declared(declare: Declare, folder: Path, **changes: Any) -> Recorder:
    """What the settings declare with *changes*, through the provider that the program makes."""
    settings = load_settings(BASE | changes, stack="test", project_dir=folder)

    def program() -> object:
        args = ConnectionArgs(settings, tenant_provider(settings))
        return Connection("saas", args).outputs()["clientId"]

    with pytest.MonkeyPatch.context() as patched:
        if settings.cloud is Cloud.EMULATOR:
            patched.setenv("ARM_METADATA_HOSTNAME", "localhost:8443")
        return declare(program)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name}-{','.join(row.settings) or 'plain'}")
def test_a_resource_is_declared_as_its_row_says(declare: Declare, folder: Path, row: Row) -> None:
    """Each property exactly, and each option: protection, `deleted_with`, what is ignored and secret."""
    made = declared(declare, folder, **row.settings)
    (one,) = [r for r in made.resources if r.name == row.name]
    assert one.typ.rsplit(":", 1)[-1] == ("azuread" if row.kind == "Provider" else row.kind)
    assert _plain(one.inputs, (folder / "a-1.pem").read_text()) == row.properties
    asked = made.options[row.name]
    assert _options(asked) == row.options
    if row.kind != "Provider":
        assert "pulumi:providers:azuread::tenant::" in asked.provider


def _plain(inputs: dict[str, Any], pem: str) -> dict[str, Any]:
    """The properties, with the table's words for what differs from run to run."""
    # useMsi is the SDK's own default, out of the environment.
    found = {name: rpc.unwrap_rpc_secret(value) for name, value in inputs.items() if name != "useMsi"}
    if found.get("value") == pem:
        found["value"] = PEM
    if "endDate" in found:
        left = datetime.fromisoformat(found["endDate"]) - datetime.now(UTC) - timedelta(days=180)
        found["endDate"] = ENDS if abs(left) < timedelta(minutes=5) else found["endDate"]
    return found


def _options(asked: resource_pb2.RegisterResourceRequest) -> Options:
    return Options(
        asked.protect,
        asked.deletedWith.rsplit("::", 1)[-1],
        tuple(asked.ignoreChanges),
        frozenset(asked.additionalSecretOutputs),
        tuple(asked.replaceOnChanges),
        asked.deleteBeforeReplace,
    )


def test_every_class_and_property_that_is_declared_has_a_row() -> None:
    """A resource or property that is new in components/ comes with its row."""
    assert missing(USED, ROWS) == set()
    assert {"Application", "ApplicationCertificate", "ApplicationFederatedIdentityCredential"} <= set(USED)


@pytest.mark.parametrize("kind", sorted(USED))
def test_a_canary_a_class_without_a_row_is_missed(kind: str) -> None:
    """Without its rows each class would fail the test before, and with it all of its properties."""
    left = [row for row in ROWS if row.kind != kind]
    assert {one.partition(".")[0] for one in missing(USED, left)} == {kind}


def test_a_canary_a_class_that_is_imported_by_name_is_seen(tmp_path: Path) -> None:
    """Neither another form of import nor `**` hides a resource."""
    lines = ["import pulumi_azuread as ad", "from pulumi_azuread import User", "ad.Group('g', **given)"]
    (tmp_path / "one.py").write_text("\n".join(lines))
    assert used_in(tmp_path) == {"User": set(), "Group": {"**"}}
    assert missing(used_in(tmp_path), ROWS) == {"User", "Group", "Group.**"}


def test_the_secret_is_marked_by_the_component_itself(
    declare: Declare, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK of today marks the value as well, so what the component hands over is looked at."""
    real, handed = azuread.ApplicationPassword, []

    def keep(name: str, **given: Any) -> azuread.ApplicationPassword:
        handed.append(given["opts"].additional_secret_outputs)
        return real(name, **given)

    monkeypatch.setattr(azuread, "ApplicationPassword", keep)
    declared(declare, folder)
    assert handed == [["value"]]
