"""Links that lead out of the help widget: they open a new tab, since other pages may refuse to be shown in a frame."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=4)
def _leading_out(prefix: str) -> re.Pattern[str]:
    return re.compile(rf'<a (?=[^>]*\bhref="(?!#|mailto:|{re.escape(prefix)}[/?#"]))')


def lead_out(html: str, prefix: str) -> str:
    """`html` of this project's templates with a new tab for every link whose address does not start with `prefix`.

    Quotes and angle brackets in the attributes of `html` have to be escaped, as the templates and the Markdown parser do.
    """
    return _leading_out(prefix).sub('<a target="_blank" rel="noopener" ', html)
