"""Importers: one small file a format; `parse` takes bytes and yields transcripts."""
