"""Files of an object storage, through fsspec: found by pattern, streamed, never stored under a name."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO, cast

from churn_tasks.adapters.source.errors import shown
from churn_tasks.core.errors import BadInput, ConnectionTrouble, NotReady, SettingsError


@dataclass(frozen=True)
class StorageFile:
    """One object; ``name`` is its key below the storage's prefix."""

    storage: "Storage"
    key: str
    name: str
    is_local = False

    def open(self) -> BinaryIO:
        """A stream over the object.

        Raises:
            NotReady: it has gone meanwhile.
            ConnectionTrouble: the storage does not answer.
        """
        with self.storage.sorted_errors(self.name):
            return cast(BinaryIO, self.storage.system.open(self.key, "rb"))

    def beside(self, ending: str) -> "StorageFile | None":
        """The object of the same key with ``ending`` behind it, if there is one."""
        with self.storage.sorted_errors(self.name):
            is_there = self.storage.system.isfile(self.key + ending)
        if not is_there:
            return None
        return StorageFile(self.storage, self.key + ending, self.name + ending)


@dataclass(frozen=True)
class Storage:
    """A bucket and prefix such as ``s3://drops/boss``.

    Attributes:
        options: ``CHURN_DATA_OPTIONS``, a JSON object that fsspec's file system is made with; may hold secrets.
    """

    url: str
    options: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.url.partition("?")[0]

    @cached_property
    def system(self) -> Any:
        """The file system, with its lists of objects never taken from an earlier look.

        Raises:
            SettingsError: the options are malformed, or no installed package speaks this protocol.
        """
        import fsspec

        protocol = self.url.partition("://")[0]
        if "::" in self.url or "@" in self.url:
            raise SettingsError(
                "CHURN_DATA_PATH is protocol://bucket/prefix; keys and options are CHURN_DATA_OPTIONS"
            )
        try:
            return fsspec.filesystem(protocol, **self._options())
        except (ValueError, ImportError) as error:
            raise SettingsError(
                f"CHURN_DATA_PATH asks for {protocol}://: {shown(error)}"
            ) from None
        except TypeError:
            raise SettingsError(
                f"CHURN_DATA_OPTIONS holds a name that {protocol}:// does not know"
            ) from None

    @cached_property
    def root(self) -> str:
        return str(self.system._strip_protocol(self.url)).rstrip("/")

    def check(self) -> None:
        """Raises SettingsError: address or options are wrong."""
        self.system.invalidate_cache()

    def holds(self) -> list[str]:
        """Up to five names below the prefix, for a message."""
        with self.sorted_errors(str(self)):
            keys = self.system.ls(self.root, detail=False)
        names = [str(key).rpartition("/")[2] for key in keys]
        return sorted(names)[:5]

    def matching(self, pattern: str) -> list[StorageFile]:
        """The objects that match, by key.

        Raises:
            ConnectionTrouble: the storage does not answer.
            SettingsError: it does not know bucket or key, or refuses them.
        """
        with self.sorted_errors(str(self)):
            objects = self.system.glob(f"{self.root}/{pattern}", detail=True)
        files = []
        for key, info in sorted(objects.items()):
            name = str(key).removeprefix(self.root).lstrip("/")
            is_hidden = name.rpartition("/")[2].startswith(".")
            if info["type"] == "file" and not is_hidden:
                files.append(StorageFile(self, str(key), name))
        return files

    def _options(self) -> dict[str, Any]:
        try:
            given = json.loads(self.options or "{}")
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise SettingsError(
                'CHURN_DATA_OPTIONS is no JSON object such as {"endpoint_url": "http://minio:9000"}'
            )
        return {"use_listings_cache": False, "skip_instance_cache": True, **given}

    @contextmanager
    def sorted_errors(self, what: str) -> Iterator[None]:
        """Errors of any of fsspec's file systems as ours."""
        try:
            yield
        except FileNotFoundError:
            raise NotReady(f"{what} is not there (yet)") from None
        except PermissionError:
            raise SettingsError(
                f"the storage refuses {what}: look at the keys in CHURN_DATA_OPTIONS or in the variables of the storage"
            ) from None
        except (BadInput, SettingsError):
            raise
        except Exception as error:  # noqa: BLE001 - each storage package has errors of its own, without a common base
            raise ConnectionTrouble(
                f"the storage did not answer for {what}: {type(error).__name__}"
            ) from None
