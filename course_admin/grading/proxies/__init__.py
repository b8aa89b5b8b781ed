"""What stands in a test for the student's functions, classes and objects, which live in another process.

A proxy that is called sends copies of its arguments and gives plain data back, or another proxy for what is no plain
data. A proxy is never equal to, less than or added to data of ours: that raises the TypeError "expected plain data",
because the student's object could see what is expected and say yes. Two rules soften this where it can do no harm: two
objects of the student may be compared with each other, and an object of a class that the assignment asks for answers
the operators that the instructor's own class defines.

`link.py` speaks with the agent in the student's process (../agent), `handing.py` says what a test may hand to an
answer, `errors.py` builds the errors of answers anew, `proxy.py` and `operators.py` are what a test holds.
"""
