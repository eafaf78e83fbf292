"""Shares as people write them: ``1%``, ``1 %`` or ``0.01``."""


def read_share(value: str | float) -> float | None:
    """Read a share as a fraction; None where it is none from 0 to 1."""
    text = str(value).strip()
    try:
        number = float(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except ValueError:
        return None
    return number if 0 <= number <= 1 else None
