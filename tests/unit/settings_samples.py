"""A good configuration that tests change in one place."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parents[2]

GOOD: dict[str, object] = {
    "profile": "marketo-measure",
    "tenantId": "11111111-1111-4111-8111-111111111111",
    "dynamicsUrl": "https://contoso.crm4.dynamics.com",
}
