"""What instructors and CI run: the `course` command. Students are never given this package."""
