"""Codes of the proof, of signing in, of secrets, their rotation and status."""

from __future__ import annotations

from connector.catalogue.codes.model import Texts

TEXTS: Texts = {
    "proof.no_key": (
        "20",
        "the application logs in with a certificate or a token that is not on this machine",
        "`CONNECT_CERTIFICATE_KEY` names a PEM file with certificate and key, `CONNECT_ASSERTION_FILE` "
        "one with a token",
    ),
    "signin.timeout": (
        "20",
        "nobody came back from the sign-in page",
        "look up the code that the page showed ([sign-in.md](sign-in.md))",
    ),
    "signin.no_secret": (
        "20",
        "the profile's application has no secret to redeem a code with",
        "nobody signs in through it",
    ),
    "signin.answer": ("1", "the answer belongs to another sign-in", "begin again"),
    "signin.refused": (
        "3",
        "the login service gave no token for the person",
        "see the AADSTS code in the message",
    ),
    "signin.no_user": ("1", "the person is no user of the environment", "add them there"),
    "signin.no_role": ("1", "the person is a user without a security role", "give them one"),
    "secret.removed": (
        "1",
        "the proof: the stack's secret is no longer on the application",
        "`rotate begin`",
    ),
    "secret.foreign": (
        "1",
        "the proof: the stack holds the secret of another stack's application, which is named",
        "`rotate begin`",
    ),
    "secret.wrong": (
        "1",
        "the proof: the value is not that of its key id, or the login service does not take it",
        "`rotate begin`",
    ),
    "secret.is_key_id": ("1", "the proof: a secret's id was taken for its value", "`rotate begin`"),
    "secret.fresh": (
        "1",
        "the proof: the secret is minutes old and not known everywhere yet",
        "`verify` again in some minutes",
    ),
    "status.drift": (
        "7",
        "directory, Dataverse or slots differ from the settings",
        "see the findings; `deploy` mends what is ours",
    ),
    "status.pending": (
        "20",
        "`fleet status`: something that a person installs, such as a solution, is missing",
        "install it, then `apply`",
    ),
    "status.ends_soon": (
        "21",
        "a secret ends within 30 days (`--soon-days`)",
        "`rotate status` says what is next",
    ),
    "rotation.stale": (
        "7",
        "the settings' `slots` are older than the state: deploying would delete or double a secret",
        "take over the newest settings, or `rotate status --patch FILE`",
    ),
    "rotation.unretired": (
        "7",
        "a secret is alive that `slots` does not name",
        "`rotate finish --reconnected`, or write it back",
    ),
    "rotation.more_changes": (
        "7",
        "a rotation's preview holds more than its one secret",
        "`deploy`, or review what differs, then rotate",
    ),
    "rotation.not_begun": ("7", "the newest secret was never made, handed out or proved", "`rotate begin`"),
    "rotation.not_reconnected": (
        "20",
        "`rotate finish` without `--reconnected`",
        "type the new secret in, then say so",
    ),
    "rotation.unconfirmed": (
        "20, 8",
        "no terminal and no `--yes` (20), or another name was typed (8)",
        "`--yes`",
    ),
    "rotation.not_deployed": (
        "20, 21",
        "`rotate auto` on a stack without a secret; 21 when a hand-made one ends soon",
        "`deploy`",
    ),
    "rotation.certificate": (
        "20, 21",
        "the stack logs in with a certificate, and `rotate` makes none; 21 when it ends soon",
        "the steps in the message; [handover.md](handover.md#certificates)",
    ),
    "rotation.federated": ("20", "the stack logs in with an issuer's tokens", "nothing is to rotate"),
    "rotation.no_room": (
        "4",
        "an application for personal accounts holds two secrets already",
        "remove one that is not in use, in the portal",
    ),
    "rotation.reconnect": (
        "20",
        "`rotate auto`: the new secret waits for a person",
        "`handover`, type it in, `rotate finish --reconnected`",
    ),
    "rotation.soon": ("21", "the same, and the old secret ends soon", "the same, soon"),
    "rotation.patch": (
        "2",
        "`--patch` names a file that cannot be written; nothing was begun",
        "name a file in a folder that is there",
    ),
    "rotation.stack_file": (
        "2",
        "the stack's file cannot be edited in place (`config` in one line, or no YAML)",
        "write `config:` as a block of lines",
    ),
}
