"""What CONTRIBUTING.md says of the tests is true of them."""

import re
from pathlib import Path

TESTS = Path(__file__).parent


def test_the_tests_that_it_names_exist():
    guide = TESTS.parent / "CONTRIBUTING.md"
    named = set(re.findall(r"`([\w/]+)::(\w+)`", guide.read_text(encoding="utf-8"))) - {("file", "test")}
    assert len(named) > 20
    for file, test in sorted(named):
        path = TESTS / f"{file}.py"
        path = path.with_name(f"test_{path.name}")
        assert path.exists(), f"{file}::{test}"
        assert f"def test_{test}(" in path.read_text(encoding="utf-8"), f"{file}::{test}"
