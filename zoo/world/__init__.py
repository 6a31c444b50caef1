"""The tiny world: a few people, places and things, and what happens to them.

Data for every kind of task, made here by a seeded generator: no download, the
same on every machine. One abstract meaning is written in English *and* in
Korean, so that one world gives translation pairs, stories, questions, ...

====================  ==========================================================
:mod:`.lexicon`       the words: each with its English and its Korean forms
:mod:`.meaning`       what can be meant: events, sentences, facts (frozen dataclasses)
:mod:`.english`       meaning -> English
:mod:`.korean`        meaning -> Korean: verb last, particles by the final consonant
:mod:`.sampling`      draws sentences of growing complexity
:mod:`.simulation`    draws stories whose sentences follow from the state of the world
:mod:`.splits`        which meaning belongs to training, validation or test
====================  ==========================================================
"""
