"""The recorded operations of a stock TF Serving, see record_operations.py; test_export_*.py compare with them."""

import tensorflow as tf

from tests.serving.exports import operations
from tests.serving.record_operations import OF_TENSORFLOW_TEXT, stock

STOCK = stock()


def test_the_recorded_set_is_that_of_a_server_without_python_and_compiler(tmp_path):
    assert {"MatMul", "Assert", "StatelessWhile", "LookupTableFindV2", *OF_TENSORFLOW_TEXT} <= STOCK
    assert not STOCK & {"PyFunc", "PyFuncStateless", "EagerPyFunc", "XlaDynamicUpdateSlice"}

    # The list would catch them: a graph that calls Python, and one that needs the compiler's operations.
    module = tf.Module()
    module.python = tf.function(
        lambda x: tf.numpy_function(lambda y: y, [x], tf.float32), input_signature=[tf.TensorSpec([2])]
    )
    tf.saved_model.save(module, tmp_path)
    assert operations(tmp_path) - STOCK == {"PyFunc"}
