"""The Dataverse Web API of an organization, as far as docs/emulator-dataverse.md says."""
