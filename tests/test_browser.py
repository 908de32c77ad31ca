"""The course as its readers meet it: JupyterLab and nbgrader in a real browser.

Set SCREENSHOTS to a folder to keep there what the browser saw.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    FrameLocator,
    Locator,
    Page,
    Request,
    Route,
    expect,
    sync_playwright,
)
from vectors import LOAD, RUN, VECTORS

from autograder.classroom.course import Course
from autograder.classroom.rebuild import grade_id
from autograder.classroom.sample import write_sample

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no chromium here (apt-get install chromium)"),
]
ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
ENVIRONMENT = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"}
TOKEN = "the-token"
EXERCISE = "work/exercises/02_mse/02_mse.ipynb"
RED = '[data-mime-type$=".stderr"], [data-mime-type$=".error"]'
expect.set_options(timeout=60_000)


def setting(course: Course, plugin: str, **values: object) -> None:
    """Write one of JupyterLab's settings, as its settings editor would."""
    path = course.root / f"jupyter/settings/@jupyterlab/{plugin}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


@pytest.fixture
def lab(course: Course) -> Iterator[Course]:
    """A course that is open in a JupyterLab of its own, as `make lab` opens it."""
    shutil.copytree(ROOT / "lessons", course.root / "lessons")
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    setting(course, "apputils-extension/notification", **quiet)
    home = course.root / "jupyter"
    own = {f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"HOME": str(home), "JUPYTERLAB_SETTINGS_DIR": str(home / "settings")}
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [BIN / "autograder", "lab", "--no-browser", "--allow-root",
             f"--ServerApp.token={TOKEN}"],
            cwd=course.root, env=ENVIRONMENT | own, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not list(home.glob("RUNTIME/jpserver-*-open.html")):  # written when it listens
            up = server.poll() is None and time.monotonic() < deadline
            assert up, (home / "log").read_text()
            time.sleep(0.1)
        yield course
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def page(lab: Course) -> Iterator[Page]:
    """A page of a fresh browser."""
    url = json.loads(next(lab.root.glob("jupyter/RUNTIME/jpserver-*.json")).read_text())["url"]
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(base_url=url, viewport={"width": 1280, "height": 1600})
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def idle(page: Page) -> None:
    """Wait until the kernel has nothing to do."""
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()


def open_notebook(page: Page, path: str) -> None:
    """Open a notebook and wait for its kernel."""
    page.goto(f"lab/tree/{path}?token={TOKEN}&reset")
    idle(page)


def menu(page: Page, name: str, item: str) -> None:
    """Choose from a menu."""
    page.get_by_role("menuitem", name=name, exact=True).click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def cell(page: Page, start: str) -> Locator:
    """Return the code cell that begins so."""
    begins = page.locator(".cm-content", has_text=re.compile("^" + re.escape(start)))
    return page.locator(".jp-CodeCell").filter(has=begins)


def write(page: Page, start: str, source: str) -> None:
    """Put other source into the cell that begins so."""
    cell(page, start).locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)


def card(where: Page | Locator | FrameLocator, title: str) -> Locator:
    """Return the card of a check, such as "mse_loop: passed"."""
    return where.locator(f'[aria-label="Check of {title}"]')


def shoot(seen: Page | Locator, name: str) -> None:
    """Keep a screenshot, when somebody wants it."""
    if "SCREENSHOTS" in os.environ:
        seen.screenshot(path=f"{os.environ['SCREENSHOTS']}/{name}.png", animations="disabled")


WARM_UP = "def squared_errors(a, b):\n    return [(x - y) ** 2 for x, y in zip(a, b)]"
SUM = "def mse_loop(a, b):\n    return sum((x - y) ** 2 for x, y in zip(a, b))"


def test_check_names_the_mistake_in_one_line_and_then_passes(page: Page) -> None:
    open_notebook(page, EXERCISE)
    write(page, "def squared_errors", WARM_UP)
    write(page, "def mse_loop", SUM)
    menu(page, "Run", "Run All Cells")
    checked = cell(page, "check(mse_loop)")
    fails = card(checked, "mse_loop: not finished yet")
    expect(fails).to_contain_text("added up, and never divided by how many")
    expect(checked.locator(RED)).to_have_text(re.compile(r"^mse_loop is not finished yet: [^\n]+$"))
    shoot(checked, "check-fails")
    write(page, "def mse_loop", SUM + " / len(a)")
    menu(page, "Run", "Run All Cells")
    expect(card(checked, "mse_loop: passed")).to_be_visible()
    expect(fails.or_(checked.locator(RED))).to_have_count(0)
    shoot(checked, "check-passes")


def test_validate_button_fails_unsolved_and_passes_solved(lab: Course, page: Page) -> None:
    write_sample(lab, "02_mse", 1)
    solved = "grading/submitted/ada/02_mse/02_mse.ipynb"
    for path, says in (EXERCISE, "The following cell failed"), (solved, "Success!"):
        open_notebook(page, path)
        page.locator(".validate-button").click()
        expect(page.locator(".jp-Dialog")).to_contain_text(says)
        shoot(page, f"validate-{path.split('/')[0]}")


def test_lesson_runs_and_its_slider_cards_and_quiz_answer(lab: Course, page: Page) -> None:
    setting(lab, "apputils-extension/themes", theme="JupyterLab Dark")
    open_notebook(page, "work/lessons/03_mse.ipynb")
    menu(page, "Run", "Run All Cells")
    slider = cell(page, "def draw(weight)")
    before = slider.locator("img").get_attribute("src")
    slider.locator(".noUi-handle").press("ArrowRight")
    expect(slider.locator("img")).not_to_have_attribute("src", str(before))
    shoot(slider, "slider-dark")
    flashcard = cell(page, "flashcards(").locator("details").first
    flashcard.locator("summary").click()
    expect(flashcard).to_have_attribute("open", "")
    shoot(cell(page, "flashcards("), "flashcard-dark")
    questions = cell(page, "quiz(")
    questions.get_by_text("Big mistakes weigh more").click()
    expect(questions).to_contain_text("an error twice as large has a square four times as large")
    shoot(questions, "quiz-dark")
    idle(page)
    expect(page.locator(RED)).to_have_count(0)


@pytest.mark.parametrize(("theme", "width"), [("Light", 700), ("Dark", 1280)])
def test_review_by_keyboard_without_a_network(
    lab: Course, theme: str, width: int, page: Page
) -> None:
    setting(lab, "apputils-extension/themes", theme=f"JupyterLab {theme}")
    page.set_viewport_size({"width": width, "height": 900})
    elsewhere: list[str] = []

    def local(route: Route) -> None:
        if urlsplit(route.request.url).hostname in ("localhost", "127.0.0.1"):
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    page.route("**/*", local)
    open_notebook(page, "work/lessons/02_mae.ipynb")
    menu(page, "Run", "Run All Cells")
    quiz, cards = cell(page, "quiz("), cell(page, "flashcards(")
    number = quiz.locator("[type=text]")
    number.scroll_into_view_if_needed()
    number.press_sequentially("9,0")
    number.press("Enter")
    expect(quiz.locator(".given")).to_have_text(re.compile("^✗ That is the sum of the sizes"))
    number.fill("29/3")
    number.press("Enter")
    expect(quiz.locator(".given")).to_have_text(re.compile("^✗ You squared"))
    number.fill("3")
    number.press("Tab")
    expect(quiz.locator(".given")).to_have_text(re.compile("^✓ Right: the sizes 2, 4 and 3"))
    first = quiz.get_by_label("All promises were kept to the minute.")
    expect(first).to_be_focused()
    page.keyboard.press("Space")
    expect(quiz.get_by_text("That would give 0 too")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(quiz.get_by_label("Lateness and earliness balance out")).to_be_checked()
    expect(quiz.get_by_text("That would give 0 too")).to_be_hidden()
    assert "solid" in page.evaluate("getComputedStyle(document.activeElement).outline")
    shoot(quiz, f"quiz-{theme.lower()}-{width}")
    for _ in range(3 + 5 + 1 + 1):
        page.keyboard.press("Tab")
    assert not page.evaluate("!!document.activeElement.closest('.review')")  # no trap
    cards.locator("summary").first.focus()
    page.keyboard.press("Space")
    expect(cards.locator("details").first).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    expect(cards.locator("summary").nth(1)).to_be_focused()
    shoot(cards, f"cards-{theme.lower()}-{width}")
    for found in (Axe().run(page, ".review"),):
        assert found.response["passes"]
        assert not found.response["violations"], found.generate_report()
    assert not [url for url in elsewhere if "mathjax" not in url.lower()]


def test_formgrader_gives_the_score_of_autograder_grade(lab: Course, page: Page) -> None:
    def autograder(*command: str) -> str:
        done = subprocess.run(
            [BIN / "autograder", *command],
            cwd=lab.root, env=ENVIRONMENT, check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        return done.stdout.decode()

    write_sample(lab, "02_mse", 2)
    autograder("release", "02_mse")
    page.goto(f"lab?token={TOKEN}&reset")
    menu(page, "Nbgrader", "Formgrader")
    frame = page.frame_locator('iframe[src*="formgrader"]')
    frame.locator("tr", has_text="02_mse").locator("td.num-submissions a").click()
    row = frame.locator("tr", has_text="anouk")
    row.locator("td.autograde a").click()
    frame.locator("#success-modal").get_by_role("button", name="OK").click()
    expect(row.locator("td.score")).to_have_text("9.4 / 14")
    shoot(page, "formgrader")
    row.locator("td.student-name a").click()
    frame.get_by_role("link", name="02_mse").last.click()
    shown = frame.locator(".output_html", has_text="mse_loop: not finished yet")
    expect(shown).to_contain_text("With a single sample your function goes wrong.")
    expect(shown).not_to_contain_text("<")  # no tag is shown as text
    shoot(shown, "formgrader-card")
    said = json.loads(autograder("grade", "02_mse", "--json"))
    graded = {line["student"]: line for line in said["submissions"]}
    assert (graded["anouk"]["points"], graded["anouk"]["changed"]) == (9.4, {})


HOSTILE, HONEST = f"<img src=x onerror={RUN}>", "O'Brien & Søn"
"""Names of students, as folders can be called."""
TOUCH = """
    for (const node of document.querySelectorAll("body *")) {
        for (const kind of ["pointerenter", "mouseover", "mouseenter", "focus", "focusin", "wheel"])
            node.dispatchEvent(new Event(kind, {bubbles: true}));
        if (node.closest("#notebook-container") && !node.closest(".scoring-buttons"))
            node.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
    }
"""
"""Points at everything, and clicks on all that a notebook shows."""
SHOW = "from IPython.display import display\nfor kind in ('html', 'markdown', 'latex', 'plain'):\n"
SHOW += "    display({f'text/{kind}': v}, raw=True)\n"
SHOW += "display({'image/svg+xml': v}, raw=True)\nprint(v)\nraise Exception(v)"


def write_vectors(course: Course) -> None:
    """Hand in a notebook with all vectors in its answer, own cells and outputs, and two files."""
    for path, name in zip(write_sample(course, "02_mse", 2), (HOSTILE, HONEST), strict=True):
        path.parents[1].rename(path.parents[2] / name)
    folder = course.submitted(HOSTILE, "02_mse")
    for name in "evil.html", "evil.svg", "nbgrader_config.py":
        (folder / name).write_text(f"<script>{RUN}</script>")
    notebook = nbformat.read(folder / "02_mse.ipynb", as_version=4)
    new = nbformat.v4
    for cell in notebook.cells:
        if grade_id(cell) == "written":
            cell.source = "\n\n".join(VECTORS[::2])
    notebook.cells += [new.new_markdown_cell(vector) for vector in VECTORS]
    notebook.cells += [new.new_raw_cell(vector) for vector in VECTORS[::2]]
    notebook.cells += [new.new_code_cell(f"v = {v!r}\n{SHOW}") for v in VECTORS[::3]]
    nbformat.write(notebook, folder / "02_mse.ipynb")


def test_nothing_that_a_student_wrote_runs_for_whoever_grades(lab: Course, page: Page) -> None:
    def nbgrader(*command: str) -> None:
        run = [sys.executable, "-m", "nbgrader", *command]
        done = subprocess.run(run, cwd=lab.root, env=ENVIRONMENT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    write_vectors(lab)
    nbgrader("generate_assignment", "02_mse", "--force")
    nbgrader("autograde", "02_mse")
    with lab.gradebook() as book:
        book.update_or_create_student(HOSTILE, first_name=HOSTILE, last_name=HOSTILE)
        submission = book.find_submission_notebook("02_mse", "02_mse", HOSTILE)
        submission.comments[0].manual_comment = VECTORS[0] + VECTORS[16]
        book.db.commit()
        grading = f"formgrader/submissions/{submission.id}/"
    nbgrader("generate_feedback", "02_mse")
    happened: list[str] = []

    def asked(request: Request) -> None:
        if LOAD in request.url or request.url.startswith("javascript"):
            happened.append(request.url)

    page.context.on("request", asked)
    page.context.on("dialog", lambda dialog: happened.append(dialog.message))
    page.context.on("page", lambda opened: happened.append(f"opened {opened.url}"))
    page.route(re.compile("cdnjs|unpkg"), lambda route: route.abort())
    page.goto(f"lab?token={TOKEN}")  # a cookie is left
    lists = ["manage_assignments", "manage_submissions/02_mse", "gradebook", "gradebook/02_mse"]
    lists += ["gradebook/02_mse/02_mse", "manage_students"]
    who = quote(f"formgrader/manage_students/{HOSTILE}")
    pages = [f"formgrader/{name}" for name in lists]
    shown = lab.folder("grading/feedback", HOSTILE, "02_mse") / "02_mse.html"
    for number, url in enumerate([*pages, who, f"{who}/02_mse", grading, shown.as_uri()]):
        page.goto(url)
        page.wait_for_load_state("networkidle")
        before = page.url
        page.evaluate(TOUCH)
        page.wait_for_timeout(300)
        shoot(page, f"pages-{number}")
        ran = [frame.url for frame in page.frames if frame.evaluate(RUN.split("=")[0])]
        place = re.split("[?#]", page.url)[0]
        assert (place, ran, happened) == (re.split("[?#]", before)[0], [], [])
        if url == grading:  # its form can be seen and used, in front of everything
            page.locator("#test_mse_loop").fill("1.5", timeout=5_000)
            page.locator("#written").click(timeout=5_000)
    page.goto(quote(f"formgrader/manage_students/{HONEST}"))
    expect(page.locator("tr", has_text="02_mse")).to_contain_text("9.4 / 14")
    for name in "evil.html", "evil.svg", "nbgrader_config.py":
        assert page.request.get(f"{grading}{name}").status == 404


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_card_is_accessible(lab: Course, page: Page, theme: str) -> None:
    setting(lab, "apputils-extension/themes", theme=f"JupyterLab {theme}")
    open_notebook(page, "lessons/00_start_here.ipynb")
    menu(page, "Run", "Run All Cells")
    for state in "not finished yet", "passed":
        seen = card(page, f"lateness_loop: {state}")
        seen.scroll_into_view_if_needed()
        shoot(seen, f"card-{state.split()[0]}-{theme.lower()}")
        found = Axe().run(page, f'[aria-label="Check of lateness_loop: {state}"]')
        assert found.response["passes"]
        assert not found.response["violations"], found.generate_report()
