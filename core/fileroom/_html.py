"""Resources in notebooks."""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fileroom.resources import Resource


def as_html(resource: Resource) -> str:
    """Return a table of a resource's tags, under its thumbnail where one can be made."""
    rows = "".join(
        f"<tr><th align='left'>{html.escape(keyword)}</th><td>{html.escape(str(value))}</td></tr>"
        for keyword, value in resource.tags.items()
    )
    caption = f"{type(resource).__name__} <code>{resource.id}</code>"
    if (picture := resource.thumbnail()) is not None:
        data = base64.b64encode(picture).decode("ascii")
        caption += f"<br><img alt='thumbnail' src='data:image/jpeg;base64,{data}'>"
    return f"<table><caption style='text-align:left'>{caption}</caption>{rows}</table>"
