"""`python manage.py verdict CASE.json`, from the outside."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.rules.verdict import cases
from metrics.rules.verdict.cases.reading import BadCase, UnknownFamily, read

ROOT = Path(__file__).resolve().parents[3]
MONEY = {
    "method": "money-value",
    "input": {
        "effect": 0.03,
        "lower": 0.01,
        "upper": 0.05,
        "direction": "higher_is_better",
        "units_per_week": 400,
        "value": 35,
        "value_low": 25,
        "value_high": 50,
    },
    "params": {},
}
ENGINE = {
    "method": "averaged-ar-gls",
    "input": {"y": [3, 5, 4, 6, 4, 1], "t": [0, 1, 2, 3, 9, 10], "X": [[1, 0]] * 4 + [[1, 1]] * 2},
    "params": {"leave_out_groups": 2},
}


def run(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "verdict", str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def answer_of(case):
    return cases.answer(read(json.dumps(case)))


@pytest.mark.slow
def test_the_command_prints_the_results_of_a_case_as_json(tmp_path):
    path = tmp_path / "case.json"
    path.write_text(json.dumps(MONEY))

    found = run(path)

    assert (found.returncode, found.stderr) == (0, "")
    assert json.loads(found.stdout) == {"value": 21840.0, "lower": 5200.0, "upper": 52000.0}


REFUSED = [
    ('{"method": "tarot", "input": {}}', 3, "'tarot' is not computed here"),
    ('{"method": "money-value"}', 2, "'value' holds what is not a number."),
    ("no json", 2, "This is not JSON."),
    (None, 2, "cannot be read: No such file or directory."),
]


@pytest.mark.parametrize(("text", "code", "words"), REFUSED)
def test_a_case_that_cannot_be_computed_is_refused_in_one_sentence(
    tmp_path, capsys, text, code, words
):
    path = tmp_path / "case.json"
    if text is not None:
        path.write_text(text)

    with pytest.raises(CommandError, match=words) as refused:
        call_command("verdict", path)

    assert refused.value.returncode == code
    assert len(str(refused.value).splitlines()) == 1
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
def test_a_case_that_cannot_be_computed_ends_in_one_sentence(tmp_path):
    text, code, words = REFUSED[0]
    path = tmp_path / "case.json"
    path.write_text(text)

    found = run(path)

    assert found.returncode == code
    assert found.stdout == ""
    assert words in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": [4, 4, 4, 4, 4, 4]}, "does not vary"),
        ({"y": [4, 4, 4, 4, 1, 1]}, "does not vary"),
        ({"y": [3, 5, 4]}, "differ in number"),
        ({"y": [3, 5, 4, 6, 4, "1"]}, "'y' holds what is not a number"),
        ({"y": [3, 5, 4, 6, 4, float("nan")]}, "not finite"),
        ({"y": [3, 5, 4, 6, 4, True]}, "'y' holds what is not a number"),
        ({"y": []}, "'y' is not a list"),
        ({"t": [0, 1, 2, 2, 9, 10]}, "Two figures stand for one period"),
        ({"X": [[1, 1]] * 6}, "do not tell the columns apart"),
        ({"X": [[1]] * 6}, "no column for the step"),
        ({"X": [[1, 0], [1]]}, "differ in length"),
        ({"y": [1], "t": [0], "X": [[1, 1]]}, "must not outnumber"),
        (
            {"y": [1.0] * 10_000, "t": list(range(10_000)), "X": [[1, 0]] * 9_999 + [[1, 1]]},
            "must not outnumber",
        ),
        (
            {"y": [1.0] * 500, "t": list(range(500)), "X": [[1, 0]] * 490 + [[1, 1]] * 10},
            "more than 400 periods",
        ),
    ],
)
def test_figures_that_allow_no_answer_are_refused_with_a_reason(change, words):
    with pytest.raises(BadCase, match=words):
        answer_of(ENGINE | {"input": ENGINE["input"] | change})


def test_a_weighted_case_refuses_a_denominator_of_zero():
    given = ENGINE["input"] | {"numerator": [1] * 6, "denominator": [1, 1, 1, 0, 1, 1]}

    with pytest.raises(BadCase, match="denominator above 0"):
        answer_of({"method": "averaged-ar-gls-weighted", "input": given})


def test_a_ratio_without_end_is_null_and_no_word_that_json_does_not_know():
    given = {"events_1": 5, "exposure_1": 10, "events_2": 0, "exposure_2": 10}

    found = answer_of({"method": "rate-ratio-exact", "input": given})

    assert (found["ratio_1_over_2"], found["upper"]) == (None, None)
    assert found["lower"] > 0


@pytest.mark.parametrize("value", [1e61, -1e300, 1e-61, 10**400])
def test_numbers_whose_squares_would_have_no_end_are_refused(value):
    with pytest.raises(BadCase, match="too large or too small"):
        answer_of({"method": "welch", "input": {"a": [1, value], "b": [1, 2]}})


@pytest.mark.parametrize("value", [2.5, 10**13])
def test_a_number_of_events_is_a_whole_one_that_can_be_counted(value):
    given = {"events_1": value, "exposure_1": 10, "events_2": 0, "exposure_2": 10}

    with pytest.raises(BadCase, match="'events_1' is not a whole number"):
        answer_of({"method": "rate-ratio-exact", "input": given})


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)
NAMES = sorted(
    {"y", "t", "X", "values", "numerator", "denominator", "step", "a", "b", "p", "x1", "n1"}
    | {"x2", "n2", "center", "sd", "k", "h", "lambda", "rho", "baseline", "measurement", "effect"}
)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    method=st.sampled_from(sorted(cases.FAMILIES)),
    given_=st.dictionaries(st.sampled_from(NAMES), VALUES),
    params=st.dictionaries(st.sampled_from(NAMES), VALUES),
)
def test_no_case_whatever_it_holds_ends_in_anything_but_an_answer_or_a_refusal(
    method, given_, params
):
    text = json.dumps({"method": method, "input": given_, "params": params})

    try:
        found = cases.answer(read(text))
    except (BadCase, UnknownFamily):
        return
    assert json.dumps(found, allow_nan=False)


@pytest.mark.slow
def test_the_package_by_itself_loads_no_statistics_library():
    asks = "import sys, metrics.rules.verdict; print({'numpy', 'scipy'} & {*sys.modules})"

    found = subprocess.run(
        [sys.executable, "-c", asks], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert found.stdout == "set()\n"


@pytest.mark.slow
def test_the_statistics_run_on_one_thread():
    asks = (
        "import os, django; django.setup(); import numpy as np; "
        "np.ones((500, 500)) @ np.ones((500, 500)); print(len(os.listdir('/proc/self/task')))"
    )
    shell = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    shell.pop("OPENBLAS_NUM_THREADS", None)

    found = subprocess.run(
        [sys.executable, "-c", asks],
        cwd=ROOT,
        env=shell,
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stdout == "1\n", found.stderr


INPUTS = {
    "format": 1,
    "start_date": "2026-01-05",
    "go_live": None,
    "last_week": 12,
    "maturity_days": 7,
    "kind": "mean",
    "direction": "lower_is_better",
    "level": "C",
    "figures": [[f"2026-{m:02}-{d:02}", m + d, 1, 1, 1] for m, d in [(1, 5), (1, 12), (3, 2)]],
    "grain": "week",
    "comparison": [],
    "logarithm": False,
    "season_swing": 0,
    "matters": 1,
    "target": None,
    "guards": [],
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"figures": [["2026-01-05", "many", 1, 1, 1]]},
        {"start_date": "0001-01-01"},
        {"last_week": 10**9},
        {"season_swing": [], "matters": "much"},
    ],
)
def test_a_read_out_written_by_hand_is_refused_in_words_and_never_crashes(tmp_path, wrong):
    file = tmp_path / "read-out.json"
    inputs = json.dumps(INPUTS | wrong)
    digest = hashlib.sha256(inputs.encode()).hexdigest()
    file.write_text(json.dumps({"inputs": inputs, "digest": digest, "result": {}}))

    with pytest.raises(CommandError, match="read-out") as refused:
        call_command("replay", file)

    assert refused.value.returncode == 2


def test_a_file_nested_without_end_is_no_read_out(tmp_path):
    file = tmp_path / "read-out.json"
    file.write_text("[" * 100_000)

    with pytest.raises(CommandError, match="is not a downloaded read-out") as refused:
        call_command("replay", file)

    assert refused.value.returncode == 2
