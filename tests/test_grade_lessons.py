"""`course grade` on lessons of this course: a solved notebook gets all points, and a wrong answer costs its own only.

Lessons that train networks take minutes; `python tests/graded_lesson.py LESSON` grades them by hand.
"""

import pytest

from graded_lesson import BLANK, EVEN, ODD, OTHERWISE, SOLVED, grade, wrong_in

LIGHT = ["00_start_here", "01_convolution_by_hand", "03_mlp_numpy", "04_mlp_pytorch"]
EVERYBODY = [SOLVED, BLANK, OTHERWISE, ODD, EVEN]


@pytest.mark.parametrize("lesson", LIGHT)
def test_each_work_gets_the_points_that_it_deserves(tmp_path, lesson):
    # given works that are solved, blank, solved in another style, and wrong in every other exercise
    graded = grade(tmp_path, lesson, EVERYBODY)
    for student in EVERYBODY:
        # then each loses the points of the exercises that it has wrong, and no other
        wrong = [f"check-{exercise}" for exercise in wrong_in(lesson, student)]
        expected = {check: 0 if check in wrong else points for check, points in graded.most.items()}
        assert graded.marks[student] == expected, (student, graded.status[student]["reasons"])
