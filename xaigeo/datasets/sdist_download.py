"""Download an sdist with pip's own index client, and do nothing else with it.

``pip download`` runs the `setup.py` of an sdist even with ``--no-deps``
(https://github.com/pypa/pip/issues/1884). This uses the parts of pip that come before: its
configuration, its session and its search of the index. They are no public interface of pip; with
a pip that has others the call fails and says so. Tried with pip 22.3, 23.2, 24.0, 25.3 and 26.0.

`xaigeo.datasets.pip_fetch` runs this file in a process of its own:
``python -P sdist_download.py name==version file``.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path


def download(requirement: str, target: Path) -> None:
    """Write the sdist of a pinned requirement to a file.

    Raises
    ------
    SystemExit
        If the index has no such sdist.
    """
    name, version = requirement.split("==")
    command = import_module("pip._internal.commands").create_command("download")
    options, _ = command.parse_args(["--no-binary", ":all:", "--no-input", "--quiet"])
    wanted = import_module("pip._vendor.packaging.specifiers").SpecifierSet(f"=={version}")
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options=options, session=session)
        best = finder.find_best_candidate(name, wanted).best_candidate
        if best is None:
            raise SystemExit(f"No sdist found for {requirement}")
        # Without this a server may unzip the file on its way.
        answer = session.get(
            best.link.url_without_fragment, headers={"Accept-Encoding": "identity"}
        )
        answer.raise_for_status()
        target.write_bytes(answer.content)


if __name__ == "__main__":
    download(sys.argv[1], Path(sys.argv[2]))
