"""What `nbgrader_config.py` calls so that nbgrader's own commands grade safely."""

from __future__ import annotations


def configure(c) -> None:
    """Set up nbgrader: `autograde` in two processes and a sandbox, feedback without hidden tests and scripts.

    Parameters
    ----------
    c : traitlets.config.Config
        What ``get_config()`` gives in a configuration file.
    """
    steps = "nbgrader.preprocessors"
    c.Autograde.sanitize_preprocessors = [f"{steps}.CheckCellMetadata"]
    c.Autograde.autograde_preprocessors = [
        "birnn_grader.preprocessor.SplitExecute",
        f"{steps}.LimitOutput",
        f"{steps}.SaveAutoGrades",
        f"{steps}.AssignLatePenalties",
        f"{steps}.CheckCellMetadata",
    ]
    from nbgrader.converters import GenerateAssignment

    usual = GenerateAssignment.class_traits()["preprocessors"].default()
    c.GenerateAssignment.preprocessors = ["birnn_grader.preprocessor.CheckNames", *usual]
    c.GenerateFeedback.preprocessors = [
        f"{steps}.GetGrades",
        "birnn_grader.feedback.HideHiddenTests",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    c.GenerateFeedback.exporter_class = "birnn_grader.feedback.SafeHTMLExporter"
    c.ExportApp.plugin_class = "birnn_grader.export.FastCsv"
    _replace_converter()


def _replace_converter():
    """Let nbgrader's commands and its formgrader find `SafeAutograde` where they look for their converter."""
    import nbgrader.apps.api
    import nbgrader.apps.autogradeapp

    from birnn_grader.autograde import SafeAutograde

    nbgrader.apps.autogradeapp.Autograde = SafeAutograde
    nbgrader.apps.api.Autograde = SafeAutograde
