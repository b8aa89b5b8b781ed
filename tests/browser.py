"""Chromium for tests: where it is, how it is started, what it must not complain about, and pictures for docs/."""

import io
import os
import shutil
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE = 300_000  # milliseconds: how long a page may take on a busy machine; only a failure ever waits that long
FLAGS = [
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
expect.set_options(timeout=PATIENCE)


def chromium() -> str | None:
    """The path of an installed Chromium, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def started_browser():
    """A running Chromium. Skips the test where there is none: pytest's summary says so in one line.

    With COURSE_BROWSER=required, as in CI, a missing Chromium is a failure.
    """
    path = chromium()
    if path is None:
        assert os.environ.get("COURSE_BROWSER") != "required", "no Chromium here, but COURSE_BROWSER=required"
        pytest.skip("no Chromium here, so its tests were left out (Debian, Ubuntu: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """A page of its own, and what went wrong on it: console errors, and every host that was asked for something."""

    def __init__(self, browser: Browser, size: dict = DESKTOP, **options):
        self.context = browser.new_context(viewport=size, **options)
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))


@contextmanager
def watched(browser: Browser, size: dict = DESKTOP, **options):
    one = Watched(browser, size, **options)
    try:
        yield one
    finally:
        one.context.close()


@contextmanager
def served(folder: Path):
    """The address of `folder` on a free port of this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def serious_faults(page: Page) -> list[str]:
    """What axe finds serious or critical for readers with a disability, each with the first place."""
    found = Axe().run(page, options={"preload": False, "resultTypes": ["violations"]}).response["violations"]
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:200]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]


def picture(page: Page, name: str, words: str = "") -> None:
    """A screenshot for docs/, where `make pictures` asks for one.

    words: what the page said then, kept in the file, so that tests/test_docs.py sees when the picture is out of date.
    """
    if folder := os.environ.get("COURSE_PICTURES"):
        page.add_style_tag(content=".Toastify { display: none }")  # JupyterLab asks whether it may send news
        kept = PngInfo()
        kept.add_text("Description", words)
        shot = Image.open(io.BytesIO(page.screenshot()))
        shot.save(Path(folder) / name, optimize=True, pnginfo=kept)
