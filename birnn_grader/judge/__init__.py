"""The trusted side: the process that runs the tests, and the sandbox in which it keeps the student's."""
