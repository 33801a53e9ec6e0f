"""Faults that strike when a call has done its work."""

from __future__ import annotations

from emulator.seed import CONTOSO
from tests.support.emulator import RunningEmulator

BODY = {"displayName": "doubled", "signInAudience": "AzureADMyOrg"}


def test_a_500_after_the_work_leaves_two_when_the_client_repeats_it(
    emulator: RunningEmulator
) -> None:
    """The first POST made an application although it answered 500; the second makes another."""
    emulator.fault("POST", "/v1.0/applications", answer="500-after")
    headers = {"Authorization": f"Bearer {emulator.token()}"}
    url = f"{emulator.authority}/v1.0/applications"
    answers = [emulator.http().post(url, json=BODY, headers=headers).status_code for _ in range(2)]
    assert answers == [500, 201]
    made = [a for a in emulator.dump()[CONTOSO]["applications"] if a["displayName"] == "doubled"]
    assert len(made) == 2
