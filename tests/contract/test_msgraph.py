from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphServiceClient
from msgraph.generated.applications.applications_request_builder import ApplicationsRequestBuilder
from msgraph.generated.models.application import Application
from msgraph.generated.models.o_auth2_permission_grant import OAuth2PermissionGrant
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.web_application import WebApplication
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph_core import GraphClientFactory

from emulator.graph.catalogue import DYNAMICS_APP_ID
from emulator.seed import CONTOSO, DEPLOYER_SECRET, FULL_DEPLOYER
from emulator.seed.directory import ADELE, MARKETING_OPERATIONS
from tests.support.emulator import RunningEmulator
from tests.support.graph import BOTH_URIS, DYNAMICS, Graph


@pytest.fixture
async def sdk(emulator: RunningEmulator) -> AsyncIterator[GraphServiceClient]:
    """The Graph SDK pointed at the emulator."""
    transport = AioHttpTransport(connection_verify=str(emulator.ca))
    # The SDK wraps the client's transport and never closes the one inside.
    wire = httpx.AsyncHTTPTransport(verify=emulator.trust)
    http = httpx.AsyncClient(transport=wire)
    async with ClientSecretCredential(
        CONTOSO,
        FULL_DEPLOYER,
        DEPLOYER_SECRET,
        authority=emulator.authority,
        disable_instance_discovery=True,
        transport=transport,
    ) as credential:
        provider = AzureIdentityAuthenticationProvider(
            credential,
            scopes=[f"{emulator.authority}/.default"],
            allowed_hosts=["localhost"],
        )
        client = GraphClientFactory.create_with_default_middleware(client=http)
        adapter = GraphRequestAdapter(provider, client)
        adapter.base_url = f"{emulator.authority}/v1.0"
        yield GraphServiceClient(request_adapter=adapter)
    await wire.aclose()
    await http.aclose()


async def test_msgraph_lists_applications_by_filter(graph: Graph, sdk: GraphServiceClient) -> None:
    """The SDK finds an application by its marker tag and reads what was written."""
    made = graph.application(tags=["dynamics-connect:dev"], web={"redirectUris": BOTH_URIS})
    query = ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters(
        filter="tags/any(t:t eq 'dynamics-connect:dev')", select=["id", "appId", "web"]
    )
    found = await sdk.applications.get(RequestConfiguration(query_parameters=query))
    assert found is not None
    assert [a.id for a in found.value or []] == [made["id"]]
    assert (found.value or [])[0].web.redirect_uris == BOTH_URIS


async def test_msgraph_reads_a_service_principal_by_app_id(sdk: GraphServiceClient) -> None:
    """(appId='…') as the SDK writes it is understood."""
    found = await sdk.service_principals_with_app_id(DYNAMICS_APP_ID).get()
    assert found is not None
    assert found.id == DYNAMICS
    assert [s.value for s in found.oauth2_permission_scopes or []] == ["user_impersonation"]


async def test_msgraph_reads_grants_and_assignments(graph: Graph, sdk: GraphServiceClient) -> None:
    """Consent and assignments of a service principal come back as the SDK's models."""
    principal = graph.service_principal()["id"]
    graph.grant(principal)
    graph.assign(principal, MARKETING_OPERATIONS)
    one = sdk.service_principals.by_service_principal_id(principal)
    grants, assigned = await one.oauth2_permission_grants.get(), await one.app_role_assigned_to.get()
    assert grants is not None
    assert assigned is not None
    assert [(g.resource_id, g.scope) for g in grants.value or []] == [(DYNAMICS, "user_impersonation")]
    assert [a.principal_display_name for a in assigned.value or []] == ["Marketing Operations"]


async def test_msgraph_follows_pages_of_one(sdk: GraphServiceClient) -> None:
    """The SDK follows @odata.nextLink to the end."""
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=1, select=["id"])
    page = await sdk.users.get(RequestConfiguration(query_parameters=query))
    seen = []
    while page is not None:
        seen += [user.id for user in page.value or []]
        link = page.odata_next_link
        page = await sdk.users.with_url(link).get() if link else None
    assert len(seen) == 3
    assert ADELE in seen


async def test_msgraph_makes_an_application(emulator: RunningEmulator, sdk: GraphServiceClient) -> None:
    """A POST, a PATCH and a DELETE as the SDK serialises them are taken."""
    wanted = Application(
        display_name="By the SDK",
        sign_in_audience="AzureADMultipleOrgs",
        web=WebApplication(redirect_uris=BOTH_URIS),
    )
    made = await sdk.applications.post(wanted)
    assert made is not None
    assert made.id is not None
    one = sdk.applications.by_application_id(made.id)
    await one.patch(Application(tags=["changed"]))
    again = await one.get()
    assert again is not None
    assert (again.tags, again.web.redirect_uris) == (["changed"], BOTH_URIS)
    await one.delete()
    binned = await sdk.directory.deleted_items.graph_application.get()
    assert binned is not None
    assert [item.id for item in binned.value or []] == [made.id]


async def test_msgraph_shows_the_refusal(graph: Graph, sdk: GraphServiceClient) -> None:
    """A refused grant raises ODataError with Graph's status and code."""
    principal = graph.service_principal()["id"]
    grant = OAuth2PermissionGrant(
        client_id=principal, resource_id=DYNAMICS, consent_type="AllPrincipals", scope="user_impersonation"
    )
    await sdk.oauth2_permission_grants.post(grant)
    with pytest.raises(ODataError) as refused:
        await sdk.oauth2_permission_grants.post(grant)
    assert refused.value.response_status_code == 409
    assert refused.value.error is not None
    assert refused.value.error.code == "Request_MultipleObjectsWithSameKeyValue"
