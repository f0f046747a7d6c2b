"""The chain's part of `answer_round`: tasks go to the successors of their holders, new alarms are handed on by the profile's rules where it says so, and the letters of the steps
that were taken are made, and the groups are told what was 提级. An office without a chain does nothing."""

from datetime import datetime
from typing import Any

from include.act import Act
from include.chain.values import Event
from include.house import House
from include.language import say
from include.office.chain_assigning import assign_by_rules
from include.office.chain_letters import chain_letters
from include.office.chain_lists import unassigned_rows
from include.profile.current import office
from include.sources.chain_holders import follow_successors
from include.store.engine import writing
from include.workflows.channels import tell_escalations


def take(house: House, now: datetime, actor: str) -> dict[str, Any]:
    """One round; returns how many tasks were handed on and letters released, and what stood in the way."""
    chain = office().chain
    if chain is None:
        return {}
    assigned: list[Event] = []
    troubles: list[str] = []
    with writing(house.engine, lock="intake") as connection:
        follow_successors(connection, now)
    if chain.is_automatic:
        wanted = [str(one) for one in unassigned_rows(house, now)["alarm_id"]]
        assigned, troubles = assign_by_rules(house, wanted, Act(now, actor))
    done = chain_letters(house, now, actor)
    told = tell_escalations(house, now)
    words = [*troubles, *([done["trouble"]] if done.get("trouble") else [])]
    summary = {"assigned": len(assigned), "letters": done["letters"]} | ({"chats": told} if told else {})
    return summary | ({"trouble": say("；").join(words)} if words else {})
