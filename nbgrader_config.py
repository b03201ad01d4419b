"""nbgrader's settings for this course: `solutions/` is the one source, `exercises/` is what students get."""

from birnn_grader.plugin import configure

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "birnn"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
configure(c)  # students' code runs in a sandbox, the tests outside it
