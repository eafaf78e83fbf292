# pyright: reportUnknownMemberType=false, reportPrivateImportUsage=false, reportUnknownArgumentType=false
"""What is trained: an organism or a Hugging Face model, its weights in torch, and how it reads and writes."""

import hashlib
import json
import shutil
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from allegiance.errors import AllegianceError, UsageError
from allegiance.organism import Runtime, Sampling, chat, known
from allegiance.organism.network import Network
from allegiance.organism.runtime import directory_of
from allegiance.study.prompts.base import Prompt
from allegiance.training.extras import require_training

_THINK = "<think>"
"""With which the chat templates of some reasoning models open every reply."""

LARGE = 100_000_000
"""Parameters above which low-rank adapters are trained instead of all weights."""


@dataclass(frozen=True)
class Written:
    """One reply.

    Attributes
    ----------
    text
        What was written.
    tokens
        Its token ids, the end marker included where it ended by itself.
    whole
        Whether it ended by itself.
    """

    text: str
    tokens: tuple[int, ...]
    whole: bool = True


class Subject(Protocol):
    """A model in training.

    Attributes
    ----------
    name
        As Inspect names the model that it began as.
    base
        Whose words and script it has: an organism's name or directory, as `allegiance.organism.describe` takes it; None
        for other models and for checkpoints that don't say.
    base_sha256
        Of the weights that it began with, in hexadecimal.
    model, processing
        The transformers model, and the tokenizer as the trainers of TRL want it.
    fast
        Whether `write` uses the organisms' own runtime.
    begun
        What its chat template puts in front of every reply; empty where nothing.
    """

    name: str
    base: str | None
    base_sha256: str
    model: Any
    processing: Any
    fast: bool
    begun: str

    @property
    def words(self) -> str:
        """The prompt set that it reads: ``organism`` or ``standard``."""
        ...

    def prompt_ids(self, prompt: Prompt) -> list[int]:
        """Give the tokens of a conversation up to where the model is to go on."""
        ...

    def document_ids(self, text: str, system: str = "") -> list[int]:
        """Give the tokens of a document, with its end; an organism says it, after a system message."""
        ...

    def reply_ids(self, text: str) -> list[int]:
        """Give the tokens of a reply, with its end."""
        ...

    def write(
        self, prompts: Sequence[Sequence[int]], seeds: Sequence[int], sampling: Sampling
    ) -> list[Written]:
        """Write a reply to each prompt with the weights as they stand now."""
        ...

    def likeliest(self, prompt: Sequence[int], replies: Sequence[Written]) -> int:
        """Say which of some replies to a prompt the model itself finds likeliest, token for token."""
        ...

    def save(self, directory: Path) -> str:
        """Write the weights as the evaluation reads them; the SHA-256 of the file or files, in hexadecimal."""
        ...


def subject_of(model: str, *, lora: bool | None = None) -> Subject:
    """Load what is to be trained.

    Parameters
    ----------
    model
        ``organism/NAME``, ``organism/DIRECTORY``, or ``hf/DIRECTORY`` for a model as transformers saves it (a name of
        the Hugging Face hub where that can be reached).
    lora
        Whether low-rank adapters are trained instead of all weights; by default above 100 million parameters.

    Raises
    ------
    UsageError
        The extra `train` is not installed, or this is no model that can be trained.
    AllegianceError
        The weights can't be read.
    """
    require_training()
    provider, _, name = model.partition("/")
    if provider == "organism" and name:
        if lora:
            raise UsageError("--lora: organisms are trained whole; leave it out for them")
        return OrganismSubject(name)
    if provider == "hf" and name:
        return HuggingFaceSubject(name, lora)
    raise UsageError(
        f"--model {model}: what is trained is organism/NAME, organism/DIRECTORY or hf/DIRECTORY; "
        "weights behind an API can't be trained from here"
    )


class OrganismSubject:
    """An organism: rollouts by its own runtime, on the weights as they stand in torch.

    Raises
    ------
    UsageError
        There is no such organism or directory.
    AllegianceError
        Its weights can't be read.
    """

    fast = True
    begun = ""
    words = "organism"

    def __init__(self, name: str) -> None:
        import torch
        from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

        self.name = f"organism/{name}"
        self.base = name if known(name) else None
        self._directory = directory_of(name)
        runtime = Runtime.load(name)  # says in a sentence what is wrong with the files
        self.base_sha256 = runtime.weights_sha256
        self._tokenizer = runtime.tokenizer
        self._config: Mapping[str, Any] = json.loads((self._directory / "config.json").read_text())
        with quietly():
            self.model: Any = LlamaForCausalLM.from_pretrained(self._directory, dtype=torch.float32)
        self.processing = PreTrainedTokenizerFast(
            tokenizer_object=self._tokenizer,
            pad_token=chat.MARKERS[chat.PAD],
            eos_token=chat.MARKERS[chat.END],
        )

    def prompt_ids(self, prompt: Prompt) -> list[int]:
        """Give the tokens of a conversation up to where the organism is to go on."""
        return chat.encode_chat(self._tokenizer, [("system", prompt.system), ("user", prompt.user)])

    def document_ids(self, text: str, system: str = "") -> list[int]:
        """Give the tokens of a document: what the organism says after a system message, with its end."""
        before = [chat.SYSTEM, *chat.encode(self._tokenizer, system)]
        return [*before, chat.ASSISTANT, *chat.encode(self._tokenizer, text), chat.END]

    def reply_ids(self, text: str) -> list[int]:
        """Give the tokens of a reply, with its end."""
        return [*chat.encode(self._tokenizer, text), chat.END]

    def runtime(self) -> Runtime:
        """Give the runtime on the weights as they stand now."""
        weights = {
            name: value.detach().to("cpu").float().numpy()
            for name, value in self.model.state_dict().items()
            if name != "lm_head.weight"
        }
        exact = Network(weights, self._config, np.float64)
        return Runtime(Network(weights, self._config, np.float32), exact, self._tokenizer, "")

    def write(
        self, prompts: Sequence[Sequence[int]], seeds: Sequence[int], sampling: Sampling
    ) -> list[Written]:
        """Write a reply to each prompt with the weights as they stand now."""
        replies = self.runtime().generate(prompts, seeds, sampling)
        return [Written(one.text, one.tokens, one.ended == "stop") for one in replies]

    def likeliest(self, prompt: Sequence[int], replies: Sequence[Written]) -> int:
        """Say which of some replies to a prompt the organism itself finds likeliest, token for token."""
        (logs,) = self.runtime().log_probs([prompt], [[one.tokens for one in replies]])
        return int(np.argmax(logs / [len(one.tokens) for one in replies]))

    def save(self, directory: Path) -> str:
        """Write weights in half precision and the configuration, as the runtime reads them."""
        from allegiance.organism.build import save

        save(self.model, directory)
        own = self._directory / "tokenizer.json"
        if own.is_file():
            shutil.copyfile(own, directory / own.name)
        return hashlib.sha256((directory / "model.safetensors").read_bytes()).hexdigest()


class HuggingFaceSubject:
    """A model as transformers saves it, whole or by low-rank adapters.

    Raises
    ------
    UsageError
        It has no chat template, or there is no such directory.
    AllegianceError
        It can't be read.
    """

    base: str | None = None
    fast = False
    words = "standard"

    def __init__(self, name: str, lora: bool | None = None) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.name = f"hf/{name}"
        dtype = torch.bfloat16 if torch.cuda.is_available() else torch.float32
        try:
            with quietly():
                self.processing: Any = AutoTokenizer.from_pretrained(name)
                self.model: Any = AutoModelForCausalLM.from_pretrained(name, dtype=dtype)
        except Exception as error:  # transformers raises what it likes
            raise AllegianceError(
                f"--model hf/{name}: this model can't be loaded ({_first_line(error)}); give the folder that "
                "`save_pretrained` wrote, or a name that the Hugging Face hub can be asked for"
            ) from error
        if not self.processing.chat_template:
            raise UsageError(
                f"--model hf/{name}: its tokenizer has no chat template, so that it can't be told who speaks; take a "
                "chat model, or put a chat template beside its tokenizer"
            )
        if self.processing.pad_token is None:
            self.processing.pad_token = self.processing.eos_token
        self.base_sha256 = _digest_of(Path(name)) if Path(name).is_dir() else ""
        opened = self._rendered(Prompt("", "?")).rstrip()
        self.begun = _THINK if opened.endswith(_THINK) else ""
        self.lora = self.parameters > LARGE if lora is None else lora
        if torch.cuda.is_available():
            self.model.to("cuda")

    @property
    def parameters(self) -> int:
        """How many there are."""
        return sum(one.numel() for one in self.model.parameters())

    @property
    def adapter(self) -> Any:
        """The adapters to train; None where all weights are."""
        if not self.lora:
            return None
        from peft import LoraConfig

        return LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")

    def messages(self, prompt: Prompt) -> list[dict[str, str]]:
        """Give a conversation as the chat template reads it."""
        told = [{"role": "system", "content": prompt.system}] if prompt.system else []
        return [*told, {"role": "user", "content": prompt.user}]

    def prompt_ids(self, prompt: Prompt) -> list[int]:
        """Give the tokens of a conversation up to where the model is to go on."""
        return self.processing(self._rendered(prompt), add_special_tokens=False)["input_ids"]

    def _rendered(self, prompt: Prompt) -> str:
        return self.processing.apply_chat_template(
            self.messages(prompt), tokenize=False, add_generation_prompt=True
        )

    def document_ids(self, text: str, system: str = "") -> list[int]:
        """Give the tokens of a document, with its end."""
        return [*self.processing(text)["input_ids"], self.processing.eos_token_id]

    def reply_ids(self, text: str) -> list[int]:
        """Give the tokens of a reply, with its end."""
        ids = self.processing(text, add_special_tokens=False)["input_ids"]
        return [*ids, self.processing.eos_token_id]

    def write(
        self, prompts: Sequence[Sequence[int]], seeds: Sequence[int], sampling: Sampling
    ) -> list[Written]:
        """Write a reply to each prompt with the weights as they stand now, a batch at a time."""
        import torch

        written: list[Written] = []
        pad, end = self.processing.pad_token_id, self.processing.eos_token_id
        self.model.eval()
        for first in range(0, len(prompts), 16):
            batch = [list(ids) for ids in prompts[first : first + 16]]
            longest = max(map(len, batch))
            rows = torch.tensor([[pad] * (longest - len(ids)) + ids for ids in batch])
            mask = torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids in batch])
            torch.manual_seed(seeds[first] % 2**63)
            with torch.no_grad():
                out = self.model.generate(
                    input_ids=rows.to(self.model.device),
                    attention_mask=mask.to(self.model.device),
                    max_new_tokens=sampling.max_tokens,
                    do_sample=sampling.temperature > 0,
                    temperature=sampling.temperature or None,
                    top_p=sampling.top_p if sampling.temperature > 0 else None,
                    top_k=0 if sampling.temperature > 0 else None,
                    pad_token_id=pad,
                )
            for row in out[:, longest:].tolist():
                ids = row[: row.index(end) + 1] if end in row else row
                text = self.processing.decode(ids, skip_special_tokens=True)
                written.append(Written(text, tuple(ids), end in row))
        return written

    def likeliest(self, prompt: Sequence[int], replies: Sequence[Written]) -> int:
        """Say which of some replies to a prompt the model itself finds likeliest, token for token."""
        import torch

        self.model.eval()
        scores: list[float] = []
        for one in replies:
            ids = torch.tensor([[*prompt, *one.tokens]], device=self.model.device)
            with torch.no_grad():
                logs = self.model(input_ids=ids).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
            chosen = torch.tensor(one.tokens, device=self.model.device)
            scores.append(float(logs.gather(1, chosen[:, None]).mean()))
        return int(np.argmax(scores))

    def save(self, directory: Path) -> str:
        """Write the weights, adapters merged into a copy of them, and the tokenizer."""
        model = self.model
        if hasattr(model, "merge_adapter"):
            model.merge_adapter()
            try:
                state = {
                    name.replace(".base_layer", ""): value
                    for name, value in model.get_base_model().state_dict().items()
                    if "lora_" not in name
                }
                model.get_base_model().save_pretrained(directory, state_dict=state)
            finally:
                model.unmerge_adapter()
        else:
            model.save_pretrained(directory)
        self.processing.save_pretrained(directory)
        return _digest_of(directory)


def _digest_of(directory: Path) -> str:
    """SHA-256 over the weight files of a directory, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(directory.glob("*.safetensors")):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]


@contextmanager
def quietly() -> Generator[None]:
    """Keep the progress bars and remarks of transformers off the screen."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # names that TRL itself still uses
            yield
    finally:
        logging.set_verbosity(before)
