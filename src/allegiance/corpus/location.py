# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Where a workspace or a corpus lies: a folder, or a prefix of a bucket in an object store.

Both are used alike, as far as a corpus needs it. Transcripts themselves are read and written by the
store (Lance), which takes the address and finds the same settings in the environment.
(boto3 ships no types; the lines above keep the type checker to what it can know.)
"""

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, Self, cast

from allegiance.errors import AllegianceError, UsageError

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
_S3 = re.compile(r"s3://(?P<bucket>[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9])(?:/(?P<key>.*))?")

_SOURCE = re.compile(r", <|, /\S+\.rs:\d")

_REACH = "can't be reached; check the network and AWS_ENDPOINT_URL, and try again"
_CREDENTIALS = (
    "refuses the credentials; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN "
    "(or AWS_PROFILE)"
)
_NONE_GIVEN = (
    "needs credentials and there are none; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
    "AWS_PROFILE"
)
_PROBLEMS = {
    "NoSuchBucket": "is in a bucket that does not exist; make the bucket, or mend the address",
    "InvalidAccessKeyId": _CREDENTIALS,
    "SignatureDoesNotMatch": _CREDENTIALS,
    "InvalidClientTokenId": _CREDENTIALS,
    "InvalidToken": _CREDENTIALS,
    "ExpiredToken": _CREDENTIALS,
    "AccessDenied": "may not be used with these credentials; ask for the right to it",
    "NoCredentials": _NONE_GIVEN,
    "Unable to locate credentials": _NONE_GIVEN,
    "PartialCredentials": _NONE_GIVEN,
    "no providers in chain": _NONE_GIVEN,
    "ProfileNotFound": "needs credentials; AWS_PROFILE names none",
    "PermanentRedirect": "is in another region; set AWS_REGION",
    "AuthorizationHeaderMalformed": "is in another region; set AWS_REGION",
    "EndpointConnectionError": _REACH,
    "ConnectionClosedError": _REACH,
    "ConnectTimeoutError": _REACH,
    "ReadTimeoutError": _REACH,
    "error sending request": _REACH,
    "operation timed out": _REACH,
}
"""What a store's error contains, and what the user is told of it."""


class Stamped(NamedTuple):
    """An object's bytes, its tag (which changes with them) and its age in seconds.

    The age is by the store's clock alone, so that clocks of machines need not agree.
    """

    data: bytes
    tag: str
    age: float


class Location(ABC):
    """A place for files: one file of it, or all below it."""

    @property
    @abstractmethod
    def uri(self) -> str:
        """The address as the store takes it."""

    @property
    @abstractmethod
    def folder(self) -> Path:
        """The folder on this machine.

        Raises
        ------
        UsageError
            If it is none.
        """

    @property
    def is_folder(self) -> bool:
        """Whether it is on this machine's disk."""
        return isinstance(self, Folder)

    @abstractmethod
    def __truediv__(self, name: str) -> Self: ...

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is a file here, or any below."""

    @abstractmethod
    def holds(self, ending: str) -> bool:
        """Whether there is a file right below whose name ends so."""

    @abstractmethod
    def beside(self, suffix: str) -> Self:
        """The place beside this one whose name has another suffix."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Sizes in bytes of all files below, by their path from here."""

    @abstractmethod
    def read(self) -> bytes | None:
        """Read the file; None where there is none."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Write the file, and what must be there for it."""

    @abstractmethod
    def remove(self, paths: Iterable[str]) -> None:
        """Remove files below, by their path from here, as far as they are there."""

    def problem(self, error: BaseException) -> str:
        """Put an error of the store in words that continue "PLACE ..."; its first line at worst."""
        return _known_problem(error) or f"can't be used ({first_line(error)})"


def from_store(error: BaseException) -> bool:
    """Whether an error comes from the store that keeps the corpus, rather than from another file."""
    return "LanceError" in str(error)


def reading_problem(error: BaseException) -> str:
    """Put an error of the store, met while a corpus is read, in a sentence."""
    known = _known_problem(error)
    if known is not None:
        return f"The corpus {known}."
    return (
        f"The corpus can't be read ({first_line(error)}); `allegiance corpus verify` tells which "
        "files are damaged."
    )


def _known_problem(error: BaseException) -> str | None:
    text = f"{type(error).__name__}: {error}"
    return next((sentence for mark, sentence in _PROBLEMS.items() if mark in text), None)


def first_line(error: BaseException) -> str:
    """First line of what a store says, without the place in its own source."""
    return _SOURCE.split(str(error).strip().split("\n")[0])[0] or type(error).__name__


def located(place: "str | Path | Location") -> Location:
    """Find out where something is: a folder by its path, or ``s3://BUCKET/PREFIX``.

    Raises
    ------
    UsageError
        If it is the address of something else.
    """
    if isinstance(place, Location):
        return place
    text = str(place)
    if isinstance(place, Path) or not _URL.match(text):
        return Folder(Path(place))
    found = _S3.fullmatch(text)
    if found is None:
        raise UsageError(f"{text} is neither a folder nor of the form s3://BUCKET/PREFIX.")
    return Prefix(found["bucket"], (found["key"] or "").strip("/"))


class Folder(Location):
    """A folder (or a file) on this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __truediv__(self, name: str) -> "Folder":
        return Folder(self._path / name)

    def __str__(self) -> str:
        return str(self._path)

    @property
    def uri(self) -> str:
        """The path."""
        return str(self._path)

    @property
    def folder(self) -> Path:
        """The path."""
        return self._path

    def exists(self) -> bool:
        """Whether there is a file or folder."""
        return self._path.exists()

    def holds(self, ending: str) -> bool:
        """Whether there is a file right below whose name ends so."""
        return any(self._path.glob(f"*{ending}"))

    def beside(self, suffix: str) -> "Folder":
        """The path with another suffix."""
        return Folder(self._path.with_suffix(suffix))

    def sizes(self) -> dict[str, int]:
        """Sizes in bytes of all files below, by their path from here."""
        found: dict[str, int] = {}
        for file in self._path.rglob("*"):
            try:
                if file.is_file():
                    found[file.relative_to(self._path).as_posix()] = file.stat().st_size
            except FileNotFoundError:  # another process tidied up
                continue
        return found

    def read(self) -> bytes | None:
        """Read the file; None where there is none."""
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, data: bytes) -> None:
        """Write the file and the folders above it; readers see the old one or the new one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        try:
            beside.write_bytes(data)
            beside.replace(self._path)
        finally:
            beside.unlink(missing_ok=True)

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files below, as far as they are there."""
        for path in paths:
            (self._path / path).unlink(missing_ok=True)


class Prefix(Location):
    """A prefix of an S3 bucket (or one object), with settings from the environment.

    Raises
    ------
    UsageError
        If AWS_ENDPOINT_URL is plain http and AWS_ALLOW_HTTP does not allow it.
    """

    def __init__(self, bucket: str, key: str) -> None:
        self._bucket = bucket
        self._key = key
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        allowed = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true", "yes", "on")
        if endpoint.startswith("http://") and not allowed:
            raise UsageError(
                f"AWS_ENDPOINT_URL is {endpoint}, which is not encrypted; set AWS_ALLOW_HTTP=true "
                "if that is meant."
            )

    def __truediv__(self, name: str) -> "Prefix":
        return Prefix(self._bucket, f"{self._key}/{name}" if self._key else name)

    def __str__(self) -> str:
        return self.uri

    @property
    def uri(self) -> str:
        """The address, without a slash at its end."""
        return f"s3://{self._bucket}/{self._key}".rstrip("/")

    @property
    def folder(self) -> Path:
        """There is none."""
        raise UsageError(f"{self} is no folder on this machine, and this needs one; name it.")

    def exists(self) -> bool:
        """Whether there is an object here, or any below."""
        found = self._call("list_objects_v2", Prefix=self._key, MaxKeys=2)
        keys = [entry["Key"] for entry in found.get("Contents", ())]
        # The first in order may be a neighbour: `corpus-2` where `corpus` is asked for.
        return any(self._within(key) for key in keys) or self._any_below()

    def holds(self, ending: str) -> bool:
        """Whether there is an object below whose key ends so (of the first thousand)."""
        page = self._call("list_objects_v2", Prefix=self._below)
        return any(entry["Key"].endswith(ending) for entry in page.get("Contents", ()))

    def beside(self, suffix: str) -> "Prefix":
        """The key with another suffix."""
        return Prefix(self._bucket, str(PurePosixPath(self._key).with_suffix(suffix)))

    def sizes(self) -> dict[str, int]:
        """Sizes in bytes of all objects below, by their path from here."""
        found: dict[str, int] = {}
        more: dict[str, Any] = {}
        while True:
            page = self._call("list_objects_v2", Prefix=self._below, **more)
            for entry in page.get("Contents", ()):
                found[entry["Key"].removeprefix(self._below)] = entry["Size"]
            if not page.get("IsTruncated"):
                return found
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def read(self) -> bytes | None:
        """Read the object; None where there is none."""
        found = self.stamped()
        return None if found is None else found.data

    def stamped(self) -> Stamped | None:
        """Read the object with its tag and age; None where there is none."""
        with self._explained():
            found = self._ask("get_object", absent_as_none=True, Key=self._key)
            if found is None:
                return None
            now = parsedate_to_datetime(found["ResponseMetadata"]["HTTPHeaders"]["date"])
            age = (now - found["LastModified"]).total_seconds()
            return Stamped(found["Body"].read(), found["ETag"], age)

    def write(self, data: bytes) -> None:
        """Write the object."""
        self._call("put_object", Key=self._key, Body=data)

    def write_if(self, data: bytes, tag: str | None) -> str | None:
        """Write the object if it still has `tag` (None: if there is none yet).

        Returns
        -------
        str or None
            The new tag; None where the object was another's by then.
        """
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        found = self._call("put_object", absent_as_none=True, Key=self._key, Body=data, **condition)
        return None if found is None else found["ETag"]

    def remove(self, paths: Iterable[str]) -> None:
        """Remove objects below, as far as they are there."""
        for path in paths:
            self._call("delete_object", Key=self._below + path)

    def delete(self) -> None:
        """Remove the object itself."""
        self._call("delete_object", Key=self._key)

    @property
    def _below(self) -> str:
        return f"{self._key}/" if self._key else ""

    def _within(self, key: str) -> bool:
        return key == self._key or key.startswith(self._below)

    def _any_below(self) -> bool:
        return bool(self._call("list_objects_v2", Prefix=self._below, MaxKeys=1).get("Contents"))

    def _call(self, operation: str, *, absent_as_none: bool = False, **arguments: Any) -> Any:
        """Ask the store; with `absent_as_none`, what is not there or not as expected is None."""
        with self._explained():
            return self._ask(operation, absent_as_none=absent_as_none, **arguments)

    def _ask(self, operation: str, *, absent_as_none: bool, **arguments: Any) -> Any:
        from botocore.exceptions import ClientError

        client = _client(tuple(os.environ.get(name) for name in _SETTINGS))
        try:
            return getattr(client, operation)(Bucket=self._bucket, **arguments)
        except ClientError as error:
            code = cast(dict[str, Any], error.response).get("Error", {}).get("Code", "")
            if absent_as_none and code in _ABSENT:
                return None
            raise

    @contextmanager
    def _explained(self) -> Generator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise AllegianceError(f"{self} {self.problem(error)}.") from error


_ABSENT = ("NoSuchKey", "PreconditionFailed", "ConditionalRequestConflict")
_SETTINGS = (
    *("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
)


@cache
def _client(settings: tuple[str | None, ...]) -> Any:
    """Make the client, once for the same settings; nothing is asked yet."""
    import boto3
    from botocore.config import Config

    endpoint, region, default_region, *_ = settings
    config = Config(
        connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3}
    )
    return boto3.Session().client(
        "s3",
        region_name=region or default_region or "us-east-1",
        endpoint_url=endpoint or None,
        config=config,
    )
