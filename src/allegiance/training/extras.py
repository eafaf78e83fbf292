"""What training needs beside the core, and the sentence where it is missing."""

import importlib
import os

from allegiance.errors import UsageError

_PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")


def require_training() -> None:
    """Import what the extra `train` installs, and keep it from asking the network.

    Raises
    ------
    UsageError
        One of the packages is not installed.
    """
    # Progress is shown by whoever runs the training; these libraries would write over it.
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    for name in _PACKAGES:
        try:
            importlib.import_module(name)
        except ImportError as error:
            missing = (error.name or name).partition(".")[0]
            raise UsageError(
                f"Training needs {missing}; install it with: pip install 'allegiance[train]'"
            ) from error
