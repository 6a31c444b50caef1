"""The model families, one file each. A family's name is the name of its file.

``import zoo.models`` imports all of them: Keras then knows the families in the file of a saved model.
"""

from zoo.registry import MODELS

for name in MODELS.names():
    MODELS.get(name)
