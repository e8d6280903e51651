"""Everything that can write an answer: `ollama`, `openai`, `llamacpp`, and `recollection`, which has no model.

`switch` picks among them while Martín runs. Each library is imported by its own module alone.
"""
