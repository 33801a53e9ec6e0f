"""What the Pulumi engine says, with cause and fix; keys are words of its messages.

Source: pulumi/pulumi, pkg/secrets/passphrase, pkg/backend/httpstate and pkg/backend/diy.
"""

from __future__ import annotations

from connector.catalogue.graph_messages import Texts

_SET_IT = (
    "Set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE) in this shell: "
    "the verbs never ask for it"
)

#: The more telling first: they are looked for in this order.
MESSAGES: Texts = {
    "cannot be deleted because it is protected": (
        "the settings would delete a resource that is protected: an older checkout, a removal, or a "
        "certificate that is retired",
        "Take over the newest settings (`rotate status --patch`); for a certificate `pulumi state unprotect` "
        "and deploy again (docs/handover.md, Certificates); remove --unprotect takes everything away",
    ),
    "the stack is currently locked": (
        "another run works on the stack, or one died",
        "Wait for it; once you have made sure that it has ended, `pulumi cancel`; a verb frees the lock "
        "itself where this machine's own notes say that its run is dead (docs/security.md)",
    ),
    "failed to load checkpoint": (
        "the backend's file of the stack's state cannot be read: a run was killed while it wrote it, or the "
        "machine lost its power",
        "Run deploy, which mends a local file backend once no other run holds the stack; elsewhere, give "
        "`pulumi stack import` the newest whole copy, STACK.json.bak or one of .pulumi/backups",
    ),
    "incorrect passphrase": (
        "the passphrase is not the one that the stack's secrets are encrypted with",
        "Set PULUMI_CONFIG_PASSPHRASE (or the key vault login) of this stack",
    ),
    "passphrase must be set with": (
        "the stack's secrets are encrypted with a passphrase, and the environment holds none",
        _SET_IT,
    ),
    'constructing secrets manager of type "passphrase"': (
        "the stack's secrets are encrypted with a passphrase, and the environment holds none or another one",
        _SET_IT,
    ),
    "PULUMI_ACCESS_TOKEN must be set for login": (
        "no backend is chosen, and Pulumi Cloud wants a token",
        'Run `pulumi login` with the backend (README, State), or `eval "$(./scripts/env)"` for the demo',
    ),
}
