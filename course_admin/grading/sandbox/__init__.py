"""The walls around a student's kernel.

`choose.py` decides between bubblewrap, Landlock and (asked for by name) none. The modules `inside`, `keeper`, `limits`,
`landlock`, `seccomp`, `namespaces` and `zygote` run on the other side of the wall, where the rest of `course_admin`
cannot be seen: they import the standard library and each other, nothing else.
"""
