"""nbgrader for this course: where things lie, and who executes the notebooks."""

from pathlib import Path

from autograder.classroom.names import tame_names

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.course_id = "loss-functions"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.db_url = f"sqlite:///{Path(__file__).parent / 'grading' / 'gradebook.db'}"

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
# hidden tests there. JupyterLab has to be started in this folder, as `make lab` does.
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
