"""`course grade`: mark a class in parallel, each work in a sandbox, with the tests in a process of our own."""
