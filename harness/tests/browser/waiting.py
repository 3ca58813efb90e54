"""Waiting for a page."""


def until(page, script, arg=None):
    """Ask again and again until ``script`` is true; the page's own policy forbids the driver's way to wait."""
    for _ in range(3_000):
        if page.evaluate(script, arg):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"never true: {script}")
