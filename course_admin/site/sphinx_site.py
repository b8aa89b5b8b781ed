"""Let Sphinx make the site: gather the pages in a temporary folder, build, and move the result into site/EDITION."""

import io
import re
import shutil
import tempfile
import time
from pathlib import Path

import nbformat

from course_admin.errors import CourseError
from course_admin.site.glossary import glossary_page, read_glossary
from course_admin.site.lesson_map import Entry, entries, map_html
from course_admin.site.pages import lesson_page

TITLE = "From convolution by hand to person re-identification"
INTRODUCTION = {
    "student": "Read here, work in the notebooks. Outputs of exercises are left out: you make them yourself.",
    "instructor": "**Instructor edition, with all solutions.** Do not publish it; students are given the other one.",
}
# What the theme leaves out for readers with a keyboard or a screen reader (axe names each of them).
FOR_EVERYBODY = [
    ('<div class="highlight"><pre>', '<div class="highlight"><pre tabindex="0">'),  # wide code can be scrolled
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),  # and wide tables, on a phone
    ('<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="All lessons">'),
    ('<th class="head"><p></p></th>', "<td></td>"),
]
# A table without a head, as on top of each lesson: its rows are named by their first cell.
_HEADLESS = re.compile(r"<thead>\s*<tr[^>]*>(?:<td></td>\s*)+</tr>\s*</thead>(.*?)</tbody>", re.DOTALL)
_FIRST_CELL = re.compile(r"(<tr[^>]*>)<td>(.*?)</td>", re.DOTALL)
STYLE, MARK = Path(__file__).with_name("course.css"), Path(__file__).with_name("mark.svg")


def build_site(root: Path, edition: str, into: Path | None = None) -> Path:
    """Write one edition to `into`/EDITION (site/EDITION) and return it. An older one stays until the new one is whole.

    Raises CourseError where a lesson is not built, a figure has no text or a link leads nowhere.
    """
    start = time.perf_counter()
    target = (into or root / "site") / edition
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=target.parent) as folder:
        work = Path(folder)
        gather(root, edition, work)
        run_sphinx(work, edition, read_glossary(root))
        if target.exists():
            target.rename(work / "old")
        (work / "html").rename(target)
    print(
        f"site/{edition}: {len(list(target.glob('*.html')))} pages in {time.perf_counter() - start:.0f} s", flush=True
    )
    return target


def gather(root: Path, edition: str, work: Path) -> None:
    """Write what Sphinx reads: work/source with the pages, work/extra with files that go along as they are."""
    source, extra = work / "source", work / "extra"
    source.mkdir()
    extra.mkdir()
    lessons = entries(root)
    for one in lessons:
        page = lesson_page(root, one.name, edition, extra)
        (source / f"{one.name}.ipynb").write_text(nbformat.writes(page), encoding="utf-8")
    names = {one.number: one.name for one in lessons}
    pages = {
        "index.md": index_page(lessons, edition),
        "glossary.md": glossary_page(read_glossary(root), names),
        "notation.md": (root / "docs" / "notation.md").read_text(encoding="utf-8"),
        "timings.md": (root / "docs" / "timings.md").read_text(encoding="utf-8"),
    }
    for name, text in pages.items():
        (source / name).write_text(text, encoding="utf-8")


def index_page(lessons: list[Entry], edition: str) -> str:
    names = "\n".join(one.name for one in lessons)
    return f"""# {TITLE}

{INTRODUCTION[edition]}

```{{toctree}}
:hidden:
:caption: Lessons

{names}
```

```{{toctree}}
:hidden:
:caption: To look up

glossary
notation
timings
```

{map_html(lessons)}
"""


def settings(work: Path, edition: str, glossary: list) -> dict:
    """Sphinx's configuration. Everything a page needs comes with it: no other host is asked for anything."""
    return {
        "project": TITLE if edition == "student" else f"{TITLE} (instructors)",
        "extensions": ["myst_nb", "sphinx-mathjax-offline", "course_admin.site.glossary"],
        "nb_execution_mode": "off",
        "nb_merge_streams": True,
        "myst_enable_extensions": ["dollarmath", "amsmath", "colon_fence"],
        "myst_dmath_double_inline": True,
        "suppress_warnings": ["myst.header"],
        "course_glossary": glossary,
        "html_theme": "furo",
        "html_title": "Convolution to re-identification" + (" (instructors)" if edition == "instructor" else ""),
        "html_static_path": [str(STYLE)],
        "html_css_files": [STYLE.name],
        "html_extra_path": [str(work / "extra")],
        "html_copy_source": False,
        "html_use_index": False,  # of the glossary only, which is in order already
        "html_show_sourcelink": False,
        "html_show_copyright": False,
        "html_show_sphinx": False,
        "html_favicon": str(MARK),
        "language": "en",  # not en_GB: the search page stops over a sentence that its translation lacks
    }


def run_sphinx(work: Path, edition: str, glossary: list) -> None:
    """Build work/html from work/source. Raises CourseError with Sphinx's first warning: a broken link is a fault."""
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    warnings = io.StringIO()
    folders = {"srcdir": work / "source", "outdir": work / "html", "doctreedir": work / "doctrees"}
    try:
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                confdir=None,
                buildername="html",
                confoverrides=settings(work, edition, glossary),
                status=None,
                warning=warnings,
                **folders,
            )
            app.build()
    except SphinxError as error:
        raise CourseError(f"site/{edition}: {error}") from error
    if warnings.getvalue():
        first = warnings.getvalue().strip().splitlines()[0].replace(f"{work}/source/", "")
        raise CourseError(f"site/{edition}: {first}")
    shutil.rmtree(work / "html" / "_sources", ignore_errors=True)  # an empty folder: html_copy_source is off
    for page in (work / "html").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        for found, better in FOR_EVERYBODY:
            text = text.replace(found, better)
        text = _HEADLESS.sub(lambda table: _FIRST_CELL.sub(r'\1<th scope="row">\2</th>', table[1]) + "</tbody>", text)
        page.write_text(text, encoding="utf-8")
