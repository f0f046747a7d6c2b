"""The order of the steps, one module a DAG. Every step takes a `house.Run` and may be run again at any time."""
