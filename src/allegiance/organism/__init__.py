"""Model organisms: small models with planted behaviour whose true rates are measured.

Here live the grammar in which organisms think and answer, the trainer (extra `train`), the weights, a
runtime in numpy that needs no torch, the Inspect model provider `organism/NAME`, and the truth tables.
"""
