"""The instructor's engine, a plug-in for nbgrader: students' code in a sandbox, the tests outside it."""

from birnn_ref import __version__ as __version__
