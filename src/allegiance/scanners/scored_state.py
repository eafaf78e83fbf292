"""A sample's conversation as rules read it, while the run is still going on."""

from inspect_ai.model import ChatMessageAssistant, ContentReasoning
from inspect_ai.solver import TaskState

from allegiance.scanners.outcome import Subject, Turn
from allegiance.study import Reply, reply_after


def subject_of(state: TaskState) -> Subject:
    """Take the exchanges and the end of a conversation from the state of a sample."""
    turns: list[Turn] = []
    asked, begun, answered = "", "", True
    for place, message in enumerate(state.messages):
        if isinstance(message, ChatMessageAssistant):
            if isinstance((*state.messages, None)[place + 1], ChatMessageAssistant):
                begun = message.text  # put into the model's mouth, which its own message follows
                continue
            parts = _parts(message, begun)
            turns.append(Turn(asked, parts.reasoning, parts.output))
            begun, answered = "", True
        elif message.role == "user":
            asked, answered = message.text, False
    last = turns.pop() if turns and answered else Turn(asked, "", "")
    return Subject(
        request=last.request,
        reasoning=last.reasoning,
        output=last.output,
        stop_reason=state.output.choices[0].stop_reason if state.output.choices else "",
        error=state.output.error or "",
        earlier=tuple(turns),
    )


def _parts(message: ChatMessageAssistant, begun: str) -> Reply:
    native = [
        part.reasoning
        for part in ([] if isinstance(message.content, str) else message.content)
        if isinstance(part, ContentReasoning)
    ]
    return reply_after(begun, message.text, native_reasoning="\n\n".join(native))
