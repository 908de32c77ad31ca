"""What a student wrote, as HTML that can do nothing: for formgrader's pages and the feedback.

Both are made by nbconvert, and nbgrader_config.py puts these filters in place of its own. Markdown
is rendered first and cleaned last, so that no later step can wake what was cleaned.
"""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import unquote

import bleach
from bleach.css_sanitizer import CSSSanitizer
from bs4 import BeautifulSoup
from jinja2 import pass_context
from mistune.plugins import import_plugin
from nbconvert.filters import strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.token import STANDARD_TYPES

from autograder.classroom.names import LIVE_TEX, tamed, without_live_tex

Resources = dict[str, Any]

LONGEST = 20_000
"""Characters of a text that are rendered; a longer one is shown as it is.

The parsers take quadratic time for some texts: two seconds at this length, minutes at five times.
"""
PAGE = 60_000
"""Characters of a page that are rendered, the shortest texts first, so that no card is lost."""
FORMATTING = re.compile(r"<(a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)\b", re.I)
"""What HTML opens again in each paragraph that follows, until it is closed."""
BLANKS = re.compile(r"\s{200}")
"""More of them than code has. The highlighter takes quadratic time for lines of nothing else."""
PYTHON = {"python", "python3", "py", "ipython", "ipython3"}
"""The language of code that is highlighted; each of Pygments' others has slow texts of its own."""
TAGS = {
    *("abbr", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "ol", "p", "pre", "q"),
    *("small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th"),
    *("thead", "tr", "u", "ul"),
}
ATTRIBUTES = {"alt", "aria-label", "colspan", "rowspan", "scope", "start", "style", "title"}
CLASSES = {*STANDARD_TYPES.values(), "highlight"}
"""Those of highlighted code; others are the pages' own, such as Bootstrap's overlays."""
STYLES = CSSSanitizer(
    [
        *(
            "border-left",
            "font-family",
            "margin",
            "margin-bottom",
            "margin-top",
            "max-width",
            "white-space",
        ),
        *("padding", "text-align"),
    ]
)
"""What cards and tables use. None of them can hold an address."""
PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*", re.A)
"""None that is drawn by instructions: a small SVG can keep a browser busy for ever."""
STYLE_SHEET = re.compile(r"<style\b[^<]*(</style\s*>)?", re.I)
"""pandas has one before each table; it would be shown as text."""
PLUGINS = [import_plugin(name) for name in ("strikethrough", "table", "url", "def_list")]


class AsItIs(str):
    """A text that is not rendered, as others on its page were."""


class Renderer(IPythonRenderer):
    """Renders Markdown without anything that can be followed or is fetched."""

    def block_code(self, code: str, info: str | None = None) -> str:
        """Highlight Python as in a code cell."""
        language = (info or "").split()[:1]
        return highlight_code(code) if PYTHON.issuperset(language) and language else as_it_is(code)

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Show where a link leads instead of making one; one to the course's own files is text.

        The server behind formgrader obeys mere addresses: one logs out, one runs the
        nbgrader_config.py of any folder. No filter can know which addresses are the server's.
        """
        address = html.escape(url)
        return text if text == address or ":" not in url else f"{text} ({address})"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Show a picture that is in the notebook itself, once; of another show where it is.

        A cell may name a picture a thousand times, and each is as long as the picture.
        """
        kind, _, name = url.partition(":")
        if kind == "attachment":
            kinds = self.attachments.pop(name, None) or self.attachments.pop(unquote(name), None)
            for mime, data in kinds.items() if isinstance(kinds, dict) else ():
                url = f"data:{mime};base64,{data}"
                if PICTURE.fullmatch(url):
                    break
        if not PICTURE.fullmatch(url):
            return f"[{text}: no picture] ({html.escape(url[:200])})"
        return str(super().image(text, url, title))


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """Return Markdown as HTML that does nothing; the cell's own pictures are in it."""
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = Renderer(
        escape=False,
        attachments={**attachments} if isinstance(attachments, dict) else {},
        exclude_anchor_links=True,  # an id is a name that the page's own scripts may look for
    )
    if isinstance(source, AsItIs) or weight(source) > LONGEST:
        return as_it_is(source)
    try:
        rendered = MarkdownWithMath(renderer=renderer, plugins=PLUGINS).render(source)
    except Exception:  # the parser raises whatever a strange text happens to cause
        return as_it_is(source)
    return boxed(rendered)


def weight(text: str) -> int:
    """Return how much work a text is: its length, and what may be made of what stays open in it."""
    return len(text) + len(FORMATTING.findall(text)) * (text.count("<") + text.count("\n"))


def clean_html(given: object) -> str:
    """Return HTML with nothing in it but text, structure and pictures; the rest is shown as text.

    What is too long to be looked at is shown as text altogether.
    """
    page = given.decode() if isinstance(given, bytes) else str(given)
    if isinstance(given, AsItIs) or weight(page) > LONGEST:
        return as_it_is(page)
    return boxed(page)


def highlight_code(source: str, metadata: object = None) -> str:
    """Return code as HTML, in colours unless that could take long; metadata choose no language."""
    if len(source) > LONGEST or BLANKS.search(source):
        return f'<div class="highlight">{as_it_is(source)}</div>'
    return str(highlight(source or " ", PythonLexer(), HtmlFormatter()))


def ansi2html(text: object) -> str:
    """Return what was printed as HTML, without a terminal's colours: each would be an element."""
    return html.escape(strip_ansi(str(text)))  # type: ignore[no-untyped-call]


def boxed(page: str) -> str:
    """Clean HTML, and put it into a box that it cannot be drawn outside of."""
    try:
        inside = inert(page)
    except Exception:  # as above; nothing that was not cleaned is ever shown
        return as_it_is(page)
    return f'<div style="contain:paint;overflow:auto">{inside}</div>'


def inert(page: str) -> str:
    """Return HTML with nothing in it but what may be there."""
    cleaned = bleach.clean(
        STYLE_SHEET.sub("", page),
        tags=TAGS,
        attributes=allowed,
        protocols={"data"},
        css_sanitizer=STYLES,
    )
    # Entities are read before looking for TeX: \h&#114;ef is \href to MathJax.
    soup = BeautifulSoup(cleaned, "html.parser")
    for text in soup.find_all(string=LIVE_TEX):
        text.replace_with(without_live_tex(text))
    for picture in soup.find_all("img", src=False):
        picture.replace_with(f"[{picture.get('alt', '')}: no picture]")
    return str(soup)


def allowed(tag: str, name: str, value: str) -> bool:
    """Whether an attribute may stay."""
    if name == "src":
        return tag == "img" and PICTURE.fullmatch(value) is not None
    if name == "class":
        return CLASSES.issuperset(value.split())
    if name == "role":
        return value == "group"
    return name in ATTRIBUTES


def as_it_is(text: str) -> str:
    """Show a text without rendering it."""
    return f"<pre>{html.escape(text)}</pre>"


def unchanged(text: str) -> str:
    """Stand where nbconvert would strip `files/` from addresses, and so make new ones."""
    return text


def plain(notebook: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
    """Prepare a page: names are text, and outputs have no frame that the template trusts."""
    for name, value in resources.items():
        resources[name] = tamed(value)
    rendered = [(cell, "source") for cell in notebook.cells if cell.cell_type == "markdown"]
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.update(metadata={})
            data = output.get("data", {})
            if latex := data.pop("text/latex", ""):  # MathJax reads it as well
                data.setdefault("text/html", html.escape(latex))
            if drawing := data.pop("image/svg+xml", ""):
                data.setdefault("text/plain", drawing)
            rendered += [(data, kind) for kind in ("text/html", "text/markdown") if kind in data]
    rendered.sort(key=lambda place: weight(place[0][place[1]]))
    left = PAGE
    for holder, key in rendered:
        left -= weight(holder[key])
        if left < 0:
            holder[key] = AsItIs(holder[key])
    return notebook, resources
