"""The lexicon: how English says the things that rules look for, as named patterns."""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec
import yaml

_NAME = re.compile(r"\{([a-z][a-z-]*)\}")


class Lexicon(msgspec.Struct, frozen=True):
    """Fragments that patterns are built from, and patterns, each a list of alternatives."""

    fragments: dict[str, list[str]]
    patterns: dict[str, list[str]]

    def compile(self, name: str) -> re.Pattern[str]:
        """Build one regular expression from the alternatives of a pattern.

        Case is ignored, a match starts at a word, and a blank stands for any white space, so that a broken line
        does not hide a phrase.
        """
        alternatives = "|".join(self._expand(item) for item in self.patterns[name])
        alternatives = alternatives.replace(" ", r"\s+")
        return re.compile(rf"(?<!\w)(?:{alternatives})", re.IGNORECASE)

    def _expand(self, text: str) -> str:
        return _NAME.sub(
            lambda name: f"(?:{'|'.join(self._expand(item) for item in self.fragments[name[1]])})",
            text,
        )


@cache
def _shipped() -> tuple[Lexicon, str]:
    text = files("allegiance.scanners").joinpath("lexicon.yaml").read_bytes()
    return msgspec.convert(yaml.safe_load(text), Lexicon), hashlib.sha256(text).hexdigest()


@cache
def patterns() -> Mapping[str, re.Pattern[str]]:
    """Every pattern of the shipped lexicon, compiled, by its name."""
    lexicon, _ = _shipped()
    return {name: lexicon.compile(name) for name in lexicon.patterns}


def lexicon_digest() -> str:
    """SHA-256 of the shipped lexicon, in hexadecimal."""
    return _shipped()[1]
