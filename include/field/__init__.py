"""The phone page of an inspector: a small server apart from Airflow that never opens the store.

    office ─▶ bundles (signed, one a letter and unit) ─▶ page ─▶ spool (signed) ─▶ office (`answer_round`)

Ground floor, shared with the office: `settings sealing links bundles reports steps folders`. Above it the server.
"""
