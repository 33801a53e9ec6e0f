"""`consent: link`: the stack grants nothing, names the link, and the proof waits for a person."""

from __future__ import annotations

from connector.dataverse import jobs
from connector.report import Verdict
from emulator.seed import CONTOSO
from tests.emulator_flows.conftest import NoSleep, runner
from tests.emulator_flows.tenant import ConnectedStack
from tests.support.emulator import RunningEmulator


def test_pending_consent_needs_a_person(emulator: RunningEmulator, clock: NoSleep) -> None:
    """Without the grants the proof is inconclusive (exit 20) and prints the link; with them it holds."""
    stack = ConnectedStack(emulator, consent="link")
    grants = [
        g
        for g in emulator.dump()[CONTOSO]["oauth2PermissionGrants"]
        if g["clientId"] == stack.outputs.service_principal_object_id
    ]
    for grant in grants:
        emulator.edit("oauth2PermissionGrants", grant["id"], delete=True)
    _, pending = runner(stack, clock)(jobs.apply_and_prove)
    assert pending.verdict is Verdict.INCONCLUSIVE
    assert (pending.error.exit_code, pending.error.code) == (20, "entra.consent_pending")
    link = f"/{CONTOSO}/adminconsent?client_id={stack.outputs.client_id}"
    assert link in pending.error.message
    assert "dynamics-crm/user_impersonation" in pending.error.message
    for grant in grants:
        emulator.store.put(CONTOSO, "oauth2PermissionGrants", grant["id"], grant)
    assert runner(stack, clock)(jobs.prove).verdict is Verdict.PROVED
