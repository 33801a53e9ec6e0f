"""The policy pack. Its constructor serves the engine and never returns, so nothing else stands here."""

from pack import POLICIES
from pulumi_policy import PolicyPack

PolicyPack(name="dynamics-connect", policies=POLICIES)
