"""The command line: thin; each command turns its arguments into a call of ``zoo`` and prints what comes back.

==============  ==============================================================
main.py         the program: its commands, its errors, its exit status
browse.py       list, show, tasks, data
experiment.py   train, evaluate
comparison.py   compare
use.py          predict, attend, export
conversion.py   convert
output.py       a table for people, one JSON document for programs
runs.py         what is known of a run before TensorFlow is there
summaries.py    what is known of families and kinds of task; cached
==============  ==============================================================
"""
