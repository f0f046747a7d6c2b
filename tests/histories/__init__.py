"""Any history of runs gives the same letters: orders, repetitions and pulls beforehand, on both databases."""
