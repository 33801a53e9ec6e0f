"""A stand-in tenant on loopback: Entra login, Microsoft Graph and Dataverse in one process.

It says no where Microsoft says no, with Microsoft's status, code and shape
(docs/emulator.md lists each claim, its source and its test). It knows nothing of
the rest of this project, and the rest knows only its URLs.
"""
