"""Codes of fleets, and of the logins that pipelines get."""

from __future__ import annotations

from connector.catalogue.codes.model import Texts

TEXTS: Texts = {
    "fleet.no_file": ("2", "there is no fleet.yaml, or none of that name", "`fleet new`, or `--fleet FILE`"),
    "fleet.name": (
        "2",
        "the name of a fleet or stack has other characters than letters, digits, dots, dashes and "
        "underscores, or the stack is there already",
        "another name",
    ),
    "fleet.rings": (
        "2",
        "a ring that the fleet does not have, or no or double rings",
        "see the rings listed",
    ),
    "fleet.settings_key": (
        "2",
        "`settings` in fleet.yaml holds a key that has a place of its own",
        "write it where the message says",
    ),
    "fleet.same_environment": (
        "2",
        "two stacks of one organization in two tenants, or for one profile",
        "correct one of the two",
    ),
    "fleet.unknown": ("2", "`--only` or `--ring` names what the fleet does not have", "see the nearest name"),
    "fleet.shard": ("2", "`--shard` is not K/N", "such as `2/5`"),
    "fleet.output": (
        "2",
        "`fleet matrix --output` outside of a pipeline's job, or with a name that no output has",
        "leave it out, or name it with letters, digits and underscores",
    ),
    "fleet.missing": ("2", "`fleet new` without a terminal lacks an option", "give it"),
    "fleet.backend": ("2", "`PULUMI_BACKEND_URL` is another backend than fleet.yaml's", "unset it"),
    "fleet.key_taken": (
        "2",
        "a key of a stack's file was set by hand to another value than fleet.yaml's",
        "take it out of one of the two, or `--take-over`",
    ),
    "fleet.other_fleet": ("2", "a stack's file is of another fleet", "another stack name"),
    "fleet.unwritable": (
        "2",
        "a file cannot be edited in place (`config` or `stacks` in one line, or no YAML)",
        "write it as a block of lines",
    ),
    "fleet.out_of_sync": (
        "7",
        "`fleet sync --check`: a stack's file does not say what fleet.yaml says",
        "`fleet sync`, and commit",
    ),
    "fleet.stacks": (
        "the highest of the stacks'",
        "a stack of the run did not end with 0",
        "see the table, failures first",
    ),
    "fleet.stopped": ("8", "somebody stopped the run", "`--resume`"),
    "fleet.worker": (
        "1 to 255",
        "the process of a stack died, or gave no answer",
        "its last words stand in the message; `--resume`",
    ),
    "fleet.resume": (
        "2",
        "there is no run to resume, or it had stacks that left the fleet",
        "run without `--resume`",
    ),
    "fleet.record": ("1", "the record of a run is none", "move it away, run without `--resume`"),
    "fleet.patch": ("2", "`--patch` of `fleet rotate` names no folder", "name another"),
    "fleet.attention": (
        "the highest of the stacks'",
        "`fleet status`: a stack is not in order",
        "see the table, what needs somebody first",
    ),
    "fleet.no_record": (
        "6",
        "`fleet status`: there is no record of the stack here",
        "`deploy`, or `verify` where it is deployed; `--records` names another folder",
    ),
    "fleet.other_target": (
        "7",
        "`fleet status`: record, stack file and fleet.yaml name different tenants or environments; "
        "nobody was asked",
        "`fleet sync`; `deploy` or `verify` write a new record",
    ),
    "fleet.unread": (
        "1",
        "`fleet status`: an answer that nobody expected stopped the reading of this stack",
        "`status` on it alone, and report it",
    ),
    "fleet.report": ("2", "`--report` names a file that cannot be written", "name another"),
    "bootstrap.pipeline": (
        "2",
        "`bootstrap` was not told whose pipeline it is",
        "`--github OWNER/REPO`, or the two `--azure-devops` options",
    ),
    "bootstrap.github": (
        "2",
        "repository, ids, environment or issuer of GitHub cannot be a subject",
        "see the option named; [bootstrap.md](bootstrap.md#github) says where the ids are read",
    ),
    "bootstrap.azure_devops": (
        "2",
        "issuer or subjects of Azure DevOps are missing, garbled, or the same for both",
        "two service connections, [as their pages show them](bootstrap.md#azure-devops)",
    ),
    "bootstrap.unconfirmed": (
        "20, 8",
        "no terminal and no `--yes` (20), or another name was typed (8)",
        "`--yes`",
    ),
    "bootstrap.caller_rights": (
        "4",
        "the caller's token may not make applications or grant permissions; nothing was written",
        "an administrator runs it",
    ),
    "bootstrap.other_logins": (
        "4",
        "an application carries the pipeline's tag, and others can log in as it; nothing was changed",
        "remove those credentials, or take the tag away",
    ),
    "bootstrap.ambiguous": (
        "4",
        "several applications carry the pipeline's tag",
        "delete all but the one in use",
    ),
    "bootstrap.graph": (
        "4",
        "the tenant has no service principal of Microsoft Graph",
        "open the portal once",
    ),
    "bootstrap.right_unknown": (
        "4",
        "Microsoft Graph has no such application permission in this tenant",
        "report it",
    ),
    "bootstrap.privilege_unknown": ("4", "the environment has no such privilege", "check `dynamicsUrl`"),
    "bootstrap.administrator": (
        "4",
        "the environment shows no System Administrator in its root business unit",
        "report it",
    ),
}
