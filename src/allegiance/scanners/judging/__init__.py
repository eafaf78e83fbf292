"""LLM judges: a language model as an instrument that assigns a category.

The prompt, the reading of answers, the rules that put parts and votes together and the check of quotes
are modules that take values and give values; `voice` alone talks to a model, `asking` alone to the corpus.
"""

from allegiance.scanners.judging.asking import Asked, ask, chosen, estimated
from allegiance.scanners.judging.cost import Estimate, Price, Usage, read_price
from allegiance.scanners.judging.judge import JudgeScanner, judge_scanner
from allegiance.scanners.judging.settings import JudgeSettings
from allegiance.scanners.judging.voice import Voice, find_model, price_of

__all__ = [
    "Asked",
    "Estimate",
    "JudgeScanner",
    "JudgeSettings",
    "Price",
    "Usage",
    "Voice",
    "ask",
    "chosen",
    "estimated",
    "find_model",
    "judge_scanner",
    "price_of",
    "read_price",
]
