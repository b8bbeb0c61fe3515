"""Fails a run in which a test was skipped for a reason that nobody has agreed to.

`tests/allowed_skips.txt` lists the agreed reasons, one a line, word for word.
"""

from pathlib import Path

import pytest

ALLOWED = Path(__file__).parent / "allowed_skips.txt"
_found: list[str] = []


def agreed_reasons(text: str) -> set[str]:
    """Return the reasons of a list; empty lines and lines that begin with # say nothing."""
    lines = (line.strip() for line in text.splitlines())
    return {line for line in lines if line and not line.startswith("#")}


def _note(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = told.removeprefix("Skipped: ").strip()
    if reason not in agreed_reasons(ALLOWED.read_text()):
        _found.append(f"{report.nodeid}: {reason}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _note(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _note(report)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _found and not hasattr(session.config, "workerinput") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _found:
        terminalreporter.section("skipped without an agreed reason")
        for line in _found:
            terminalreporter.line(line)
        terminalreporter.line("A reason is agreed by adding it to tests/allowed_skips.txt.")
