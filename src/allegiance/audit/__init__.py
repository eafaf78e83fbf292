"""Frames, draws, routes, the ledger, labels, claims and certificates.

Empty until the audit arrives; the room is named so that its place among the one-way imports is fixed.
"""
