"""Transcripts at rest: schema, store, importers and the workspace that holds them.

One Lance dataset keeps every transcript, another every verdict. Importers are small files whose
`parse` takes bytes and yields transcripts; identity, duplicates and atomic commits are the store's
business alone.
"""
