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

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect, sync_playwright

from autograder.classroom.course import Course
from autograder.classroom.sample import write_sample

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM, reason="no chromium here; on Debian: apt-get install chromium"
    ),
]
ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
ENVIRONMENT = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"}
TOKEN = "the-token"
CARD = '[aria-label^="Check of {}"]'
ERRORS = '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type$=".stderr"]'
both_themes = pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
expect.set_options(timeout=60_000)


def setting(course: Course, plugin: str, **values: object) -> None:
    """Write one of JupyterLab's settings, as its settings editor would."""
    path = course.root / f"jupyter/settings/@jupyterlab/{plugin}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


@pytest.fixture
def lab(course: Course) -> Iterator[Course]:
    """A course that is open in a JupyterLab of its own."""
    shutil.copytree(ROOT / "lessons", course.root / "lessons")
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    setting(course, "apputils-extension/notification", **quiet)
    home = course.root / "jupyter"
    folders = {f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    folders |= {"HOME": str(home), "JUPYTERLAB_SETTINGS_DIR": str(home / "settings")}
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [BIN / "jupyter", "lab", "--no-browser", "--allow-root", f"--ServerApp.token={TOKEN}"],
            cwd=course.root, env=ENVIRONMENT | folders, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        while not list(home.glob("RUNTIME/jpserver-*-open.html")):
            assert server.poll() is None, (home / "log").read_text()
            time.sleep(0.1)
        yield course
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def page(lab: Course) -> Iterator[Page]:
    """A page of a fresh browser."""
    info = json.loads(next(lab.root.glob("jupyter/RUNTIME/jpserver-*.json")).read_text())
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(base_url=info["url"], viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def open_notebook(page: Page, path: str) -> None:
    """Open a notebook and wait for its kernel."""
    page.goto(f"lab/tree/{path}?token={TOKEN}&reset")
    idle(page)


def idle(page: Page) -> None:
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()


def menu(page: Page, name: str, item: str) -> None:
    page.get_by_role("menuitem", name=name, exact=True).click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def cell(page: Page, source: str) -> Locator:
    """Return the code cell that begins so."""
    return page.locator(".jp-CodeCell").filter(
        has=page.locator(".cm-content", has_text=re.compile("^" + re.escape(source)))
    )


def write(page: Page, start: str, source: str) -> None:
    """Put other source into the cell that begins so."""
    cell(page, start).locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)


def shoot(seen: Page | Locator, name: str) -> None:
    """Keep a screenshot, when somebody wants it."""
    if "SCREENSHOTS" in os.environ:
        seen.screenshot(path=Path(os.environ["SCREENSHOTS"]) / f"{name}.png")


MSE = """def mse_loop(y_true, y_pred):
    total = 0
    for truth, prediction in zip(y_true, y_pred):
        total += (truth - prediction) ** 2
    return total"""


def test_check_names_the_mistake_and_then_passes(page: Page) -> None:
    open_notebook(page, "exercises/02_mse/02_mse.ipynb")
    write(
        page,
        "def squared",
        "def squared_errors(a, b):\n    return [(x - y) ** 2 for x, y in zip(a, b)]",
    )
    write(page, "def mse_loop", MSE)
    menu(page, "Run", "Run All Cells")
    checked = cell(page, "check(mse_loop)")
    card = checked.locator(CARD.format("mse_loop"))
    expect(card).to_contain_text("never divided by how many")
    expect(checked.locator(ERRORS)).to_have_text(
        re.compile(r"^mse_loop is not finished yet: [^\n]+\n?$")
    )
    shoot(checked, "check-fails")
    shoot(page, "check-fails-page")
    write(page, "def mse_loop", MSE + " / len(y_true)")
    menu(page, "Run", "Run All Cells")
    expect(card).to_contain_text("mse_loop: passed")
    expect(checked.locator(ERRORS)).to_have_count(0)
    shoot(checked, "check-passes")


def test_validate_button_fails_unsolved_and_passes_solved(lab: Course, page: Page) -> None:
    write_sample(lab, "02_mse", 1)
    for path, says in [
        ("exercises/02_mse/02_mse.ipynb", "The following cell failed"),
        (
            "grading/submitted/ada/02_mse/02_mse.ipynb",
            "Success! Your notebook passes all the tests.",
        ),
    ]:
        open_notebook(page, path)
        page.locator(".validate-button").click()
        expect(page.locator(".jp-Dialog")).to_contain_text(says)
        shoot(page, f"validate-{says.split()[0].lower()}")


@both_themes
def test_lesson_runs_and_answers(lab: Course, page: Page, theme: str) -> None:
    setting(lab, "apputils-extension/themes", theme=theme)
    open_notebook(page, "lessons/03_mse.ipynb")
    shoot(page, f"lesson {theme}")
    menu(page, "Run", "Run All Cells")
    slider = cell(page, "def draw(weight)")
    before = slider.locator("img").get_attribute("src")
    slider.locator(".noUi-handle").press("ArrowRight")
    expect(slider.locator("img")).not_to_have_attribute("src", before)
    shoot(slider, f"slider {theme}")
    card = cell(page, 'flashcards("03_mse")').locator(".flip-container")
    card.click()
    expect(card).to_have_class(re.compile("flip$"))
    shoot(cell(page, 'flashcards("03_mse")'), f"flashcards {theme}")
    questions = cell(page, 'quiz("03_mse")')
    questions.get_by_text("Big mistakes weigh more").click()
    expect(questions).to_contain_text("an error twice as large has a square four times as large")
    shoot(questions, f"quiz {theme}")
    idle(page)
    expect(page.locator(ERRORS)).to_have_count(0)


def test_formgrader_gives_the_score_of_autograder_grade(lab: Course, page: Page) -> None:
    write_sample(lab, "02_mse", 2)
    run = {"cwd": lab.root, "env": ENVIRONMENT, "check": True, "capture_output": True}
    subprocess.run([BIN / "autograder", "release", "02_mse"], **run)
    page.goto(f"lab?token={TOKEN}&reset")
    menu(page, "Nbgrader", "Formgrader")
    frame = page.frame_locator('iframe[src*="formgrader"]')
    row = frame.locator("tr", has_text="02_mse")
    row.locator("td.num-submissions a").click()
    row = frame.locator("tr", has_text="anouk")
    row.locator("td.autograde a").click()
    expect(frame.locator("#success-modal")).to_contain_text("Successfully autograded")
    frame.locator("#success-modal").get_by_role("button", name="OK").click()
    shoot(page, "formgrader")
    score = row.locator("td.score").inner_text()
    assert score == "9.4 / 14"
    row.locator("td.student-name a").click()
    frame.get_by_role("link", name="02_mse").last.click()
    page.wait_for_timeout(15000); shoot(page, "dbg"); print([f.url for f in page.frames], page.frames[-1].content()[:30000])
    expect(frame.locator(CARD.format("mse_loop"))).to_contain_text("single sample")
    shoot(page, "formgrader-submission")
    graded = subprocess.run([BIN / "autograder", "grade", "02_mse", "--json"], **run)
    line = json.loads(graded.stdout)[1]
    print(line)


@both_themes
def test_card_is_accessible(lab: Course, page: Page, theme: str) -> None:
    setting(lab, "apputils-extension/themes", theme=theme)
    open_notebook(page, "lessons/00_start_here.ipynb")
    menu(page, "Run", "Run All Cells")
    for state in "not finished yet", "passed":
        card = page.locator(CARD.format(f"mae_loop: {state}"))
        expect(card).to_be_visible()
        card.scroll_into_view_if_needed()
        shoot(card, f"card {state} {theme}")
        found = Axe().run(page, CARD.format(f"mae_loop: {state}"))
        assert not found.response["violations"], found.generate_report()
        assert found.response["passes"]
