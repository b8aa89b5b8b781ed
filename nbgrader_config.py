"""nbgrader's settings for the course; read by `course`, by every `nbgrader` command and by formgrader."""

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.course_id = "convolution-to-reid"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"

# Students receive no trace of the instructor notebook's run: only what a notebook needs to open.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "course_admin.elsewhere.OpenElsewhere",
]
c.ClearMetadataPreprocessor.enabled = True
c.ClearMetadataPreprocessor.clear_cell_metadata = False
c.ClearMetadataPreprocessor.preserve_nb_metadata_mask = {"kernelspec", ("language_info", "name")}

# The default of 30 seconds a cell surprises everybody who trains a network.
c.ExecutePreprocessor.timeout = 300
c.Execute.timeout = 300
# A grader who waits for a lost kernel should not wait for ever.
c.Execute.startup_timeout = 120
# Nor lose a student because a busy machine is slow to hand over the last output (the default is 4 seconds).
c.Execute.iopub_timeout = 60

# `nbgrader zip_collect`: Surname-Firstname-TP1.zip becomes extracted/surname-firstname/, and that is the student.
c.ZipCollectApp.extractor_plugin = "course_admin.nbgrader_plugins.ArchiveExtractor"
c.FileNameCollectorPlugin.named_regexp = r".*/extracted/(?P<student_id>[^/]+)/(?P<file_id>[^/]+)"
c.FileNameCollectorPlugin.valid_ext = [".ipynb", ".py", ".txt"]  # .txt: the extractor writes timestamp.txt

# A copied cell must not stop the class, nor a deleted one; a deleted check is put back.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "course_admin.nbgrader_plugins.DropCopies",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "course_admin.nbgrader_plugins.RestoreChecks",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.OverwriteCells.add_missing_cells = True

# Students see their marks and their errors, not the hidden tests.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "course_admin.nbgrader_plugins.StripHidden",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

# A page must not run what a student wrote: formgrader's pages share the instructor's Jupyter session.
c.HTMLExporter.sanitize_html = True
# The filter drops pictures inside HTML, so it is given the PNG that every figure of the course brings along.
c.NbConvertBase.display_data_priority = [
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/html",
    "text/latex",
    "text/plain",
]
c.HTMLExporter.filters = {"markdown2html": "course_admin.nbgrader_plugins.harmless_markdown"}
