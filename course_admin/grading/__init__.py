"""`course grade`: mark a class in parallel, each work in a sandbox, with the tests in a process of our own.

spec, course        what is asked for          intake, gathering, reading, matching, ordering    a student's work
job, notebook_run, running, kernel             the cells in the student's kernel (sandbox/: its walls)
bench, bench_process, judge, namespace         each test in a process of ours, where the student's names are
proxies/, wire, agent/                         proxies, which ask the agent in the kernel over the wire
engine, book, writer, status, autograded       the class, the gradebook, what is kept of each work
feedback, marks, similarity, commands          around it
"""
