"""Keys from a terminal, one press each; lines where there is no such terminal."""

import os
import select
import sys

import typer

from allegiance.cli.app import printable

try:
    import termios
    import tty
except ImportError:  # a system without them: a line, then Enter
    termios = tty = None

_ESCAPE = "\x1b"
_END = ("", "\x04")


class Keyboard:
    """What a person types.

    Parameters
    ----------
    lines
        Read lines also where single keys could be read.
    """

    def __init__(self, lines: bool = False) -> None:
        self.single = not lines and termios is not None and sys.stdin.isatty()

    def key(self, prompt: str, *, fresh: bool = False) -> str | None:
        """Ask for a key; the whole line where lines are read, None at the end of the input.

        With `fresh`, keys pressed before the question was there don't count.
        """
        if not self.single:
            return self.line(prompt)
        found = _pressed(prompt, fresh)
        typer.echo(printable(found) if found not in _END else "")
        return None if found in _END else found

    def line(self, prompt: str) -> str | None:
        """Ask for a line; None at the end of the input."""
        typer.echo(prompt, nl=False)
        sys.stdout.flush()
        found = sys.stdin.readline()
        if not sys.stdin.isatty():
            typer.echo("")
        return found.rstrip("\r\n") if found else None


def _pressed(prompt: str, fresh: bool) -> str:
    assert termios is not None
    assert tty is not None
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        # Ctrl-C still interrupts. The mode is set before the question is there, so no key is lost.
        tty.setcbreak(terminal, termios.TCSAFLUSH if fresh else termios.TCSADRAIN)
        typer.echo(prompt, nl=False)
        sys.stdout.flush()
        return _character(terminal)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _character(terminal: int) -> str:
    """Read one character; of a key that sends several, such as an arrow, the escape alone."""
    found = os.read(terminal, 1)
    while found and len(found) < 4:
        try:
            text = found.decode()
            break
        except UnicodeDecodeError:
            found += os.read(terminal, 1)
    else:
        return "" if not found else "\ufffd"
    if text == _ESCAPE:
        while select.select([terminal], [], [], 0.02)[0] and os.read(terminal, 1):
            pass
    return text
