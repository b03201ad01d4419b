"""The instructor's engine, a plug-in for nbgrader: students' code in a sandbox, the tests outside it."""

__version__ = "0.1.0"
