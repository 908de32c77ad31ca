"""The quiz and the flashcards at the end of a lesson, as one piece of plain HTML each.

Radio buttons, check boxes, a field for numbers and `<details>` are what a browser brings for the
mouse, the keyboard and a screen reader alike. Nothing is loaded from anywhere, and only the field
for numbers needs a line of JavaScript.
"""

from __future__ import annotations

from html import escape
from typing import Any

Json = dict[str, Any]

STYLE = """<style>
.review { max-width: 46em; line-height: 1.5 }
.review fieldset, .review details {
  border: 0; border-left: 3px solid #8888; margin: 0 0 1.2em; padding: 0 0 0 1em }
.review legend, .review summary { font-weight: 600; padding: .2em 0 }
.review details { margin-bottom: .6em }
.review summary, .review label { cursor: pointer }
.review input { margin: 0 .5em 0 0 }
.review input[type=text] { width: 9em; font: inherit; padding: .1em .3em }
.review :focus-visible { outline: 3px solid #4a90e2; outline-offset: 2px }
.review .says { display: none; margin: 0 0 .5em 1.7em }
.review input:checked ~ .says, .review .given { display: block }
</style>"""
# JupyterLab would else take the keys that choose an answer here, and the focus, for its own cells.
FRAME = (
    '<div class="review" data-lm-suppress-shortcuts="true" onkeydown="event.stopPropagation()" '
    'role="group" aria-label="{name}">'
)
GIVEN = (
    "const [a, b = 1] = this.value.replace(',', '.').replace('−', '-').split('/').map(Number), "
    "all = [...this.parentNode.querySelectorAll('.says')], "
    "fits = says => !says.dataset.from || says.dataset.from <= a / b && a / b <= says.dataset.to, "
    "hit = this.value.trim() && all.find(fits); "
    "all.forEach(says => says.classList.toggle('given', says === hit))"
)
"""Shows the first feedback whose bounds hold the number; one without bounds fits any."""
CLOSE = 0.003
"""How far a typed number may lie from an answer's, relative to it: rounding to three digits."""


def quiz_page(name: str, questions: list[Json]) -> str:
    """Return a quiz; each answer that is chosen or typed shows its own feedback."""
    page = [STYLE, FRAME.format(name=escape(name))]
    for number, question in enumerate(questions, start=1):
        answers = typed if question["type"] == "numeric" else chosen
        page.append(f"<fieldset><legend>{number}. {escape(question['question'])}</legend>")
        page += answers(question, f"{name}, question {number}")
        page.append("</fieldset>")
    return "\n".join([*page, "</div>"])


def chosen(question: Json, name: str) -> list[str]:
    """Return the answers to choose from: one of them, or several of a `many_choice` question."""
    kind = "checkbox" if question["type"] == "many_choice" else "radio"
    lines = []
    for place, answer in enumerate(question["answers"]):
        key = escape(f"{name} {place}".replace(" ", "-"))
        lines += [
            f'<div><input type="{kind}" name="{escape(name)}" id="{key}">',
            f'<label for="{key}">{escape(answer["answer"])}</label>',
            says(answer) + "</div>",
        ]
    return lines


def typed(question: Json, name: str) -> list[str]:
    """Return a field for a number, with the feedback for each number that was thought of."""
    field = f'<input type="text" aria-label="{escape(name)}" onchange="{escape(GIVEN)}">'
    return ["<div>" + field, *(says(answer) for answer in question["answers"]), "</div>"]


def says(answer: Json) -> str:
    """Return the feedback to an answer, with the numbers that it is for where they are typed."""
    mark = "✓" if answer.get("correct") else "✗"
    value = answer.get("value", 0.0)
    low, high = answer.get("range", sorted((value * (1 - CLOSE), value * (1 + CLOSE))))
    bounds = f' data-from="{low}" data-to="{high}"' if {"value", "range"} & set(answer) else ""
    return f'<div class="says" role="status"{bounds}>{mark} {escape(answer["feedback"])}</div>'


def cards_page(name: str, cards: list[Json]) -> str:
    """Return flashcards, each of which opens by itself."""
    turned = [
        f"<details><summary>{escape(card['front'])}</summary>{escape(card['back'])}</details>"
        for card in cards
    ]
    return "\n".join([STYLE, FRAME.format(name=escape(name)), *turned, "</div>"])
