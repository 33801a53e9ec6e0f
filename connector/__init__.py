"""Connects a SaaS to Dynamics 365 by OAuth: settings, the Dataverse half, the proof, the hand-over."""
