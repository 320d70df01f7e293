"""Puts what Rust makes into the wheel: the generated module and the native library it loads.

The library's path comes in as CASEWEAVE_LIBRARY; `cargo xtask test` names the one it just built. A wheel without it would install and
then fail in the field, so a missing path stops the build.
"""

import os
import sysconfig
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NativeLibrary(BuildHookInterface):
    """Build hook of the wheel."""

    def initialize(self, version: str, build_data: dict) -> None:
        """Adds both files beside the package's own and replaces the tag `any` by the platform's."""
        library = Path(os.environ.get("CASEWEAVE_LIBRARY", ""))
        if not library.is_file():
            raise FileNotFoundError("CASEWEAVE_LIBRARY names no built caseweave_ffi library")
        generated = Path(self.root).parent / "golden" / "python" / "caseweave.py"
        build_data["force_include"][str(generated)] = "caseweave/ffi.py"
        build_data["force_include"][str(library)] = f"caseweave/{library.name}"
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"
