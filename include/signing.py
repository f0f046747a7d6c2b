"""The answers to a run that asks for a signature, as Airflow and the desk show them."""

from typing import Final

RELEASE: Final = "全部签发"
SOME: Final = "签发部分"
REJECT: Final = "不签发"
