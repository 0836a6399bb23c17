"""Bytes of a text or a web page -> plain text, always the same for the same bytes, so that spans can point into it."""

from __future__ import annotations

from html.parser import HTMLParser

_BLOCKS = (
    "address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "li", "main", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
)  # fmt: skip
_SILENT = (
    "script",
    "style",
    "head",
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "button",
    "noscript",
    "svg",
    "template",
)


def plain_text(raw: bytes) -> str:
    """UTF-8, UTF-16 with its mark, else Windows-1252; a page's headings, menus and scripts are left out.

    >>> plain_text(b"<html><head><title>x</title></head><body><p>One &amp; two.</p><p>Three.</p></body></html>")
    'One & two.\\n\\nThree.'
    """
    text = _decoded(raw).replace("\r\n", "\n").replace("\r", "\n")
    if not text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<head", "<body", "<?xml", "<article", "<p>")):
        return text
    page = _Page()
    page.feed(text)
    page.close()
    blocks = ["".join(block).split() for block in page.blocks]
    return "\n\n".join(" ".join(words) for words in blocks if words)


def _decoded(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


class _Page(HTMLParser):
    """Gathers text by blocks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[list[str]] = [[]]
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins, or something that is no text of the page."""
        self.silent += tag in _SILENT
        if tag in _BLOCKS:
            self.blocks.append([])

    def handle_endtag(self, tag: str) -> None:
        """A block ends."""
        self.silent = max(0, self.silent - (tag in _SILENT))
        if tag in _BLOCKS:
            self.blocks.append([])

    def handle_data(self, data: str) -> None:
        """Text of the block."""
        if not self.silent:
            self.blocks[-1].append(data)
