"""Requests: sessions, logins, connections, tries and deadlines, and what is noted of them."""
