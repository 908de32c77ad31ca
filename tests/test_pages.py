"""What a student wrote does nothing in formgrader's pages and in the feedback."""

from __future__ import annotations

import html
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from nbgrader.converters import GenerateFeedback
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config
from vectors import VECTORS

from autograder.classroom.course import Course
from autograder.classroom.pages import LONGEST, clean_html, highlight_code, markdown2html
from autograder.classroom.plugin import leave_ours
from autograder.judge import judge
from autograder.judge.verdict import Answer
from autograder.notebook import card
from autograder.tasks import TASKS

CALM = {
    *("abbr", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "ol", "p", "pre", "q"),
    *("small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th"),
    *("thead", "tr", "u", "ul"),
}
CALM_VALUE = {
    "src": r"data:image/(png|jpeg|gif|webp);base64,.*",
    "class": r"(highlight|[a-z][a-z0-9]{0,2})?",
    "style": r"(contain:paint;overflow:auto)?|((border-left|font-family|margin|margin-bottom|"
    r"margin-top|max-width|padding|text-align): ?[^;]*;? ?)+",
    "role": "group",
    **dict.fromkeys(("alt", "aria-label", "colspan", "rowspan", "scope", "start", "title"), ".*"),
}


class Reader(HTMLParser):
    """Keeps what of a page could do something, in order, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.live: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text, self.tex, self._inside = "", "", ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"pre", "code", "script", "style", "textarea"}:
            self._inside = self._inside or tag
        calm = tag in CALM and all(
            name in CALM_VALUE and re.fullmatch(CALM_VALUE[name], value or "", re.S)
            for name, value in attrs
        )
        if not calm:
            self.live.append((tag, attrs))

    def handle_comment(self, data: str) -> None:
        self.live.append(("!--", []))

    def handle_decl(self, decl: str) -> None:
        self.live.append(("!", []))

    unknown_decl = handle_decl
    handle_pi = handle_decl

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        self.text += data
        self.tex += "" if self._inside else data  # MathJax does not look there

    def is_tex_live(self) -> bool:
        """Whether MathJax would make links, names or styles."""
        live = r"\\(href|cssId|class|style|require|mmlToken|bbox|unicode)\b"
        return bool(re.search(live, self.tex))


def markdown(source: str, **cell: object) -> str:
    """Render as the template of a page does."""
    return markdown2html({"cell": cell}, source)


def is_calm(page: str) -> bool:
    """Whether nothing in a page does anything, for MathJax either."""
    reader = Reader(page)
    return not reader.live and not reader.is_tex_live()


@pytest.mark.parametrize("vector", VECTORS)
def test_filter_lets_nothing_live_through(vector: str) -> None:
    for page in markdown(vector), clean_html(vector), markdown(clean_html(vector)):
        assert is_calm(page), page


PARTS = [part for vector in VECTORS for part in re.split(r"(?<=[<>'\"()=:\s])", vector) if part]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PARTS + VECTORS), max_size=12), st.sampled_from(["", " ", "\n\n"]))
def test_filter_lets_nothing_live_through_however_it_is_put_together(
    parts: list[str], between: str
) -> None:
    source = between.join(parts)
    for page in markdown(source), clean_html(source):
        assert is_calm(page), page
        assert clean_html(page).count("&amp;amp;") == page.count("&amp;amp;")


def formgrader(course: Course) -> HTMLExporter:
    """Return what makes formgrader's page."""
    page = Config()
    page.HTMLExporter.template_name = "formgrade"
    page.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    course.config.merge(page)
    return HTMLExporter(config=course.config)


def feedback(course: Course) -> HTMLExporter:
    """Return what makes the feedback, but for the points."""
    made = GenerateFeedback(course.directory, config=course.config)
    exporter = HTMLExporter(parent=made, config=made.config)
    for name in made.preprocessors:
        if "GetGrades" not in str(name):
            exporter.register_preprocessor(name)
    return exporter


def page(exporter: HTMLExporter, cells: list[NotebookNode], name: str = "ada") -> str:
    """Return the page of a notebook, handed in by somebody of this name."""
    marks = {"grade": True, "locked": False, "solution": True, "grade_id": "written", "points": 1}
    cells = [*cells]
    cells[0].metadata.nbgrader = marks | {"score": 1, "comment": cells[0].source, "task": False}
    about = {
        **dict.fromkeys(("student", "last_name", "first_name"), name),
        "notebook_path": "grading/autograded",
        "nbgrader": {"notebook": "02_mse", "score": 1, "max_score": 2, "late_penalty": 0},
        **{"notebook_id": "02_mse", "index": 0, "total": 1, "base_url": "", "submission_id": "1"},
    }
    notebook = new_notebook()
    notebook.cells = cells
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    made = exporter.from_notebook_node(notebook, about)[0]
    return re.sub(r' id="[0-9a-f]{8}-[0-9a-f-]{27}"', "", made)  # drawn anew for each page


def everywhere(vector: str) -> list[NotebookNode]:
    """Return a notebook that has a vector in every place."""
    kinds = ["text/plain", "text/markdown", "text/latex", "image/jpeg", "image/png"]
    kinds += ["application/javascript"]
    frame = {kind: {"width": f"1 {vector}", "alt": vector} for kind in kinds}
    outputs = [
        *(new_output("display_data", {kind: vector}, metadata=frame) for kind in kinds),
        new_output("display_data", {"text/html": vector}),
        new_output("display_data", {"text/html": vector}, metadata={"isolated": True}),
        new_output("execute_result", {"image/svg+xml": vector}),
        new_output("stream", text=vector),
        new_output("stream", name="stderr", text=vector),
        new_output("error", ename=vector, evalue=vector, traceback=[vector]),
    ]
    code = new_code_cell(vector, outputs=outputs)
    kept = {"a.png": {"image/png": vector, "text/html": vector}}
    return [
        new_markdown_cell(vector),
        new_markdown_cell("![x](attachment:a.png)", attachments=kept),
        new_raw_cell(vector),
        new_raw_cell(vector, metadata={"raw_mimetype": "text/html"}),
        code,
    ]


@pytest.mark.parametrize("made_by", [formgrader, feedback])
def test_pages_have_the_same_live_parts_whatever_a_student_wrote(
    course: Course, made_by: type
) -> None:
    def read(vectors: list[str]) -> Reader:
        cells = [cell for vector in vectors[::2] for cell in everywhere(vector)]
        return Reader(page(made_by(course), cells, "".join(vectors)))

    calm, made = read(["calm"] * len(VECTORS)), read(VECTORS)
    assert len(calm.live) > 20
    assert made.live == calm.live
    assert not made.is_tex_live()


@pytest.mark.parametrize("made_by", [formgrader, feedback])
def test_formula_of_the_exercise_arrives_as_it_was_written(course: Course, made_by: type) -> None:
    exercise = nbformat.read(course.root / "exercises/03_huber/03_huber.ipynb", as_version=4)
    cell = next(cell for cell in exercise.cells if "cases}" in cell.source)
    formula = re.search(r"\\begin\{cases\}.*?\\end\{cases\}", cell.source, re.S)
    assert formula and "&" in formula[0]
    assert html.escape("$r < 0$ & more") in page(
        made_by(course), [new_markdown_cell("$r < 0$ & more")]
    )
    assert formula[0] in Reader(page(made_by(course), [cell])).text


def test_what_honest_people_write_looks_as_it_should() -> None:
    for source, shown in [
        ("# One\n\n*a* **b** `c`", "<h1>One</h1>\n<p><em>a</em> <strong>b</strong> <code>c</code>"),
        ("a < b && c > d", "<p>a &lt; b &amp;&amp; c &gt; d</p>"),
        ("if x <y and z> 0", "x &lt;y and z&gt; 0"),
        ("[NumPy](https://numpy.org)", "NumPy (https://numpy.org)"),
        ("[lesson](../lessons/01.ipynb)", "<p>lesson</p>"),
        ("<https://numpy.org>", "<p>https://numpy.org</p>"),
        ("- [ ] todo", "<li>[ ] todo</li>"),
        ("| a |\n|--:|\n| 1 |", '<td style="text-align:right;">1</td>'),
        ("```python\nimport x\n```", '<span class="kn">import</span>'),
    ]:
        assert shown in markdown(source)
    sheet = "<style scoped>.dataframe td {top: 0}</style><table class='dataframe'>"
    assert ">.dataframe" not in clean_html(sheet) and "<table>" in clean_html(sheet)


def test_card_is_shown_whole() -> None:
    task = TASKS["mse_loop"]
    calls = task.calls(seed=0)
    shown = card(judge(task, calls, [Answer(value=0.5) for _ in calls], []))[0]
    page = clean_html(shown)
    assert Reader(page).text == Reader(shown).text
    for part in "Check of mse_loop: not", "border-left:4px solid", "<strong>values</strong>":
        assert part in page


def test_picture_in_an_answer_is_shown_when_it_is_there() -> None:
    kept = {"a b.png": {"text/html": "<b>", "image/png": "aGk="}}
    shown = markdown("![x](attachment:a%20b.png) ![x](<attachment:a b.png>)", attachments=kept)
    assert 'src="data:image/png;base64,aGk="' in shown
    often = markdown("![x](attachment:a%20b.png)" * 500, attachments=kept)
    assert often.count("aGk=") == 1
    assert "a b.png" in kept
    for broken in (
        {},
        {"a.png": {}},
        {"a.png": None},
        {"a.png": {"image/png": 'x" onerror="'}},
        None,
    ):
        assert "[x: no picture]" in markdown("![x](attachment:a.png)", attachments=broken)


def test_text_that_is_too_long_or_strange_is_shown_as_it_is() -> None:
    long = "<b>" + "x" * LONGEST
    assert markdown(long) == clean_html(long) == f"<pre>{html.escape(long)}</pre>"
    for strange in "[" * LONGEST, "> " * 9000, "<div>" * 3000, "*a " * 6000, "\0\ud800<script>":
        assert is_calm(markdown(strange)) and is_calm(clean_html(strange))


SECONDS = 10
BLANK_LINES = "x = 1\n" + " \n" * 5_000 + "x"
NESTED = "<b><div>" * 2_400
REOPENED = "".join(f"<b title={number}>" for number in range(90)) + "<p>x" * 900
"""Each paragraph opens all of them again: small texts that are large pages."""


def shown(kind: str, text: str = NESTED) -> NotebookNode:
    """Return an output of one kind."""
    return new_output("display_data", {kind: text})


COSTLY = [
    new_code_cell(BLANK_LINES),
    new_markdown_cell(f"```ipython3\n{BLANK_LINES}\n```"),
    new_code_cell("1", outputs=[new_output("stream", text="\x1b[1mx" * 200_000)]),
    new_code_cell("1", outputs=[shown("text/html") for _ in range(20)]),
    new_code_cell("1", outputs=[shown("text/markdown") for _ in range(20)]),
    *(new_markdown_cell(NESTED) for _ in range(20)),
    *(new_markdown_cell(f"<p>{REOPENED}") for _ in range(20)),
    *(new_markdown_cell(f"<p>{REOPENED[:2000]}" + "\n\nx" * 900) for _ in range(20)),
    new_code_cell("1", outputs=[shown("text/html", f"<p>{REOPENED}") for _ in range(20)]),
]


@pytest.mark.parametrize("number", range(6))
def test_page_takes_seconds_whatever_is_on_it(course: Course, number: int) -> None:
    cells = COSTLY[number : number + 1 if number < 5 else None]
    card = shown("text/html", "<b>the card</b>")
    begun = time.process_time()
    made = page(formgrader(course), [*cells, new_code_cell("1", outputs=[card])])
    assert time.process_time() - begun < SECONDS
    assert "<b>the card</b>" in made


def test_code_is_shown_in_colours_and_what_is_printed_in_none(course: Course) -> None:
    printed = new_output("stream", text="\x1b[1;31mred <b>\x1b[0m")
    made = page(feedback(course), [new_code_cell("import x", outputs=[printed])])
    assert '<span class="kn">import</span>' in made
    assert "red &lt;b&gt;" in made and "[1;31m" not in made
    for long in "<b>" + "x" * LONGEST, "<b>" + " " * 200:
        shown = f'<div class="highlight"><pre>{html.escape(long)}</pre></div>'
        assert highlight_code(long) == shown
    assert "<span" in highlight_code("x" + " " * 199)
    assert "<span" not in markdown("```c\nint x;\n```")


def test_drawing_is_shown_as_what_stands_for_it(course: Course) -> None:
    drawing = {"image/svg+xml": "<svg><use href='#a'/></svg>"}
    outputs = [
        new_output("display_data", drawing),
        new_output("display_data", drawing | {"text/plain": "a plot"}),
    ]
    made = page(formgrader(course), [new_code_cell("1", outputs=outputs)])
    assert "image/svg+xml;base64" not in made
    assert "&lt;svg&gt;" in made and "a plot" in made


def test_only_our_files_stay_beside_a_graded_notebook(tmp_path: Path) -> None:
    ours, folder = tmp_path / "ours", tmp_path / "graded"
    for name in "ours/a.csv", "graded/a.csv", "graded/evil.html", "graded/b/evil.svg":
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (folder / "timestamp.txt").write_text("x")
    (folder / "link").symlink_to(ours)
    leave_ours(folder, ours)
    left = {path.name for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}
    assert left == {"a.csv", "timestamp.txt"}
    assert (ours / "a.csv").exists()
