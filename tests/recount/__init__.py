"""A second computation of the rules of edition 2026-11, and its comparison with the product's.

`walk` is the second computation: plain Python over the raw files, importing nothing of the product. `edits` changes files at random,
`sent` puts letters into a store, `comparison` sets one against the other; `python -m tests.recount` runs them.
"""
