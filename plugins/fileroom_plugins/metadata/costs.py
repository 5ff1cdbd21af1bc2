"""How long an XPath may take: one that looks through a document for each node of each node is refused."""

from __future__ import annotations

import re

LONGEST = 4096
"""Characters of an XPath."""

DEEPEST = 32
"""Brackets within brackets."""

SEARCHES = 8
"""Searches through a whole document (``//`` and the like) that one XPath may hold."""

SEARCHES_WITHIN = 1
"""Those of them that may be within its predicates and functions, where each is done for every node."""

_MARK = re.compile(
    r"\"[^\"]*\"|'[^']*'|[\[\](]|\)|//|\b(?:descendant|descendant-or-self|following|preceding|ancestor)\s*::"
)


def check_cost(xpath: str) -> None:
    """Make sure that an XPath can be evaluated in little time.

    Raises:
        ValueError: it is too long or nested too deeply, or searches within searches.
    """
    if len(xpath) > LONGEST:
        raise ValueError(f"an XPath has at most {LONGEST} characters")
    depth = searches = within = 0
    for match in _MARK.finditer(xpath):
        mark = match[0]
        if mark in "[(":
            depth += 1
        elif mark in "])":
            depth -= 1
        elif mark[0] not in "\"'":
            searches += 1
            within += depth > 0
        if depth > DEEPEST:
            raise ValueError(f"an XPath has at most {DEEPEST} brackets within each other")
    if searches > SEARCHES:
        raise ValueError(f"an XPath has at most {SEARCHES} searches (// and the like)")
    if within > SEARCHES_WITHIN:
        raise ValueError(f"an XPath has at most {SEARCHES_WITHIN} search (// and the like) within brackets")
