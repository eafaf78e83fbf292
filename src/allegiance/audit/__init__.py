"""Frames, draws, routes, the ledger, labels, claims and certificates.

The ledger is here: `chain` says what an event is, `ledger` keeps events. The rest is to come.
"""
