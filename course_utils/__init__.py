"""What the lessons import: device, data, plots, checks, and the parts that a lesson has built once.

Importing this package loads neither torch nor tensorflow; the modules that need them load them.
"""
