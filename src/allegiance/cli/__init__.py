"""The command line: one module a command group, thin over the rooms.

Every command has an example in its help, `--json` where it prints a result, progress on long work, and
exit codes 0 (done), 1 (failed) and 2 (usage); errors are one plain sentence.
"""

from allegiance.cli.app import main

__all__ = ["main"]
