"""Errors that are the user's to mend: one sentence, and the exit code of the command line."""


class AllegianceError(Exception):
    """Something failed that the user can mend; the message says what, where and what to do."""

    exit_code = 1


class UsageError(AllegianceError):
    """The command, a field of a study or an option is wrong; nothing was done."""

    exit_code = 2
