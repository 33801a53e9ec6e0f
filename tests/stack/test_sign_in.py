"""`verify --sign-in`: a real browser, a person who is picked, and each way it is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.emulator import PROJECT, RunningEmulator
from tests.support.leaks import leaking_files, leaks_in
from tests.support.project import Done, Project

pytestmark = pytest.mark.stack
PICTURES = PROJECT / ".local" / "pictures"


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A deployed stack whose application carries the localhost redirect."""
    assert shutil.which("chromium"), "scripts/setup --dev brings Chromium"
    running = RunningEmulator(tmp_path_factory.mktemp("emulator"))
    made = Project(tmp_path_factory.mktemp("project") / "p", running, signIn=True)
    done = made.connector("deploy", "--json")
    assert done.code == 0, done.text
    yield made
    running.stop()


def sign_in(stack: Project, person: str, *, seconds: int = 60, **env: str) -> Done:
    """Run the verb; the person's browser is Chromium, driven by tests/support/person.py."""
    browser = f"env PYTHONPATH={PROJECT} HOME={Path.home()} {stack.python} -m tests.support.person %s"
    variables = {"BROWSER": browser, "PERSON_PICKS": person, "PERSON_PICTURES": str(PICTURES)}
    options = ("--sign-in", "--timeout", str(seconds), "--json")
    return stack.connector("verify", *options, **variables | env)


def test_an_assigned_person_signs_in_and_is_known_to_dynamics(signing: Project) -> None:
    """Adele picks her account; the proof says who she is there, and what it does not prove."""
    done = sign_in(signing, "Adele Vance")
    assert done.code == 0, done.text
    assert done.json["signedIn"]["principalName"] == "adele@contoso.example"
    assert "the vendor's own sign-in page is not part of it" in done.err
    assert "Warning" not in done.err
    assert {path.name for path in PICTURES.iterdir()} >= {"1-sign-in.png", "2-answer.png"}
    assert not leaks_in(done.text.encode())
    assert leaking_files(signing.folder) == []


def test_an_unassigned_person_is_explained(signing: Project) -> None:
    """Alex sees AADSTS50105 on the page; the verb ends with what to look up."""
    done = sign_in(signing, "Alex Wilber", seconds=12)
    assert done.code == 20, done.text
    assert "AADSTS50105" in done.err
    assert done.json["error"]["code"] == "signin.timeout"
    assert "not assigned" in signing.run(signing.python, "-m", "connector", "explain", "AADSTS50105").out


def test_a_person_without_a_dataverse_role_is_explained(signing: Project) -> None:
    """Megan comes in through her group and holds no security role."""
    done = sign_in(signing, "Megan Bowen")
    assert done.code == 1, done.text
    assert done.json["error"]["code"] == "signin.no_role"
    assert "holds no security role" in done.json["error"]["message"]


def test_missing_consent_is_explained(signing: Project) -> None:
    """Without consent the application's own proof names it before anybody is asked to sign in."""
    principal = signing.outputs()["servicePrincipalObjectId"]
    tenant = signing.emulator.dump()["11111111-1111-4111-8111-111111111111"]
    grants = [g for g in tenant["oauth2PermissionGrants"] if g["clientId"] == principal]
    grant = next(g for g in grants if "user_impersonation" in g["scope"])
    signing.emulator.edit("oauth2PermissionGrants", grant["id"], delete=True)
    done = sign_in(signing, "Adele Vance")
    signing.emulator.store.put(
        "11111111-1111-4111-8111-111111111111", "oauth2PermissionGrants", grant["id"], grant
    )
    assert done.code == 1, done.text
    assert done.json["error"]["code"] == "entra.grant_missing"


def test_a_wrong_redirect_is_explained(signing: Project) -> None:
    """The page says AADSTS50011 when the redirect is not registered."""
    done = sign_in(signing, "Adele Vance", seconds=12, PERSON_CHANGES="signed-in=>Signed-In")
    assert done.code == 20, done.text
    assert "AADSTS50011" in done.err


def test_an_answer_to_another_question_is_ignored(signing: Project) -> None:
    """An answer without our state is none: nothing is redeemed, and the wait goes on to its end."""
    done = sign_in(signing, "Adele Vance", seconds=12, PERSON_CHANGES="state=>state_was=")
    assert (done.code, done.json["error"]["code"]) == (20, "signin.timeout"), done.text
    assert "signedIn" not in done.json


def test_without_the_setting_nobody_is_asked(deployed: Project) -> None:
    """The redirect is carried only while a setting asks for it, and the message names the setting."""
    done = deployed.connector("verify", "--sign-in", "--json")
    assert done.code == 2, done.text
    assert "signIn" in done.json["error"]["message"]
