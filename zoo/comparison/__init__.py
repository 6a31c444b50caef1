"""``zoo.compare``: one protocol, one table, one report.

====================  ==================================================================
:mod:`.protocol`      what is trained, on what, with which budget; resumable
:mod:`.line_up`       which models take part in which task
:mod:`.processes`     a fresh process for each model, so that its memory can be measured
:mod:`.collecting`    run folders to one result
:mod:`.summary`       means and deviations over seeds, columns of the tables
:mod:`.ranking`       which is better, and whether the seeds allow to say so
:mod:`.explanation`   attention of a model on one sample
:mod:`.report`        report.html and the tables of the terminal
====================  ==================================================================
"""
