"""The desk's pages: FastAPI and Jinja, without Airflow.

Each page has its route (.py) and template (.html) side by side here; what it asks of the store is a module of
`include.desk`, the statement a file under sql/.
"""
