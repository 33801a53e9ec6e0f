"""Look-ups in the tenant through the stack's provider.

The generated `get_…_output` functions end a failed look-up in a traceback; here it ends
in one message that names the object, the cause and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi

from connector.catalogue.explain import explain, explained, login_code
from connector.text import plain


def look_up(
    token: str, arguments: Mapping[str, Any], provider: pulumi.ProviderResource, *, what: str
) -> pulumi.Output[dict[str, Any]]:
    """Invoke the azuread function *token* (such as `getUser`); *what* names the object in an error.

    The result is the function's, by Pulumi's property names. A failure ends the program
    with pulumi.RunError.
    """
    return cast(
        "pulumi.Output[dict[str, Any]]",
        pulumi.Output.from_input(_invoke(token, arguments, provider, what)),
    )


async def _invoke(
    token: str, arguments: Mapping[str, Any], provider: pulumi.ProviderResource, what: str
) -> dict[str, Any]:
    try:
        return await _call(token, arguments, provider)
    except Exception as error:  # the SDK raises nothing narrower
        text = str(error)
        if "More than one group" not in text:
            raise pulumi.RunError(plain(failure(what, text))) from None
    name = str(arguments["displayNames"][0])
    raise pulumi.RunError(plain(ambiguous(what, await _namesakes(name, provider))))


async def _call(
    token: str, arguments: Mapping[str, Any], provider: pulumi.ProviderResource
) -> dict[str, Any]:
    function = f"azuread:index/{token}:{token}"
    options = pulumi.InvokeOptions(provider=provider)
    result = await pulumi.runtime.invoke_async(function, dict(arguments), options)
    return cast("dict[str, Any]", result)


async def _namesakes(name: str, provider: pulumi.ProviderResource) -> list[str]:
    """Object ids of the groups of one name; empty when they cannot be listed."""
    try:
        found = await _call("getGroups", {"displayNamePrefix": name}, provider)
    except Exception:  # the SDK raises nothing narrower, and the first error is the one to tell
        return []
    pairs = zip(found["objectIds"], found["displayNames"], strict=True)
    return [id for id, other in pairs if other.casefold() == name.casefold()]


def ambiguous(what: str, candidates: Sequence[str]) -> str:
    """The message for a name that several groups have."""
    ids = ", ".join(candidates) or "several; the portal lists them"
    return f"{what} is ambiguous: {ids}. Write the object id of the one that is meant into assignments.groups"


def failure(what: str, text: str) -> str:
    """What a failed look-up means: the object, the provider's last words, and a known code explained.

    The service's own code and ids stay. A refused login is explained by its code alone; Graph's code
    says too little, and its message stands before the explanation.
    """
    said = text.rsplit("returned an error:", 1)[-1].replace("1 error occurred:", "")
    cause = " ".join(said.replace("*", " ").split())
    known = explain(text)
    if known is None:
        return f"{what} could not be read: {cause}{_hint(text)}"
    if login_code(text):
        return f"{what} could not be read: {explained(text)}"
    return f"{what} could not be read: {cause.rstrip('.')}. {known.cause}. {known.fix}."


# The provider's words for an object that is not in the tenant, and what to do about it.
_ABSENT = {
    "No service principal found": "the tenant has no such service, or it was never used: assign a licence "
    "or create an environment first",
    "No group found": "it is not in this tenant: correct assignments.groups",
    "was not found": "it is not in this tenant: correct assignments.users or owners",
}


def _hint(text: str) -> str:
    for words, advice in _ABSENT.items():
        if words in text:
            return f"; {advice}"
    if "connect: " in text or "no such host" in text or "timeout" in text:
        return ". The host does not answer: check the network, `cloud`, and ARM_METADATA_HOSTNAME"
    if "403" in text:
        return ". The deployer lacks the Graph permission for this (README, permissions of the caller)"
    return ""
