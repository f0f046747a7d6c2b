"""The chain told a second time, in plain words and without anything of `include/chain`: what a list of steps comes to at a moment, and
whether one more step is lawful. The rules are those of issue and DOMAIN; nothing here is shared with the product."""

from datetime import timedelta

H = timedelta(hours=1)
OURS = {"pass", "return", "accept", "fail", "check", "doubt", "write_off", "extend", "withdraw"}
THEIRS = {"acknowledge", "report", "rectify"}


def tasks_at(steps, moment, known=None):
    """{task number: what is so of it} after the steps up to a moment, and whether the alarm is closed."""
    tasks, closed = {}, False
    for one in steps:
        if one["at"] > moment or (known is not None and one["recorded"] > known):
            continue
        name, at = one["step"], one["at"]
        if name in ("close", "reopen"):
            closed = name == "close"
            continue
        if name == "assign":
            tasks[one["task"]] = {
                "holder": one["unit"],
                "lead": not any(each["lead"] and each["state"] != "withdrawn" for each in tasks.values()),
                "state": "assigned",
                "due": at + 2 * H,
                "answer_due": at + 24 * H,
                "returns": 0,
                "reporters": set(),
                "fixers": set(),
                "inspectors": set(),
                "problem": None,
                "promise": None,
                "drawn": False,
            }
            continue
        task = tasks[one["task"]]
        who = {one["person"]}
        if name == "acknowledge":
            task.update(state="acknowledged", due=task["answer_due"])
        elif name == "report":
            again = task["state"] == "reported"
            task.update(
                state="reported",
                due=at + 48 * H,
                problem=one["problem"],
                promise=one["promise"] if one["problem"] else None,
                reporters=task["reporters"] | who if again else who,
            )
        elif name == "pass":
            if task["problem"]:
                task.update(state="passed", due=max(task["promise"], at) if task["promise"] else at + 72 * H)
            else:
                task.update(state="accepted", due=at + 168 * H, drawn=one["drawn"])
        elif name == "return":
            task["returns"] += 1
            task.update(state="returned", due=at + 24 * H, answer_due=at + 24 * H, drawn=False)
        elif name == "rectify":
            task.update(state="rectified", due=at + 72 * H, fixers=who)
        elif name == "accept":
            task.update(state="accepted", due=at + 168 * H, inspectors=who, drawn=one["drawn"])
        elif name == "fail":
            task.update(state="failed", due=at + 72 * H)
        elif name == "check":
            task.update(state="checked")
        elif name == "doubt" and task["problem"]:
            task.update(state="failed", due=at + 72 * H, drawn=False)
        elif name == "doubt":
            task.update(state="returned", due=at + 24 * H, answer_due=at + 24 * H, drawn=False)
        elif name == "write_off":
            task.update(state="written_off", due=None)
        elif name == "withdraw":
            task.update(state="withdrawn", due=None)
            left = [each for each in tasks.values() if each["state"] not in ("withdrawn", "written_off")]
            led = any(each["lead"] and each["state"] != "withdrawn" for each in tasks.values())
            if left and not led:
                left[0]["lead"] = True
        elif name == "extend":
            task["due"] = one["due"]
            if task["state"] == "assigned":
                task["answer_due"] = max(task["answer_due"], one["due"])
            elif task["state"] in ("acknowledged", "returned"):
                task["answer_due"] = one["due"]
    return tasks, closed


def is_lawful(steps, one):
    """Whether a step may follow these."""
    last = steps[-1]["at"] if steps else one["receipt"]
    at = max(one["receipt"], last)
    tasks, closed = tasks_at(steps, at + 10000 * H)
    name = one["step"]
    ended = ("written_off", "withdrawn")
    if name == "reopen":
        return closed
    if closed:
        return False
    if name == "close":
        return bool(tasks) and all(each["state"] in ended for each in tasks.values())
    running = [each for each in tasks.values() if each["state"] != "withdrawn"]
    if name == "assign":
        taken = one["unit"] in {each["holder"] for each in running}
        two_leads = one["role"] == "lead" and any(each["lead"] for each in running)
        return not taken and not two_leads
    task = tasks.get(one["task"])
    if task is None:
        return False
    if one["unit"] != (task["holder"] if name in THEIRS else ""):
        return False
    who, state = {one["actor"], one["person"]}, task["state"]
    if name in ("pass", "return") and who & task["reporters"]:
        return False
    if name in ("accept", "fail", "check", "doubt") and who & (task["reporters"] | task["fixers"]):
        return False
    if name in ("check", "doubt") and who & task["inspectors"]:
        return False
    if name == "extend":
        return state not in ended and one["due"] > task["due"] and one["due"] > at
    return {
        "acknowledge": state == "assigned",
        "report": state in ("assigned", "acknowledged", "returned", "reported")
        and (
            one["promise"] is None or (one["problem"] and 0 * H <= one["promise"] - one["receipt"] <= 360 * H)
        ),
        "pass": state == "reported",
        "return": state in ("reported", "passed", "rectified", "failed", "accepted", "checked"),
        "rectify": state in ("passed", "failed"),
        "accept": state == "rectified",
        "fail": state == "rectified",
        "check": state == "accepted" and task["drawn"],
        "doubt": state == "accepted" and task["drawn"],
        "write_off": state == "checked" or (state == "accepted" and not task["drawn"]),
        "withdraw": state not in ended,
    }[name]


def is_told_again(steps, one):
    """Whether a report says word by word what the last one of its task, which waits for its review, says."""
    own = [each for each in steps if each.get("task") == one["task"] and each["step"] != "extend"]
    same = ("person", "problem", "promise")
    is_waiting = one["step"] == "report" and bool(own) and own[-1]["step"] == "report"
    return is_waiting and all(own[-1][name] == one[name] for name in same)


def told_upward(steps):
    """What the alarm's own feedback must be told: (event, moment) in order, each once."""
    found, heard = [], False
    for count, one in enumerate(steps, 1):
        before, _ = tasks_at(steps[: count - 1], one["at"])
        now, _ = tasks_at(steps[:count], one["at"])
        if one["step"] in ("acknowledge", "report") and not heard:
            heard = True
            found.append(("acknowledged", one["at"]))
        if one["step"] in ("return", "close", "reopen"):
            name = {"return": "returned", "close": "closed", "reopen": "reopened"}[one["step"]]
            found.append((name, one["at"]))
        if stands(now) and not stands(before):
            found.append(("submitted", one["at"]))
    return found


def stands(tasks):
    running = [each for each in tasks.values() if each["state"] != "withdrawn"]
    good = ("passed", "rectified", "failed", "accepted", "checked", "written_off")
    return bool(running) and all(each["state"] in good for each in running)
