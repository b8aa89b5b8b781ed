"""What runs in the student's process and answers the judge's requests.

`source.agent_source()` is the text that installs it as a module beside the notebook: these files, and those of the
folder above that both sides need (the wire), one after the other. The text stands for itself: it imports nothing of the
course, and runs in a namespace of its own, so that a student who calls a variable `list` does no harm. No two of the
files may give one name to two things. A student who takes the agent apart can forge its answers, which are data and no
verdicts (../proxies, ../judge.py).
"""
