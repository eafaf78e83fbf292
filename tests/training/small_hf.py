"""A small chat model in the format of Hugging Face, made on the spot: with random weights, or one that says given replies.

Its shape is a Llama's and its tokenizer a byte-level BPE that was trained on prompts of a study, with a chat template, so
that everything which reads models of this format can be tried on one that takes half a second to make.
"""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from tests.training.episodes import study_of

SPECIAL = ("<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def small_model(folder: Path, *, says: Sequence[str] = (), seed: int = 0) -> Path:
    """Write a model and its tokenizer into a folder.

    Parameters
    ----------
    folder
        Made if it is not there.
    says
        What the model replies, each equally often, whatever it is asked; random weights without it. Each reply is one
        token, so that a few steps of training can move what is said.
    seed
        Of its weights.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer(_prompts(), says),
        pad_token=SPECIAL[0],
        eos_token=SPECIAL[1],
        additional_special_tokens=list(SPECIAL[2:]),
        chat_template=TEMPLATE,
        model_max_length=2048,
    )
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=False,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    model = LlamaForCausalLM(config)
    if says:
        _set_to_say(model, tokenizer, says)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _prompts() -> list[str]:
    study = study_of("helpful-only")
    rendered = [
        study.prompt_set.render(condition, request, study.setting)
        for request, condition in zip(study.asked, study.conditions, strict=False)
    ]
    return [f"{one.system}\n{one.user}" for one in rendered]


def _tokenizer(texts: Sequence[str], whole: Sequence[str]) -> Tokenizer:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1024,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    made.add_tokens([AddedToken(one, special=False, normalized=False) for one in whole])
    return made


def _set_to_say(model, tokenizer, says) -> None:
    """Set the weights so that a reply follows where the assistant is to go on, and the end follows a reply.

    What a layer adds is set to nothing, so that the next token depends on the last one alone; training can change that.
    """
    import torch

    asked = tokenizer.convert_tokens_to_ids("<|assistant|>")
    replies = [tokenizer.convert_tokens_to_ids(one) for one in says]
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        seen, said = model.model.embed_tokens.weight, model.lm_head.weight
        seen[:, :2] = 0
        seen[[asked, *replies]] = 0
        seen[asked, 0] = 1
        seen[replies, 1] = 1
        said[:, :2] = 0
        said[replies, 0] = (
            5  # times the norm of one unit, the root of the width: far above all others
        )
        said[tokenizer.eos_token_id, 1] = 5
