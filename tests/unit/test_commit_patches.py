"""scripts/commit-patches: the change of the slots as one commit on a branch of its own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from connector.stack.slots_file import unified_diff
from tests.support.emulator import PROJECT

BEFORE = "config:\n  dynamics-connect:tenantId: t\n  dynamics-connect:slots:\n    a: 1\n"
AFTER = BEFORE + "    b: 2\n"


class Checkout:
    """A checkout with two stacks' files and the script, of a remote on this disk."""

    def __init__(self, folder: Path) -> None:
        self.remote, self.root = folder / "remote.git", folder / "checkout"
        self.patches = self.root / "patches"
        self.git("init", "--quiet", "--bare", str(self.remote), at=folder)
        self.git("clone", "--quiet", str(self.remote), str(self.root), at=folder)
        (self.root / "scripts").mkdir()
        shutil.copy2(PROJECT / "scripts" / "commit-patches", self.root / "scripts")
        for name in ("acme", "beta"):
            (self.root / f"Pulumi.{name}.yaml").write_text(BEFORE)
        self.commit("start")
        self.patches.mkdir()

    def git(self, *arguments: str, at: Path | None = None) -> str:
        """Run git and return what it says."""
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
        command = ["git", *who, *arguments]
        done = subprocess.run(command, cwd=at or self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, message: str) -> None:
        """Commit everything but the patches."""
        self.git("add", "scripts", "*.yaml")
        self.git("commit", "--quiet", "-m", message)

    def patch(self, stack: str, before: str = BEFORE, after: str = AFTER, folder: str = ".") -> None:
        """A patch as `rotate --patch` writes it."""
        (self.patches / folder).mkdir(exist_ok=True)
        text = unified_diff(before, after, f"Pulumi.{stack}.yaml")
        (self.patches / folder / f"{stack}.patch").write_text(text)

    def run(self, branch: str = "rotation/7", *more: str) -> subprocess.CompletedProcess[str]:
        """The script."""
        command = ["./scripts/commit-patches", "patches", branch, *more]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)

    def branches(self) -> list[str]:
        """The branches that the remote has."""
        return self.git("for-each-ref", "--format=%(refname:short)", at=self.remote).split()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A checkout whose git reads no settings of this machine."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    return Checkout(tmp_path)


def test_all_patches_become_one_commit_on_one_branch(checkout: Checkout) -> None:
    """Of every shard's folder; the branch begins where the checkout is, and nothing else is pushed."""
    checkout.patch("acme")
    checkout.patch("beta", folder="shard-2")
    done = checkout.run()
    assert done.returncode == 0, done.stderr
    assert "rotation/7 with acme beta" in done.stderr
    assert checkout.branches() == ["rotation/7"]
    assert checkout.git("show", "rotation/7:Pulumi.beta.yaml", at=checkout.remote) == AFTER.strip()
    assert checkout.git("log", "--format=%s", "rotation/7", at=checkout.remote).splitlines() == [
        "Slots after rotation: acme beta",
        "start",
    ]
    assert checkout.git("diff", "--name-only", "HEAD~").split() == ["Pulumi.acme.yaml", "Pulumi.beta.yaml"]


def test_nothing_to_do_pushes_nothing(checkout: Checkout) -> None:
    """Empty patches, and those that were merged meanwhile, are left out."""
    checkout.patch("acme", after=BEFORE)
    checkout.patch("beta")
    (checkout.root / "Pulumi.beta.yaml").write_text(AFTER)
    checkout.commit("merged")
    done = checkout.run()
    assert (done.returncode, checkout.branches()) == (0, []), done.stderr
    assert "nothing to commit" in done.stderr


def test_no_folder_is_nothing_to_do(checkout: Checkout) -> None:
    """A run in which no stack's rotation was due leaves no artefact."""
    checkout.patches.rmdir()
    assert (checkout.run().returncode, checkout.branches()) == (0, [])


def test_a_patch_that_does_not_fit_is_named_and_hides_no_other(checkout: Checkout) -> None:
    """The others are pushed, and the run fails so that somebody looks."""
    checkout.patch("acme")
    checkout.patch("beta", before=BEFORE.replace("a: 1", "a: 5"), after=AFTER.replace("a: 1", "a: 5"))
    done = checkout.run()
    assert done.returncode == 1
    assert "does not fit this checkout: beta" in done.stderr
    assert checkout.git("diff", "--name-only", "HEAD~").split() == ["Pulumi.acme.yaml"]


def rewritten(path: str, before: str = "x\n", after: str = "x\ny\n") -> str:
    """A patch of some file."""
    return unified_diff(before, after, path)


RENAME = (
    "diff --git a/Pulumi.acme.yaml b/Pulumi.c.yaml\nsimilarity index 100%\n"
    "rename from Pulumi.acme.yaml\nrename to Pulumi.c.yaml\n"
)
SLOTS = rewritten("Pulumi.acme.yaml", BEFORE, AFTER)
HEAD = "diff --git a/Pulumi.acme.yaml b/Pulumi.acme.yaml\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("acme", rewritten(".github/workflows/deploy.yml")),
        ("acme", rewritten("Pulumi.beta.yaml", BEFORE, AFTER)),
        ("acme", SLOTS + rewritten("other.txt")),
        ("acme", "--- /dev/null\n+++ b/Pulumi.acme.yaml\n@@ -0,0 +1 @@\n+x\n"),
        ("new", "--- /dev/null\n+++ b/Pulumi.new.yaml\n@@ -0,0 +1 @@\n+x\n"),
        ("acme", HEAD + "old mode 100644\nnew mode 100755\n" + SLOTS),
        ("acme", RENAME),
        ("acme", rewritten("../outside.txt")),
        ("##vso[x]", SLOTS),
        ("acme", "no patch at all\n"),
    ],
)
def test_a_patch_of_anything_else_is_refused_by_name(checkout: Checkout, name: str, text: str) -> None:
    """The workflow files, another stack, a second file, a new one, a mode, a name that is no stack's."""
    (checkout.root / ".github" / "workflows").mkdir(parents=True)
    for path in (".github/workflows/deploy.yml", "other.txt"):
        (checkout.root / path).write_text("x\n")
    checkout.git("add", ".github", "other.txt")
    checkout.commit("more")
    (checkout.patches / f"{name}.patch").write_text(text)
    checkout.patch("beta")
    done = checkout.run()
    assert done.returncode == 1
    assert "its own Pulumi.STACK.yaml alone: " + name.replace("##vso[x]", "??vso?x?") in done.stderr
    assert checkout.git("diff", "--name-only", "HEAD~").split() == ["Pulumi.beta.yaml"]


def test_an_existing_branch_is_never_overwritten(checkout: Checkout) -> None:
    """A branch that somebody works on is not pushed over; the run fails."""
    checkout.patch("acme")
    assert checkout.run().returncode == 0
    checkout.git("reset", "--quiet", "--hard", "HEAD~")
    checkout.patch("beta")
    checkout.git("commit", "--quiet", "--allow-empty", "-m", "other")
    before = checkout.git("rev-parse", "rotation/7", at=checkout.remote)
    assert checkout.run().returncode != 0
    assert checkout.git("rev-parse", "rotation/7", at=checkout.remote) == before


@pytest.mark.parametrize("branch", ["", "-x", "a b", "a..b"])
def test_a_name_that_is_no_branch_is_refused(checkout: Checkout, branch: str) -> None:
    """Bad input ends with 2, and changes nothing."""
    checkout.patch("acme")
    assert checkout.run(branch).returncode == 2
    assert checkout.git("status", "--porcelain", "--untracked-files=no") == ""


def test_it_says_how_it_is_called(checkout: Checkout) -> None:
    """Another number of words is refused."""
    done = checkout.run("x", "y")
    assert (done.returncode, done.stderr.startswith("usage:")) == (2, True)
