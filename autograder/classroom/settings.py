"""What an nbgrader course sets so that our classes grade it; two lines in nbgrader_config.py."""

from __future__ import annotations

from traitlets.config import Config

from autograder.classroom.names import tame_names


def configure(c: Config) -> None:
    """Let a course be rebuilt, run and shown by us, in nbgrader's own commands and in formgrader.

    To be called in nbgrader_config.py, after its own settings:

        from autograder.classroom.settings import configure
        configure(c)
    """
    # A submission is rebuilt from what was released, then run by us instead of by a kernel.
    c.Autograde.exporter_class = "autograder.classroom.plugin.Submitted"
    c.Autograde.sanitize_preprocessors = [
        "nbgrader.preprocessors.ClearOutput",
        "autograder.classroom.plugin.Rebuild",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.Autograde.autograde_preprocessors = [
        "autograder.classroom.plugin.Execute",
        "nbgrader.preprocessors.IgnorePattern",
        "nbconvert.preprocessors.ClearMetadataPreprocessor",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    # Nothing that a student wrote runs in formgrader's pages or in the feedback, and nobody reads
    # hidden tests there. JupyterLab has to be started in the course's folder.
    tame_names()
    c.HTMLExporter.sanitize_html = True
    c.HTMLExporter.preprocessors = ["autograder.classroom.pages.plain"]
    c.HTMLExporter.filters = {
        "markdown2html": "autograder.classroom.pages.markdown2html",
        "clean_html": "autograder.classroom.pages.clean_html",
        "highlight_code": "autograder.classroom.pages.highlight_code",
        "ansi2html": "autograder.classroom.pages.ansi2html",
        "strip_files_prefix": "autograder.classroom.pages.unchanged",
    }
    c.GenerateFeedback.preprocessors = [
        "nbgrader.preprocessors.GetGrades",
        "nbgrader.preprocessors.ClearHiddenTests",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
