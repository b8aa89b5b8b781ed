"""`course grade` on lessons of this course: a solved notebook gets all points, and a wrong answer costs its own only.

Lesson 00 runs as it is. Of the others here, with answers that are networks and training loops, the given cells are cut
to what they define, because training takes minutes. `python tests/graded_lesson.py [--cut] LESSON` does the same for
any lesson, by hand; lesson 01 is graded in test_grade_lesson.py, too, and every check runs in test_behind_the_wall.py.
"""

import pytest

from graded_lesson import BLANK, EVERYBODY, deserved, grade

WHOLE = ["00_start_here"]
CUT = ["04_mlp_pytorch", "05_cnn_keras", "06_resnet18"]


@pytest.mark.parametrize("lesson", WHOLE + CUT)
def test_each_work_gets_the_points_that_it_deserves(tmp_path, lesson):
    # solved, blank where cheap, and wrong in every other exercise while the rest is solved in another style
    students = [student for student in EVERYBODY if lesson in WHOLE or student != BLANK]
    graded = grade(tmp_path, lesson, students, whole=lesson in WHOLE)
    for student in students:
        expected, told = deserved(lesson, student, graded.most), graded.status[student]
        assert graded.marks[student] == expected, (student, told["messages"], told["reasons"])
        assert not told["flag"], told["reasons"]
