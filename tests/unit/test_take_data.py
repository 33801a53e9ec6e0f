"""scripts/take-data: settings of a branch under review come in, and nothing that runs or sends."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.emulator import PROJECT

STACK = "config:\n  dynamics-connect:tenantId: t\n"
HELD = f"encryptedkey: ours\nsecretsprovider: azurekeyvault://v/keys/k\n{STACK}"
EVIL = "secretsprovider: azurekeyvault://evil/keys/k\n"
FLEET = "name: north\nbackend: azblob://state?storage_account=ours\nsecretsProvider: azurekeyvault://v/keys/k\n"


class Review:
    """A checkout of the target branch, and a branch whose commits come by `commit`."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.root.mkdir()
        (self.root / "scripts").mkdir()
        for name in ("take-data", "take_data.py"):
            shutil.copy2(PROJECT / "scripts" / name, self.root / "scripts")
        (self.root / ".gitignore").write_text(".venv\nconnector\n__pycache__\n")
        (self.root / ".venv").symlink_to(PROJECT / ".venv")
        (self.root / "connector").symlink_to(PROJECT / "connector")
        self.git("init", "--quiet")
        self.write({"Pulumi.acme.yaml": STACK, "fleet.yaml": FLEET, "profiles/p.yaml": "title: P\n"})
        self.write({"Pulumi.held.yaml": HELD})
        self.write({"Pulumi.yaml": "name: x\nruntime: python\n", "__main__.py": "base\n"})
        self.base = self.commit()

    def git(self, *arguments: str) -> str:
        """Run git and return what it says."""
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
        command = ["git", *who, *arguments]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def write(self, files: dict[str, str]) -> None:
        """Files of the work tree."""
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def commit(self) -> str:
        """Everything that the work tree holds, as a commit; its id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD")

    def take(self, commit: str | None = None) -> subprocess.CompletedProcess[str]:
        """Commit the work tree as the branch, go back to the target branch, and take the branch's data."""
        head = commit or self.commit()
        self.git("checkout", "--quiet", "--force", "--detach", self.base)
        command = ["scripts/take-data", head, "pages/code.md"]
        # Called by a name without ./, with a CDPATH that knows a folder of that name elsewhere.
        env = {**os.environ, "CDPATH": str(PROJECT), "PYTHONPATH": "elsewhere"}
        return subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True, check=False)

    def text(self, name: str) -> str:
        """A file of the checkout."""
        return (self.root / name).read_text()

    @property
    def changed(self) -> list[str]:
        """What the checkout holds besides the target branch."""
        listed = self.git("status", "--porcelain", "--untracked-files=all").splitlines()
        return sorted(line.split()[-1] for line in listed)


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Review:
    """A repository whose git reads no settings of this machine."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    return Review(tmp_path)


def test_settings_come_in_and_code_stays_out(review: Review) -> None:
    """Stacks' files, fleet, profiles, policies' configuration, certificates; the page names the rest."""
    data = {
        "Pulumi.acme.yaml": STACK + "  dynamics-connect:protect: true\n",
        "Pulumi.new.yaml": STACK,
        "fleet.yaml": FLEET + "stacks: {}\n",
        "profiles/q.yaml": "title: Q\n",
        "policies/config/acme.json": "{}\n",
        "certificates/acme-a-1.pem": "-----\n",
    }
    code = {
        "__main__.py": "print(1)\n",
        "Pulumi.yaml": "name: x\nruntime: go\n",
        "scripts/take_data.py": "print(1)\n",
        "profiles/x/y.yaml": "a: 1\n",
        "policies/__main__.py": "print(1)\n",
        "sub/Pulumi.acme.yaml": STACK,
        "Pulumi.x.yaml.py": "print(1)\n",
        "odd`##vso[task]\n::x.py": "print(1)\n",
    }
    review.write(data | code)
    (review.root / "profiles" / "p.yaml").unlink()
    done = review.take()
    assert done.returncode == 0, done.stderr
    assert review.changed == sorted([*data, "pages/code.md", "profiles/p.yaml"])
    assert {name: review.text(name) for name in data} == data
    page = review.text("pages/code.md")
    assert [name for name in code if "odd" not in name and f"- `{name}`\n" not in page] == []
    assert "after its merge" in page
    for text in (page, done.stderr):
        assert "odd???vso?task??::x.py" in text
        assert not any(bad in text for bad in ("##vso", "odd`", "\n::x"))


def test_a_branch_of_settings_alone_has_no_page(review: Review) -> None:
    """Nothing is said where nothing was left out."""
    review.write({"Pulumi.acme.yaml": STACK + "  dynamics-connect:protect: true\n"})
    assert review.take().returncode == 0
    assert review.changed == ["Pulumi.acme.yaml"]


def test_what_the_target_branch_got_meanwhile_stays(review: Review) -> None:
    """The branch is merged, so a preview does not show others' settings as taken back."""
    review.write({"Pulumi.acme.yaml": STACK + "  dynamics-connect:protect: true\n"})
    head = review.commit()
    review.git("checkout", "--quiet", "--detach", review.base)
    review.write({"Pulumi.beta.yaml": STACK, "__main__.py": "newer\n"})
    review.base = review.commit()
    assert review.take(head).returncode == 0
    assert review.changed == ["Pulumi.acme.yaml"]


def _link(review: Review) -> None:
    (review.root / "Pulumi.acme.yaml").unlink()
    (review.root / "Pulumi.acme.yaml").symlink_to("/etc/passwd")


def _submodule(review: Review) -> None:
    (review.root / "profiles" / "p.yaml").unlink()
    review.git("update-index", "--add", "--cacheinfo", f"160000,{review.base},profiles/p.yaml")
    (review.root / "profiles" / "p.yaml").mkdir()


def _with(name: str, text: str) -> Callable[[Review], None]:
    return lambda review: review.write({name: text})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_link, "Pulumi.acme.yaml is a link or a submodule"),
        (_submodule, "profiles/p.yaml is a link or a submodule"),
        (_with("profiles/p.yaml", "x" * 1_000_001), "profiles/p.yaml is larger than"),
        (_with("Pulumi.acme.yaml", EVIL + STACK), "secretsprovider"),
        (_with("Pulumi.held.yaml", HELD.replace("ours", "theirs")), "encryptedkey decides where"),
        (_with("Pulumi.held.yaml", STACK), "encryptedkey decides where"),
        (_with("Pulumi.acme.yaml", f"environment: [evil]\n{STACK}"), "environment decides where"),
        (_with("Pulumi.acme.yaml", f"{STACK}  azuread:metadataHost: x\n"), "config.azuread:metadataHost"),
        (_with("Pulumi.acme.yaml", f"{STACK}  pulumi:x: 1\n"), "config.pulumi:x"),
        (_with("Pulumi.acme.yaml", f"{STACK}  displayName: {{secure: v1:abc}}\n"), "config.displayName"),
        (_with("Pulumi.acme.yaml", f"{STACK}  owners: [{{secure: v1:a}}]\n"), "config.owners"),
        (_with("Pulumi.acme.yaml", f"{STACK}  !!binary YQ==: x\n"), "decides where"),
        (_with("Pulumi.acme.yaml", "config: &a\n  b: *a\n"), "aliases are not allowed"),
        (_with("Pulumi.acme.yaml", "config: !!python/object:os.system x\n"), "is not good YAML"),
        (_with("Pulumi.new.yaml", EVIL + STACK), "secretsprovider"),
        (_with("Pulumi.new.yaml", f"{STACK}  azuread:clientSecret: x\n"), "config.azuread:clientSecret"),
        (_with("fleet.yaml", FLEET.replace("=ours", "=ours&domain=evil.example")), "fleet.yaml: backend"),
        (_with("fleet.yaml", FLEET.replace("//v/", "//evil/")), "fleet.yaml: secretsProvider"),
        (_with("fleet.yaml", "name: north\n"), "fleet.yaml: backend"),
    ],
)
def test_what_is_no_mere_setting_is_refused(
    review: Review, change: Callable[[Review], None], words: str
) -> None:
    """Links, submodules, too much, and what decides where tokens go: named, and nothing is taken."""
    review.write({"Pulumi.fine.yaml": STACK})
    change(review)
    if change is _submodule:
        review.git("add", "Pulumi.fine.yaml")
        review.git("commit", "--quiet", "-m", "x")
        done = review.take(review.git("rev-parse", "HEAD"))
    else:
        done = review.take()
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert [name for name in review.changed if name != "profiles/p.yaml/"] == []


def test_a_new_stack_brings_a_key_of_the_fleets_provider(review: Review) -> None:
    """`fleet sync --create` wrote it; the provider is the one that the target branch names."""
    provider = "secretsprovider: azurekeyvault://v/keys/k\nencryptedkey: abc\n"
    review.write({"Pulumi.new.yaml": provider + STACK})
    assert review.take().returncode == 0
    assert review.changed == ["Pulumi.new.yaml"]


def test_a_branch_that_conflicts_is_sent_back(review: Review) -> None:
    """What it would be after its merge is nobody's guess."""
    review.write({"Pulumi.acme.yaml": STACK + "  dynamics-connect:protect: true\n"})
    head = review.commit()
    review.git("checkout", "--quiet", "--detach", review.base)
    review.write({"Pulumi.acme.yaml": STACK + "  dynamics-connect:protect: false\n"})
    review.base = review.commit()
    done = review.take(head)
    assert (done.returncode, "conflicts with the target branch" in done.stderr) == (2, True)
    assert review.changed == []


def test_nothing_is_written_through_a_link_of_the_checkout(review: Review, tmp_path: Path) -> None:
    """Even one that the target branch holds."""
    (review.root / "policies").mkdir()
    (review.root / "policies" / "config").symlink_to(tmp_path)
    review.base = review.commit()
    (review.root / "policies" / "config").unlink()
    review.write({"policies/config/acme.json": "{}"})
    done = review.take()
    assert (done.returncode, "through a link" in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "acme.json").exists()


@pytest.mark.parametrize("commit", ["HEAD", "--help", "", "0" * 40])
def test_a_name_that_is_no_commit_is_refused(review: Review, commit: str) -> None:
    """A branch's name is not asked for; a commit that is not there is named."""
    done = review.take(commit or " ")
    assert done.returncode == 2
    assert "commit" in done.stderr
    assert "Traceback" not in done.stderr
