"""What `apply` would refuse, asked before the Entra half is made: nothing is written here."""

from __future__ import annotations

from connector.dataverse.caller import check_caller
from connector.dataverse.causes import solution_causes
from connector.dataverse.desired import Known
from connector.dataverse.job import Job
from connector.dataverse.reports import Cause
from connector.session import Session
from connector.stack_outputs import StackOutputs


async def check_apply(
    session: Session, application: tuple[str, str] | None, known: Known
) -> tuple[Cause, ...]:
    """Plan the Dataverse half and raise what `apply` would raise before its first write.

    What is returned stops no write, and the proof that follows: the managed solution that is not there.

    *application* is the stack's client id and object id, None where there is none yet: the user is then
    to be made. Raises RefusedError (a privilege that the caller lacks, somebody else's role),
    SettingsError (tables, business unit), UnreachableError.
    """
    job = Job(session.settings, _outputs(session, application), session, known)
    live, made = await job.read()
    if made.refusal is not None:
        raise made.refusal
    if made.writes:
        await check_caller(job.client, made, live.caller_id)
    return tuple(solution_causes(made, live))


def _outputs(session: Session, application: tuple[str, str] | None) -> StackOutputs | None:
    if application is None:
        return None
    client_id, object_id = application
    return StackOutputs(
        tenant_id=session.settings.tenant_id,
        client_id=client_id,
        application_object_id=object_id,
        service_principal_object_id="",
    )
