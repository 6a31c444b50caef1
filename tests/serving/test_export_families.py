"""Every family on every kind of task answers alike after export, with the operations that a stock TF Serving has."""

import pytest

from tests.serving.exports import PAIRS, operations
from tests.serving.fresh_process import check
from tests.serving.record_operations import stock
from zoo.kinds._writing import WritingKind


@pytest.mark.parametrize(("family", "task"), PAIRS)
def test_every_family_on_every_kind_of_task_answers_alike_after_export(exports, fresh, tmp_path, family, task):
    export = exports(family, task)
    needed = operations(export.folder)
    assert {"VarHandleOp", "Placeholder"} <= needed  # the graph was read
    assert not needed - stock(), sorted(needed - stock())
    if isinstance(export.run.kind, WritingKind):  # decoding is a loop in the graph
        assert needed & {"While", "StatelessWhile"}
    check(export, fresh, tmp_path)
