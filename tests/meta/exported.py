# SPDX-License-Identifier: MIT
"""The functions that the public headers export."""

import re

from tap import files, text

EXPORTED = re.compile(r"\bFSPS_EXPORT\b[^;(]*?\b(fsps_\w+)\s*\(")


def without_comments(source):
    return re.sub(r"/\*.*?\*/|#\s*define[^\n]*", "", source, flags=re.DOTALL)


def names_in_headers():
    headers = files(".h", under="include/fsps")
    return {name for path in headers for name in EXPORTED.findall(without_comments(text(path)))}
