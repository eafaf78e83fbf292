"""docs/chain-guard.md: its prose is written there, its tables are put between the marks."""


def write(record): ...
