"""Privileges that the platform puts into a role by itself.

Source: field reports of role edits on live environments; the SharePoint ones also show in the
sample output of powerapps-docs, security-access-coding.
"""

SHAREPOINT_PRIVILEGES = (
    "prvReadSharePointData",
    "prvWriteSharePointData",
    "prvCreateSharePointData",
    "prvReadSharePointDocument",
)
SDK_PRIVILEGES = (
    "prvReadSdkMessage",
    "prvReadSdkMessageProcessingStep",
    "prvReadSdkMessageProcessingStepImage",
    "prvReadPluginAssembly",
    "prvReadPluginType",
)
