"""Codes of the verbs, the engine, the environment and the stack."""

from __future__ import annotations

from connector.catalogue.codes.model import Texts

TEXTS: Texts = {
    "environment.credential": (
        "2, 3",
        "`ARM_*` and `AZURE_*` disagree, or a token would be asked for at an unsafe address (2); "
        "nothing describes a login, or a pipeline's job may not ask for a token (3)",
        "set one of the two, completely; [pipelines.md](pipelines.md#logins)",
    ),
    "environment.tenant": (
        "2",
        "the environment logs in to another tenant than the stack's",
        "log in to the stack's tenant, or correct `tenantId`",
    ),
    "environment.metadata": (
        "2, 3",
        "cloud `emulator` without a running emulator's variables, or with hosts that are not loopback",
        "take over what `emulator serve` prints",
    ),
    "environment.endpoint": (
        "2",
        "a variable would send the deployer's login to a host that the stack's cloud does not name",
        "unset it, or correct `cloud`; [security.md](security.md#hosts-that-tokens-may-go-to)",
    ),
    "environment.certificates": (
        "2",
        "`SSL_CERT_FILE` names no file of certificates in PEM",
        "correct the path, or unset the variable for the usual certificates",
    ),
    "environment.proxy": (
        "2",
        "`HTTPS_PROXY` or `ALL_PROXY` is no address of an HTTP proxy",
        "write it as `http://HOST:PORT`; a SOCKS proxy needs an HTTP one before it",
    ),
    "login.refused": (
        "3, 1",
        "the login service gave no token: to the deployer (3), or to the application during the proof (1)",
        "see the AADSTS code in the message",
    ),
    "login.no_token": (
        "3",
        "the pipeline service gave the job no token",
        "on GitHub `permissions: id-token: write`, on Azure Pipelines the service connection",
    ),
    "host.unreachable": ("4", "a host does not answer", "check address, network, proxy and TLS trust"),
    "session.foreign_host": (
        "4",
        "an answer pointed to a host that the stack does not name; no token was sent there",
        "check `dynamicsUrl` and `cloud`",
    ),
    "session.bad_answer": (
        "4",
        "an answer that is none of this service: a page where JSON belongs, cut off, too large, nested too "
        "deeply, without an end, or a list whose next page leads back; nothing was done with it",
        "check the host that the message names, and what answers in its place (a proxy, a sign-in page); "
        "then run again",
    ),
    "engine.failed": ("the engine's", "`pulumi` failed; its own words follow", "see the message"),
    "engine.locked": (
        "the engine's, 1",
        "another run holds the stack, or left its lock and is not known here to be dead; where the verb "
        "asked first (1), nothing was written",
        "wait; once you have made sure that the run named has ended, `pulumi cancel --stack NAME` "
        "([security.md](security.md#locks-and-runs-side-by-side))",
    ),
    "engine.missing": ("255", "no `pulumi` on PATH", "`scripts/setup`, or install it"),
    "stack.unknown": (
        "6",
        "the backend in use has no such stack",
        "`pulumi login` to the right backend, `pulumi stack init`",
    ),
    "stack.empty": ("6", "nothing is deployed on the stack yet", "run `deploy`, or `pulumi up`"),
    "stack.elsewhere": (
        "4",
        "the stack is deployed for another tenant or environment than its settings now say",
        "a stack of its own for the other one, or put the setting back and `remove` first",
    ),
    "stack.other_fleet": (
        "4",
        "the stack's state belongs to another fleet than the checkout's settings, or to one where they "
        "name none",
        "another backend or stack name; to move it, take it out of the other fleet first",
    ),
    "stack.blank": (
        "2",
        "`--stack` was given an empty name, as an unset variable of a shell does",
        "name the stack, or leave the option out",
    ),
    "verb.cancelled": ("8", "Ctrl-C", "run the verb again: it goes on from what was done"),
    "local.file": (
        "1",
        "a file of this machine cannot be read or written: no rights, no room, a name that is too long",
        "mend what the message says, and run again",
    ),
    "path.file": (
        "2",
        "`--markdown` or `--fleet` names a file that cannot be written; nothing was begun",
        "name a file in a folder that is there",
    ),
    "path.stdout": (
        "2",
        "two results were asked for on standard output, or one by `-` where only a file will do",
        "name a file, or leave `--json` out",
    ),
    "path.folder": (
        "2",
        "`--records` names no folder, or one that cannot be written; nothing was begun",
        "name another",
    ),
    "stack.unselected": ("6", "no stack is named or selected", "`--stack NAME`"),
    "stack.outputs": ("6", "the stack has not been deployed, or only in part", "`deploy`, or `pulumi up`"),
    "records.unreadable": ("1", "a record file is no record", "move it away and run `verify`"),
    "remove.protected": ("4", "the stack is protected", "`--unprotect`, if that is meant"),
    "remove.adopted": (
        "4",
        "the application was there before the stack, and remove would delete it",
        "`--include-adopted`, or `pulumi state delete` to let it stand",
    ),
    "handover.git": (
        "2",
        "`--to-file` would put the client secret into the project's folder, or into a Git work tree that "
        "does not ignore the file",
        "a file elsewhere, or under `.local/`",
    ),
    "handover.recipient": (
        "2",
        "`--to-age` names no public key",
        "give an age or SSH public key, or a file with one",
    ),
    "handover.file": ("2", "`--to-file` names a file that exists, or cannot be made", "name another"),
    "remove.unconfirmed": (
        "20, 8",
        "no terminal and no `--yes` (20), or another name was typed (8)",
        "`--yes`",
    ),
    "preview.policy": ("5", "a mandatory policy of the pack does not hold", "see the policy named"),
    "preview.pack": ("2", "`--policy-pack` names no policy pack", "name its folder"),
    "preview.pack_config": (
        "2",
        "the stack's file in the pack's `config` folder is no JSON object",
        "correct the file, which the message names",
    ),
    "preview.changes": ("7", "`preview --expect-no-changes`, and the stack would change", "see the preview"),
    "plan.changes": ("7", "`--expect-no-changes`, and the plan has some", "see the plan"),
    "plan.moved": (
        "7",
        "`apply --plan`: settings or live state are no longer what was reviewed; nothing was written",
        "make and review a new plan",
    ),
    "plan.stack": ("2", "the plan file is of another stack or organization", "name the right one"),
    "plan.file": (
        "2",
        "the plan file cannot be read or written, or is none of this version's format",
        "`plan --out FILE`",
    ),
    "plan.options": (
        "2",
        "`--plan` together with an option that the reviewed plan holds itself",
        "leave it out",
    ),
    "apply.unconfirmed": ("20", "taking roles from the application user needs a word more", "`--yes`"),
    "trace.file": ("2", "the trace file cannot be written", "name another"),
    "comment.place": (
        "2",
        "the environment describes no pull request, or an address that no token may go to",
        "run it in a pull request's job, with the variables named",
    ),
    "comment.file": ("2", "a page cannot be read", "name files of Markdown in UTF-8"),
    "comment.refused": (
        "4",
        "the service does not let the job comment",
        '`pull-requests: write`, or "Contribute to pull requests" for the build service',
    ),
    "comment.lost": (
        "4",
        "the service did not say whether it made the comment, and does not show it",
        "run again",
    ),
    "explain.unknown": ("1", "the catalogue does not hold the code", "look it up at Microsoft"),
}
