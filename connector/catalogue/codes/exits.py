"""Exit codes: what each means, and where it typically comes from. Those up to 10, and 255, are Pulumi's."""

from __future__ import annotations

#: Exit code → meaning, typical cause.
EXITS: dict[int, tuple[str, str]] = {
    0: ("done, or nothing to do", ""),
    1: (
        "an error of the engine, or a proof that failed",
        "a privilege, role, user or consent is missing; a wrong passphrase of the stack; a file of this"
        " machine that cannot be read or written",
    ),
    2: (
        "configuration",
        "settings, profile, environment variables or command line are wrong; nothing was sent",
    ),
    3: ("authentication", "the login service refused the deployer"),
    4: (
        "refused by a service, or a host that does not answer",
        "a missing right, another tenant's URL, no network",
    ),
    5: ("policy", "`preview --policy-pack`: a mandatory policy does not hold; passed on from `pulumi`"),
    6: (
        "no such stack",
        "unknown or unselected stack, or a stack that was never deployed; `fleet status`: one without a"
        " record",
    ),
    7: (
        "changes or drift where none were expected",
        "a security role of our name that somebody else made, with other rights; `status` or `fleet "
        "status` found differences; `deploy` from a checkout that knows older secret slots; `fleet sync"
        " --check` found a file to write",
    ),
    8: (
        "cancelled",
        "Ctrl-C; a fleet's run that was stopped; another name was typed than the one that `remove`, `rotate "
        "finish` or `bootstrap` asked for",
    ),
    9: ("timeout", "passed on from `pulumi`"),
    10: ("a provider awaits an operation", "passed on from `pulumi`"),
    20: (
        "a person is needed",
        "`rotate finish` before the new secret is typed in; `remove` without a terminal and without "
        "`--yes`; a Conditional Access policy keeps this machine from proving; consent by a link is pending; "
        "`fleet status`: a new secret waits to be typed in",
    ),
    21: (
        "something expires soon",
        "`status`, `fleet status`: a secret ends within 30 days; `rotate auto`: the old secret ends "
        "within 30 days and the new one is not typed in",
    ),
    255: ("internal error", "no `pulumi` on PATH"),
}
