"""Request ids of the log-in as the application, which Microsoft's support asks for: noted, and no token.

azure-identity's own requests are seen by azure-core's hooks alone. `x-ms-request-id` names the answer of
the login service, `client-request-id` the correlation id that the library made up and sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


def noting_hooks(hooks: Mapping[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """The hooks given, and one that notes the ids of each token request in *ids*: the last one counts."""
    before = hooks.get("raw_response_hook")

    def answered(response: Any) -> None:
        if before is not None:
            before(response)
        request, answer = response.http_request, response.http_response
        if urlsplit(request.url).path.endswith("/token"):
            said = _refusal(answer)
            found = {
                "token": answer.headers.get("x-ms-request-id") or said.get("trace_id"),
                "tokenCorrelation": said.get("correlation_id") or request.headers.get("client-request-id"),
            }
            ids.update({name: str(value) for name, value in found.items() if value})

    return {**hooks, "raw_response_hook": answered}


def _refusal(answer: Any) -> Mapping[str, Any]:
    """The body of a refused token request; the body of a granted one is the token and is not looked at."""
    if answer.status_code == 200:  # HTTP
        return {}
    try:
        body = json.loads(answer.text())
    except (ValueError, TypeError):
        return {}
    return body if isinstance(body, dict) else {}
