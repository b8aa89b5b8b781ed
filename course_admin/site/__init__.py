"""`course site`: every lesson as static HTML, in a student and an instructor edition, for reading without a kernel.

pages.py turns a built notebook into a page, lesson_map.py draws the first page, glossary.py links words to their
meaning, sphinx_site.py lets Sphinx make HTML of it all.
"""
