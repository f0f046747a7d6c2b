"""Qianliyan: the remote-supervision cadence of hotspot-grid alarms. Nothing in here imports Airflow."""
