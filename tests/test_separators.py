"""Files with columns whose separators are not those that their names promise: the error names what was found."""

import pytest

from zoo.datasets import DataError
from zoo.tasks import find

# Task, file, content; line, what is said of it, what to do.
FOREIGN = {
    "semicolons": ("classification", "a.csv", "Gut;pos\nÖde;neg\n", 1, "semicolons", "save the table with commas"),
    "a header": ("classification", "a.csv", "text;label\nGut, ja;pos\n", 1, "semicolons", "save the table with commas"),
    "a header of more": ("classification", "a.csv", "nr;text;on;label\n1;Gut;x;pos\n", 1, "semicolons", "with commas"),
    "quotes": ("classification", "a.csv", '"text";"label"\n"Gut, ""ja""";"pos"\n', 1, "semicolons", "with commas"),
    "quotes later": ("classification", "a.csv", 'text;label\n"Gut, ja";pos\n', 2, "semicolons", "with commas"),
    "quotes and tabs": ("translation", "a.csv", '"a\nb"\t"c"\n', 1, "tabs", "rename the file to .tsv"),
    "commas, too": ("translation", "a.csv", "a, b, c;x\nd;y\n", 1, "semicolons", "save the table with commas"),
    "one comma": ("translation", "a.csv", "a, b;x\nd;y\n", 2, "semicolons", "save the table with commas"),
    "tabs": ("regression", "a.csv", "good\t1\nbad\t0\n", 1, "tabs", "rename the file to .tsv"),
    "commas": ("regression", "a.tsv", "text,score\ngood,1\n", 1, "commas", "rename the file to .csv"),
    "semicolons for tabs": ("translation", "a.tsv", "a;b\nc;d\n", 1, "semicolons", "save the table with tabs"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_the_separator_that_was_found_is_named(name, tmp_path):
    task, file, content, line, separators, mending = FOREIGN[name]
    path = tmp_path / file
    path.write_text(content, encoding="utf-8")
    own = "a .csv separates by commas" if file == "a.csv" else "a .tsv separates by tabs"
    with pytest.raises(DataError) as error:
        find(task, data=path).all_examples()
    said = str(error.value)
    assert said.startswith(f"{path}:{line}: ") and said.endswith(f"{mending}.") and "\n" not in said
    assert f"this line has {separators}, and {own}; expected " in said


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("a.tsv", "text\tlabel\ngood\tyes\nnice, but long\n", r"a\.tsv:3: 1 column\(s\); expected 2 as in line 1\."),
        ("a.csv", "text,label\ngood,yes\nnice; but long\n", r"a\.csv:3: 1 column\(s\); expected 2 as in line 1\."),
        ("a.csv", "text,label\n" '"nice"x,yes\n', r"a\.csv:2: a cell goes on behind its closing quote"),
    ],
)
def test_a_comma_or_semicolon_in_a_text_is_none(file, content, said, tmp_path):
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        find("classification", data=tmp_path / file).all_examples()
