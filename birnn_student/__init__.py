"""What a problem set's first cell imports: it calls a student's functions and puts into words what looks wrong.

Nothing here is secret: it lies on every student's machine. Hidden tests are in the instructors' notebooks alone.
"""

from birnn_student.asking import again, ask, compare, example
from birnn_student.notebook import begin, hint, summary

__all__ = ["again", "ask", "begin", "compare", "example", "hint", "summary"]
