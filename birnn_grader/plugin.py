"""What `nbgrader_config.py` calls so that nbgrader's own commands grade safely."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def configure(c: Any) -> None:
    """Set up nbgrader: `autograde` in two processes and a sandbox, feedback without hidden tests and scripts.

    Parameters
    ----------
    c : traitlets.config.Config
        What ``get_config()`` gives in a configuration file.
    """
    steps = "nbgrader.preprocessors"
    c.Autograde.sanitize_preprocessors = [f"{steps}.CheckCellMetadata"]
    c.Autograde.autograde_preprocessors = [
        "birnn_grader.nbgrader.preprocessor.SplitExecute",
        f"{steps}.LimitOutput",
        "birnn_grader.nbgrader.preprocessor.SaveScores",
        f"{steps}.AssignLatePenalties",
        f"{steps}.CheckCellMetadata",
    ]
    from nbgrader.converters import GenerateAssignment

    usual = GenerateAssignment.class_traits()["preprocessors"].default()
    c.GenerateAssignment.preprocessors = ["birnn_grader.nbgrader.preprocessor.CheckNames", *usual]
    c.GenerateFeedback.preprocessors = [
        "birnn_grader.nbgrader.feedback.Marks",
        "birnn_grader.nbgrader.feedback.HideHiddenTests",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    c.GenerateFeedback.exporter_class = "birnn_grader.nbgrader.feedback.SafeHTMLExporter"
    c.SafeHTMLExporter.template_name = "birnn"
    c.SafeHTMLExporter.extra_template_basedirs = [str(Path(__file__).parent / "nbgrader" / "templates")]
    c.ExportApp.plugin_class = "birnn_grader.nbgrader.export.FastCsv"
    _replace_converters()


def _replace_converters() -> None:
    """Let nbgrader's commands and its formgrader find our converters where they look for their own."""
    import nbgrader.apps.api
    import nbgrader.apps.autogradeapp
    import nbgrader.apps.generateassignmentapp
    import nbgrader.apps.validateapp

    from birnn_grader.nbgrader.autograde import SafeAutograde
    from birnn_grader.nbgrader.release import SafeGenerateAssignment
    from birnn_grader.nbgrader.validate import FrankValidator

    nbgrader.apps.autogradeapp.Autograde = nbgrader.apps.api.Autograde = SafeAutograde
    nbgrader.apps.generateassignmentapp.GenerateAssignment = SafeGenerateAssignment
    nbgrader.apps.api.GenerateAssignment = SafeGenerateAssignment
    nbgrader.apps.validateapp.Validator = FrankValidator
