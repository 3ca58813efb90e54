"""A real Chromium, one for each test process; where there is none, the tests are skipped."""

import shutil

import pytest

from harness.tests.browser import pages

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def browser():
    driver = pytest.importorskip("playwright.sync_api", reason="the driver playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("chromium is not installed")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """Opens a file at an address; afterwards there must have been no error and no request beside the file itself."""
    problems, contexts = [], []

    def visit(path, address="", *, width=1280, scheme="light", scripts=True, **rest):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=scripts, **rest
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("request", lambda request: problems.append(request.url) if not _is_own(request.url, path) else None)
        page.goto(path.as_uri() + address)
        if scripts:
            page.wait_for_selector("html[data-ready=yes]", state="attached")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert problems == []


def _is_own(url, path):
    return url.partition("#")[0] == path.as_uri() or url.startswith("data:")


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def hostile(browser, folder):
    """Path of the page of hostile texts."""
    return _written(folder, "hostile", pages.hostile()[0])


@pytest.fixture(scope="session")
def session(browser, folder):
    """A run on mutants."""
    return pages.run_mutants(folder)


@pytest.fixture(scope="session")
def mutants(session, folder):
    """Path of the page of that run."""
    return _written(folder, "mutants", pages.page_of(session))


@pytest.fixture(scope="session")
def many(browser, folder):
    """Path of a page of 20 000 checks, and its report."""
    text, report = pages.many()
    return _written(folder, "many", text), report


@pytest.fixture(scope="session")
def modes(browser, folder):
    """Path of a page of 28 adapters and several outputs for each check, and its report."""
    text, report = pages.modes()
    return _written(folder, "outputs", text), report


def _written(folder, name, text):
    path = folder / f"{name}.html"
    path.write_text(text, encoding="utf-8")
    return path
