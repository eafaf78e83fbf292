"""The workbench: the local web page where transcripts are read.

Empty until the workbench arrives; the room is named so that its place among the one-way imports is fixed.
"""
