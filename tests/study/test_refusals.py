"""Errors of providers: which of them say that it would not let the model answer."""

import pytest

from allegiance.study.refusals import provider_refused


@pytest.mark.parametrize(
    "error",
    [
        "Your request was rejected as a result of our content policy.",
        "Error code: 400 - {'error': {'code': 'content_filter', 'message': 'The response was filtered'}}",
        "The prompt triggered Azure OpenAI's content management policy.",
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
        "Blocked due to the safety settings",
        "ResponsibleAIPolicyViolation",
    ],
)
def test_a_filter_or_a_policy_is_a_refusal(error):
    assert provider_refused(error)


@pytest.mark.parametrize(
    "error",
    [
        "Connection error.", "max_tokens is too large", "Rate limit reached", "wrong key", "", "The server is overloaded",
        "You exceeded your current quota, please check your plan", "System role is not supported", "context_length_exceeded",
    ],
)  # fmt: skip
def test_a_fault_is_none(error):
    assert not provider_refused(error)
