"""The command line: thin; each command turns its arguments into a call of ``zoo`` and prints what comes back.

==============  ==============================================================
main.py         the program: its commands, its errors, its exit status
browse.py       list, show
tasks.py        tasks, data
training.py     train
evaluation.py   evaluate
comparison.py   compare
prediction.py   predict
use.py          attend
serving.py      serve
conversion.py   export, convert
output.py       a table for people, one JSON document for programs
checks.py       what can be refused before TensorFlow is there
summaries.py    what is known of families and kinds of task; cached
==============  ==============================================================
"""
