"""Lessons: executed, equal to what is committed, every number in the prose computed."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from autograder.dev import PARTS
from autograder.review import cards_page, quiz_page

ROOT = Path(__file__).parent.parent
LESSONS = sorted(path.stem for path in (ROOT / "lessons").glob("*.ipynb"))
DECIMAL = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.]*\d)")


def cells(lesson: str) -> list[nbformat.NotebookNode]:
    """Return a lesson's cells."""
    return list(nbformat.read(ROOT / "lessons" / f"{lesson}.ipynb", as_version=4).cells)


def visible(cell: nbformat.NotebookNode) -> str:
    """Return a cell's source with all the text that it put out."""
    texts = [cell.source]
    for output in cell.get("outputs", []):
        texts += [output.get("text", ""), *output.get("data", {}).get("text/plain", "").split("\n")]
    return "\n".join(texts)


@pytest.mark.parametrize("lesson", LESSONS)
def test_executed_from_clean_equals_what_is_committed(lesson: str) -> None:
    run = [sys.executable, str(ROOT / "lessons" / "run.py"), "--check", f"{lesson}.ipynb"]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def test_slider_whose_picture_cannot_be_drawn_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "lessons")
    run = importlib.import_module("run")
    code = "import figures\nfigures.slider(lambda x: print(x + unknown), x=(0, 1, 1))"
    cell = nbformat.v4.new_code_cell(code, metadata={"tags": ["slider"]})
    notebook = nbformat.v4.new_notebook(cells=[cell])
    with pytest.raises(RuntimeError, match=r"^slider \w+: NameError: name 'unknown'"):
        run.normal_form(run.execute(notebook), notebook)


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_decimal_in_the_prose_is_computed(lesson: str) -> None:
    computed = "\n".join(visible(cell) for cell in cells(lesson) if cell.cell_type == "code")
    numbers = {number.rstrip("0").rstrip(".") for number in DECIMAL.findall(computed)}
    for cell in cells(lesson):
        if cell.cell_type == "markdown":
            for number in DECIMAL.findall(cell.source.replace("−", "-")):
                assert number.rstrip("0").rstrip(".") in numbers, (cell.id, number)


@pytest.mark.parametrize("lesson", [name for name in LESSONS if not name.startswith("00")])
def test_lesson_has_all_that_a_lesson_has(lesson: str) -> None:
    code = [cell for cell in cells(lesson) if cell.cell_type == "code"]
    text = "\n".join(cell.source for cell in cells(lesson) if cell.cell_type == "markdown")
    assert [part for part in PARTS if part not in text] == []
    pictures = [
        output for cell in code for output in cell.outputs if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 2
    assert all(len(picture["data"]["text/plain"]) > 40 for picture in pictures)  # text alternative
    assert not any(output.get("name") == "stderr" for cell in code for output in cell.outputs)


@pytest.mark.parametrize("lesson", LESSONS)
def test_quiz_answers_every_choice(lesson: str) -> None:
    folder = ROOT / "lessons"
    for question in json.loads((folder / f"{lesson}.quiz.json").read_text("utf-8")):
        answers = question["answers"]
        assert all(answer["feedback"] for answer in answers), question["question"]
        assert any(answer.get("correct") for answer in answers)
        if question["type"] == "numeric":
            assert any(answer["type"] == "default" for answer in answers)
    for card in json.loads((folder / f"{lesson}.cards.json").read_text("utf-8")):
        assert card["front"] and card["back"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_review_asks_nothing_of_a_network_and_has_all_that_was_written(lesson: str) -> None:
    questions, cards = (
        json.loads((ROOT / "lessons" / f"{lesson}.{kind}.json").read_text("utf-8"))
        for kind in ("quiz", "cards")
    )
    pages = quiz_page(lesson, questions), cards_page(lesson, cards)
    assert not re.search(r"https?:|src=|href=|<script|@import|url\(", "".join(pages))
    shown = [BeautifulSoup(page, "html.parser") for page in pages]
    says = [answer["feedback"] for question in questions for answer in question["answers"]]
    assert [tag.text[2:] for tag in shown[0].select(".says")] == says
    assert len(shown[0].select("fieldset > legend")) == len(questions)
    assert [tag.text for tag in shown[1].select("summary")] == [card["front"] for card in cards]
    labels = {label["for"] for label in shown[0].select("label")}
    assert labels == {choice["id"] for choice in shown[0].select("[type=radio], [type=checkbox]")}


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_prediction_is_a_tagged_cell_and_so_is_its_answer(lesson: str) -> None:
    found = cells(lesson)
    tags = [cell.metadata.get("tags", []) for cell in found]
    asked = [n for n, cell in enumerate(found) if "**Predict, then run.**" in cell.source]
    assert asked == [n for n, tagged in enumerate(tags) if "predict" in tagged]
    assert [n + 1 for n in asked] == [n for n, tagged in enumerate(tags) if "answer" in tagged]
    assert all(found[n + 1].cell_type == "code" for n in asked)


def glossary() -> dict[str, int]:
    """Return the terms, each with the first lesson that says what it means."""
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+?) \| .* \| (\d+)[\d, ]* \|$", text, re.MULTILINE)
    return {
        re.sub(r" \(.*\)", "", term): int(lesson)
        for terms, lesson in rows
        for term in terms.split(", ")
    }


AHEAD = {"title", "map", "next", "spoiler", "where-used"}
"""Cells that say what comes, and may name it."""


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_word_is_used_before_a_lesson_says_what_it_means(lesson: str) -> None:
    number = int(lesson[:2])
    for cell in cells(lesson):
        if cell.cell_type != "markdown" or cell.id in AHEAD:
            continue
        # A sentence that names its lesson sends the reader there; "Other names" only lists them.
        told = re.split(r"(?<=[.!?:])\s+", re.sub(r"`[^`]*`", "", cell.source))
        prose = " ".join(s for s in told if not re.search(r"lesson \d\d|\*\w+ [\w-]+\*", s))
        for term, first in glossary().items():
            if first > number:
                assert not re.search(rf"\b{re.escape(term)}\b", prose, re.IGNORECASE), (
                    cell.id,
                    term,
                )


@pytest.mark.parametrize("lesson", LESSONS)
def test_links_lead_somewhere(lesson: str) -> None:
    for cell in cells(lesson):
        if cell.cell_type == "markdown":
            for link in re.findall(r"\]\(([^)#:]+)\)", cell.source):
                assert (ROOT / "lessons" / link).exists(), (cell.id, link)
