"""Whether a provider's error says that it would not let the model answer: its filter, its policy, its moderation."""

import re

_REFUSED = re.compile(
    r"content[ _-]?(?:policy|filter|management|moderation)|usage polic|safety (?:system|filter|polic|settings|reasons)"
    r"|responsible ?ai|moderation|flagged (?:as|by|for|content)|prompt (?:was|is|has been) (?:blocked|flagged|rejected)"
    r"|(?:blocked|rejected|refused|filtered) (?:by|due to|because of) (?:\w+ ){0,3}(?:polic|safety|filter)"
    r"|invalid_prompt|data_inspection_failed|prohibited.content",
    re.IGNORECASE,
)
_LOOKED_AT = 4_000
"""Characters of an error that are looked at."""


def provider_refused(error: str) -> bool:
    """Whether an error's message is a provider's refusal; any other error is a fault."""
    return _REFUSED.search(error[:_LOOKED_AT]) is not None
