"""One module of checks for each lesson; a check answers at once and is also the graded test."""
