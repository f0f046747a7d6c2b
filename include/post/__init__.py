"""From a composed letter to the mail server's "250": recipients, the outbox, the yagmail mailer, reconciliation.

    letters.draft ─▶ release.release ─▶ round.post_round ─▶ mail server
                        (number, .eml, deliveries: one transaction)   (moves bytes, records each recipient's outcome)

Every function takes `now` (an aware instant) and `actor` (who or what does it); nothing in here reads the clock.
Every change of a letter's or a delivery's state adds a row to `audit` in the same transaction.
"""
