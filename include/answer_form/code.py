"""The codes that tie a row of an answer form to one letter, one alarm and one suspect."""

import hashlib


def answer_code(letter_key: str, alarm_id: str) -> str:
    """The code printed beside an alarm in an answer form: it belongs to this letter and this alarm only.

    Ten base-32 digits of a SHA-256; intake computes it again from the letter and alarm that the form names.
    """
    digest = hashlib.sha256(f"{letter_key}\n{alarm_id}".encode()).digest()
    alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    number = int.from_bytes(digest[:8], "big")
    return "".join(alphabet[(number >> shift) & 31] for shift in range(45, -1, -5))


def suspect_code(letter_key: str, alarm_id: str, candidate_id: str) -> str:
    """The code printed beside a suspect in an answer form: it belongs to this letter, alarm and suspect only."""
    return answer_code(letter_key, f"{alarm_id}\n{candidate_id}")
