"""A checkout as a repository with a pull request: target branch, branch, and the merge that services make."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.workflows import Job

_IGNORED = (".venv", ".local", "__pycache__/", "*.pyc", "pages/", "preview/", "preview-*.md", "records/")


class Repository:
    """Makes a folder's content the target branch `main`, *without* some files, which the branch then adds."""

    def __init__(self, root: Path, *, without: tuple[str, ...] = ()) -> None:
        """Two commits: target and branch; `head` is the branch's, `merged` is the merge's."""
        self.root = root
        self.git("init", "--quiet")
        (root / ".gitignore").write_text("".join(f"{name}\n" for name in _IGNORED))
        self.git("add", "--all")
        if without:
            self.git("rm", "--quiet", "--cached", *without)
        self.base = self._commit("target")
        self.git("update-ref", "refs/remotes/origin/main", self.base)
        self.commit_branch()

    def commit_branch(self) -> None:
        """The work tree as the branch's commit, and the merge of both as the service makes it."""
        self.git("add", "--all")
        self.head = self._commit("branch")
        tree = self.git("rev-parse", f"{self.head}^{{tree}}")
        parents = ("-p", self.base, "-p", self.head)
        self.merged = self.git("commit-tree", tree, *parents, "-m", "merge")

    def check_out(self, job: Job) -> None:
        """What the service does before a job's commands: the merge, or what the job's checkout names."""
        (step, *_) = [one for one in job.steps if "checkout" in one.uses] or [None]
        named = {"${{ github.event.pull_request.base.sha }}": self.base}
        commit = named[step.inputs["ref"]] if step is not None and "ref" in step.inputs else self.merged
        self.git("checkout", "--quiet", "--force", "--detach", commit)
        self.git("clean", "--quiet", "-d", "--force")

    def merge(self) -> None:
        """The pull request is merged, and the folder is at the target branch."""
        self.git("checkout", "--quiet", "--force", "--detach", self.merged)

    def git(self, *arguments: str) -> str:
        """Run git in the folder and return what it says."""
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
        command = ["git", "-C", str(self.root), *who, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def _commit(self, message: str) -> str:
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")
