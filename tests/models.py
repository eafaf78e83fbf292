"""Models for tests: replies that a function decides, through Inspect's own mock provider."""

from collections.abc import Callable

from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelOutput, ModelUsage, get_model


def answering(reply: Callable[[list[ChatMessage], GenerateConfig], ModelOutput | str]) -> Model:
    """Make a mock model whose replies a function gives."""

    def output(messages, tools, tool_choice, config):
        found = reply(messages, config)
        made = (
            found
            if isinstance(found, ModelOutput)
            else ModelOutput.from_content("mockllm/model", found)
        )
        # Without a usage the mock counts tokens, for which it would download a vocabulary.
        made.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return made

    return get_model("mockllm/model", custom_outputs=output, memoize=False)
