"""Thresholds and deadlines, each with its unit and its reason.

None of these numbers is published: they are this project's own defaults (系统默认), shown to operators as such and
never as a rule of the ministry. A change of a number is a new `RULES_VERSION`, which every alarm and letter records.
Letters of an earlier edition are shown and made again from their frozen figures and with that edition's templates
(`letters/templates/2020-03`); whatever is computed anew, a 更正 of such a letter too, follows the present edition.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

RULES_VERSION: Final = "2026-11"

# A value of the column `data_origin`: whatever carries it was made by the simulator, and says so wherever a person looks.
SIMULATED_LABEL: Final = "模拟数据"

# Published totals of the key regions, March to June 2020, which the simulated season reproduces.
SEASON_START: Final = date(2020, 3, 1)
SEASON_END: Final = date(2020, 6, 16)  # exclusive


@dataclass(frozen=True)
class Deadlines:
    """Natural time allowed for each step; weekends and holidays count."""

    acknowledge: timedelta = timedelta(hours=2)  # from push to 签收
    feedback: timedelta = timedelta(hours=24)  # from push to the answer
    after_return: timedelta = timedelta(hours=24)  # from 退回 to the new answer
    after_rejection: timedelta = timedelta(hours=24)  # from the rejection of a timely dispute to the answer
    review: timedelta = timedelta(hours=48)  # from the answer to 审核
    rectify: timedelta = timedelta(days=3)  # from discovery, unless the city promised a date
    rectify_longest: timedelta = timedelta(days=15)  # a promise may not be later than this


DEADLINES: Final = Deadlines()


def receipt_second(moment: datetime) -> datetime:
    """A moment of receipt as it is kept and judged: its whole second, which is what a receipt prints. Whatever came by phone, form,
    mail or from another level in the second of its deadline is on time."""
    return moment.replace(microsecond=0)


@dataclass(frozen=True)
class LowResponse:
    """When a unit is reminded (提醒), marked for 督办, and how far the ladder of one alarm goes.

    Judged by facts alone: the alarms that are overdue for at most `recent_overdue`, whenever they were pushed, and the late
    answers to the alarms pushed in the last `rolling_days` of the window. Chronic alarms (长期未反馈) are a mark of their own.
    """

    rolling_days: int = 7
    # An alarm overdue for longer than this is chronic: it neither raises nor replaces the level.
    recent_overdue: timedelta = timedelta(days=7)
    remind_overdue: int = 1  # 提醒: this many recent overdue alarms …
    remind_late: int = 2  # … or this many late ones
    urge_overdue: timedelta = timedelta(
        hours=24
    )  # 督办: a recent overdue alarm is overdue for longer than this …
    urge_late: int = 3  # … or there is a recent overdue alarm and this many late ones
    # The ladder: from the date on which the first 督办函 left to the second, and from that to the ministry's list.
    repeat_dates: int = 3
    silent_letters: int = 3  # 提示函 and 督办函 that left since which a unit must have given a sign of life


@dataclass(frozen=True)
class Completeness:
    """What must have been pulled before a letter may be composed."""

    least_share: float = 1.0  # of the hours of the windows that the figures read


@dataclass(frozen=True)
class Post:
    """How long a letter is worth sending and how the outbox behaves."""

    send_within: timedelta = timedelta(hours=12)  # a period older than this mails nothing by itself
    useful_life: timedelta = timedelta(hours=48)  # from release; a delivery not made by then is `expired`
    lease: timedelta = timedelta(minutes=10)  # a claim older than this was left by a crash
    retry_first: timedelta = timedelta(minutes=5)  # then doubled
    retry_longest: timedelta = timedelta(hours=4)
    reply_within: timedelta = timedelta(hours=24)  # from the letter's as_of to the asked answer
    remind_approval: timedelta = timedelta(hours=12)  # a waiting approval is brought up again
    largest_message_bytes: int = 20 * 1024 * 1024


@dataclass(frozen=True)
class ChannelRules:
    """How chat groups and webhooks are told. Rates are those that the three publish; every other number is this project's own."""

    # Messages in a span, by kind; each minute is counted 5 s longer, as what leaves evenly may arrive unevenly.
    rates: Mapping[str, tuple[tuple[int, timedelta], ...]] = field(
        default_factory=lambda: {
            "wecom": ((20, timedelta(seconds=65)),),
            "dingtalk": ((20, timedelta(seconds=65)),),
            "feishu": ((100, timedelta(seconds=65)), (5, timedelta(seconds=1.5))),
            "webhook": (),
        }
    )
    useful_life: timedelta = timedelta(hours=6)  # yesterday's table is no news in the evening
    webhook_life: timedelta = timedelta(days=30)  # an event is a fact: it waits while its receiver is away
    disable_after: timedelta = timedelta(days=5)  # a webhook that took nothing for so long is switched off
    urgent_ug_m3: float = 150.0  # an alarm with such a peak (heavy pollution) is told at once
    bottom: int = 3  # units that the morning table names at its end
    listed: int = 40  # lines of one message


@dataclass(frozen=True)
class NoticeRules:
    """What a letter to one unit prints of its alarms; its workbook has them all."""

    listed_rows: int = 30  # the newest of a table; older ones are counted, with the oldest named


@dataclass(frozen=True)
class AlarmPush:
    """What an hourly push tells by itself, and when an alarm is told again."""

    # An alarm that entered the store, or is told, later than this after it was raised is no news: a person decides.
    latest: timedelta = timedelta(hours=3)
    # Told again when its peak is at least this many times the one that was told …
    escalation_ratio: float = 1.5
    # … and at least this much above it, μg/m³: twice what makes an exceedance.
    escalation_ug_m3: float = 50.0
    # Hours in the small chart: a day, so that the same hour of the day before stands beside.
    trend_hours: int = 24
    # Alarms raised earlier than this before the window's end are not looked at: a day to answer, and quiet hours before it.
    reads_back: timedelta = timedelta(hours=48)
    # An alarm may still be answered for a while; a mail that comes later than this is worth nothing beside the day's letter.
    useful_life: timedelta = timedelta(hours=12)
    # Alarms that one mail shows with picture and card; the answer form has them all.
    shown: int = 8


@dataclass(frozen=True)
class SummaryRules:
    """What the mid-week and weekend summary counts as repeated, long unanswered or worth a suggestion."""

    repeat_days: int = 30  # 重复报警: over so many days …
    repeat_alarms: int = (
        4  # … a grid with this many alarms, one of them in the window (about 15 grids in a busy one)
    )
    long_unanswered_days: int = 7  # 久拖未决 is chosen among the alarms of so many days
    trend_days: int = 28  # days in the picture of alarms by day: four weeks, so that weekends compare
    trend_weeks: int = 8  # seven days each, in the small pictures of each unit's trend: two months, as a leader remembers them
    top_counties: int = 3  # counties that the text names
    listed_rows: int = 10  # rows of a list in the annexes; the workbook has them all
    named_cities: int = 6  # cities that one sentence names before 等
    case_count: int = 4  # one case a rule
    leading_share: float = 0.20  # 建议: a category with this share of the problems is worth a campaign …
    leading_problems: int = 5  # … when it has at least this many
    rise_share: float = 0.50  # 建议: or one that rose by this share …
    rise_problems: int = 5  # … and by this many problems
    none_found_answers: int = (
        5  # 建议: a city with this many answers and no problem found is worth a second look
    )
    most_suggestions: int = 5  # the text says no more than this many, in the order of their rules


@dataclass(frozen=True)
class BulletinRules:
    """What the half-monthly bulletin lists, and when it asks for more."""

    listed_grids: int = 10  # published: the ten highest and the ten fastest-rising grids
    near_km: float = 3.0  # published: key enterprises within 3 km, measured from the grid's edge
    listed_enterprises: int = 5  # of one grid in the letter; the workbook has them all
    high_share: float = 0.10  # 高值区: the highest tenth of the city's grids with a figure …
    least_high_grids: int = 3  # … at least this many, where the city has them …
    high_above_share: float = (
        0.05  # … and this share above the mean of the city's grids: a flat city has no high-value area
    )
    joined_km: float = 3.1  # high grids whose edges are this close belong to one area: one missing grid does not split it  # (a grid's sides are up to 0.2 % longer than 3 km)
    worst_cities: int = 3  # of each list in the overview, as in the published press tables
    region_grids: int = 10  # of each list of grids in the overview
    rebound_pct: float = 20.0  # 浓度反弹: a rise over the previous window worth a question
    many_enterprises: int = 5  # 企业集中: inside one high-value area
    lacking_share: float = (
        0.10  # 数据不足: this share of the city's grids without a figure is worth a question
    )
    most_follow_ups: int = 5  # the letter asks no more than this many questions, in the order of their rules
    wait_for_air_until: time = time(
        18
    )  # of the day it goes out: until then a missing day of air is waited for
    report_within_days: int = 10  # from the day the letter goes out to the city's report of what it did
    # 疑似重复来源: told of so many alarms of the half-month, each time with at least this chance (中 or 高).
    repeat_alarms: int = 2
    repeat_chance: float = 0.2
    listed_repeats: int = 10  # in the letter; the workbook has them all
    listed_lasting: int = 10  # 持续偏高 grids in the letter; the workbook has them all


@dataclass(frozen=True)
class AnswerQuality:
    """What the figures of answer quality look at."""

    recurrence: timedelta = timedelta(days=7)  # a grid that alarms again within these days of being rectified
    inspected_before: timedelta = timedelta(
        hours=12
    )  # a 排查时间 that lies longer before the receipt is looked at


@dataclass(frozen=True)
class SpotChecks:
    """How many answers of a week are drawn for 抽查; at least one a unit that answered, too."""

    share: float = 0.05
    least: int = 10  # in all, or all of them


@dataclass(frozen=True)
class GridSelection:
    """How hotspot grids are ranked and how many are chosen. Published: about 5,000 of 60,193 by satellite annual PM2.5 and local
    emissions; how the two are weighed is not. Shares are 0 to 1."""

    # Weights of the last year of PM2.5 and of the two before it: one year alone is weather and the noise of a retrieval.
    weight_last_year: float = 0.5
    weight_year_before: float = 0.3
    weight_third_year: float = 0.2
    # The surroundings of a grid: all cells whose centres lie this near, km. About a county: what a city can compare itself with …
    background_km: float = 30.0
    # … and their level: this percentile, the clean part of the surroundings, not their mean, which the hotspots raise.
    background_percentile: float = 20.0
    # What a grid's score is made of, as percentile ranks over the whole region: how high it is …
    weight_level: float = 0.30
    # … how far it stands above its surroundings, so that not only the plain of the dirtiest city is chosen …
    weight_excess: float = 0.25
    # … what is emitted in it, so that an inspection can find something …
    weight_emission: float = 0.30
    # … and the key enterprises in it: the places that somebody can walk to.
    weight_enterprises: float = 0.15
    # People living in it count where an office wants it so.
    weight_population: float = 0.0
    # How many grids in all: this share of the cells (5,000 of 60,193 published) …
    hot_share: float = 5000 / 60193
    # … or this number, where it is not 0.
    hot_count: int = 0
    # A unit's count follows from the region's ranking, but at least this share of its cells: every city has hotspots of its own …
    floor_share: float = 0.02
    # … and at most this one: who is asked about a third of a city looks nowhere.
    cap_share: float = 0.30
    # Or a number of its own for a unit, where it is not 0, instead of hot_share, floor and cap: units without one have none then.
    unit_quota: int = 0
    # An old grid stays while its rank within its unit is within this many times the unit's count: lists that change by the noise
    # of a retrieval cannot be inspected.
    keep_within: float = 1.25
    # Grids that carry micro-stations: this share of the hotspot grids (1,000 of 5,000 published), the first by enterprises and emission.
    monitored_share: float = 0.20
    # Cells at the outer border belong to the lattice when this share of them is inside.
    least_inside_share: float = 0.5
    # A raster speaks for a cell when it has values on this share of it …
    least_coverage: float = 0.5
    # … and for the region when it speaks for this share of the cells.
    least_region_coverage: float = 0.5
    # The median of the region's annual PM2.5, μg/m³: outside, a scale was not applied or the unit is another.
    least_median_ug_m3: float = 5.0
    most_median_ug_m3: float = 200.0
    # The region's mean emission, t/km² a year: outside, mass was taken for flux or a unit is another.
    least_emission_t_km2: float = 0.001
    most_emission_t_km2: float = 1000.0
    # How far the weights are moved to see which grids depend on them.
    weight_shift: float = 0.1


@dataclass(frozen=True)
class Retention:
    """How long files are kept that nothing names. Facts, letters with all their files, and the audit trail are kept for good."""

    unnamed: timedelta = timedelta(
        days=90
    )  # older previews, figures of a run: until then a run may be cleared and repeated,
    # and an archive of old hours imported piece by piece
    drafts: timedelta = timedelta(days=2)  # half-written files: no write takes longer
    hourly_values: timedelta = timedelta(
        days=762
    )  # 25 months: a comparison without dust reads the hours of the
    # month, the one before and the one a year before, and last year's bulletins can be made again


@dataclass(frozen=True)
class SelfWatch:
    """When the system says that something is wrong with itself (for engineers and duty officers; no figure reads it)."""

    # From the as-of moment of a window to when its letters must be accounted for, by kind of window.
    late_after: Mapping[str, timedelta] = field(
        default_factory=lambda: {
            "day": timedelta(minutes=30),  # 08:30 → the letters of the day are out by 09:00
            "midweek": timedelta(minutes=30),
            "weekend": timedelta(minutes=30),
            "half_month": timedelta(hours=24),  # a bulletin that nobody signed for a day
            "hour": timedelta(hours=2),
        }
    )
    look_back: timedelta = timedelta(days=31)  # older windows without a run are not brought up again
    post_round_age: timedelta = timedelta(
        minutes=45
    )  # since the last round of the post: two of them stayed away
    mailbox_age: timedelta = timedelta(minutes=30)  # since a mailbox was read, which is every five minutes
    outbox_age: timedelta = timedelta(hours=1)  # mail that is due and has not left for longer
    certificate: timedelta = timedelta(days=21)  # a certificate that expires sooner
    least_free_share: float = 0.05  # of a disk
    least_free_bytes: int = 1 << 30  # and never less than 1 GB


@dataclass(frozen=True)
class Hints:
    """What is taken of the public's hints, and how long senders are known. Hints are few: what comes in hundreds is spam."""

    most_a_day: int = 200  # all senders together, by the day of receipt
    most_of_one_sender: int = 5  # a day
    most_rows: int = 5_000  # of one file
    largest_file_bytes: int = 5 * 1024 * 1024
    # After closing, names, addresses and words are erased: nobody has to ask for it any more.
    kept_after_closing: timedelta = timedelta(days=30)


@dataclass(frozen=True)
class FieldPage:
    """What an inspector's phone page takes, and for how long. Every number is this project's own (系统默认)."""

    # From the day the letter goes out: an alarm is chronic after 8 days, and every later letter brings a link of its own.
    link_life: timedelta = timedelta(days=14)
    # The code travels by mail, which takes minutes in good times.
    code_life: timedelta = timedelta(minutes=60)
    device_life: timedelta = timedelta(days=180)  # a phone is given away: it is confirmed anew twice a year
    codes_of_unit: int = 6  # an hour: a contact's mailbox is nobody's toy
    codes_of_device: int = 3  # an hour
    most_photos: int = 4
    largest_photo_bytes: int = 12 * 1024 * 1024
    largest_request_bytes: int = 32 * 1024 * 1024
    most_pixels: int = 50_000_000  # a phone's largest sensor in use; a bomb says more
    photo_side_pixels: int = 1600
    photo_quality: int = 80
    largest_kept_photo_bytes: int = 2 * 1024 * 1024
    longest_text: int = 500
    longest_name: int = 64
    upload_seconds: float = 180.0  # of one request on a slow phone
    photo_seconds: float = 20.0  # of one photo
    most_waiting_files: int = 5_000  # in the spool
    most_waiting_bytes: int = 2 * 1024**3
    least_free_bytes: int = 200 * 1024**2
    # Requests of one address a minute; of wrong links and codes; reports of one link an hour.
    views_a_minute: int = 120
    wrong_a_minute: int = 10
    reports_a_minute: int = 20
    reports_of_link_an_hour: int = 200
    code_tries: int = 5  # of one device in ten minutes
    # Days; a profile may say otherwise (retention_days). A position is nobody's business after a season …
    positions: int = 90
    photos: int = 730  # … a photo is evidence of an answer: two seasons …
    spools: int = 90  # … what was refused, and the page's own receipts


@dataclass(frozen=True)
class ChainRules:
    """A city's own chain (交办、反馈、审核、整改、验收、销号): how long each step may take, in natural time from the step before it.

    Where the programme's own clock has a number it is taken; the rest has none that is published. A profile may say otherwise.
    """

    acknowledge: timedelta = DEADLINES.acknowledge  # 交办 to 签收
    report: timedelta = DEADLINES.feedback  # 交办 to 巡查上报
    review: timedelta = DEADLINES.review  # 上报 to 审核
    report_again: timedelta = DEADLINES.after_return  # 退回 to the new report
    rectify: timedelta = (
        DEADLINES.rectify
    )  # 审核 (or an acceptance that failed) to 整改, unless a date was promised
    accept: timedelta = timedelta(days=3)  # 整改 to 现场验收: as long as the rectification itself
    write_off: timedelta = timedelta(days=7)  # 验收 to 销号: a weekly round of spot checks fits in
    promise_longest: timedelta = (
        DEADLINES.rectify_longest
    )  # a promised date is not later than this after the report
    escalate_after: timedelta = timedelta(
        hours=24
    )  # an overdue step is 提级 from then on, as an alarm's 督办 is
    spot_check_percent: int = 20  # of what is to be written off: 验收 is the rule, 抽查 a sample of it


@dataclass(frozen=True)
class DissectionRules:
    """解剖分析: when the alarms of a grid open a case, and over what its measures are judged. No number is published; a profile may
    say otherwise.
    """

    # A hotspot grid has 0.048 alarms a day (DOMAIN: 5,093 in 107 days on 1,000 grids), 1.4 in 30 days: five come by chance in 1.6 %.
    alarms: int = 5
    within: timedelta = timedelta(days=30)
    again: int = 3  # within as long after the acceptance: at that rate by chance in 18 % (two in 42 %); a look again costs less than none
    analyse: timedelta = timedelta(days=7)  # opening to the filed analysis
    compare: timedelta = timedelta(days=30)  # before the case, and after its measures, at most
    least_after: timedelta = timedelta(days=7)  # of what came after them: in less nothing is said


@dataclass(frozen=True)
class AssessmentRules:
    """考核 of the units that hold tasks. No number is published."""

    least_due: int = 5  # steps: of fewer one is over a fifth, and a unit is listed without a rank
    # Into the month after: by then whatever began in a month is due, promised rectifications (15 days) of its last day but one too.
    day_of_next_month: int = 16


FIELD: Final = FieldPage()
LOW_RESPONSE: Final = LowResponse()
COMPLETENESS: Final = Completeness()
POST: Final = Post()
CHANNELS: Final = ChannelRules()
ASSESSMENT: Final = AssessmentRules()
ALARM_PUSH: Final = AlarmPush()
RETENTION: Final = Retention()
HINTS: Final = Hints()
SELF_WATCH: Final = SelfWatch()
NOTICE: Final = NoticeRules()
SUMMARY: Final = SummaryRules()
BULLETIN: Final = BulletinRules()
SPOT_CHECKS: Final = SpotChecks()
ANSWER_QUALITY: Final = AnswerQuality()
GRID_SELECTION: Final = GridSelection()

FEEDBACK_EVENTS: Final[tuple[str, ...]] = (
    "acknowledged",
    "submitted",
    "returned",
    "accepted",
    "disputed",
    "dispute_upheld",
    "dispute_rejected",
    "closed",
    "reopened",
)

# What the unit that was asked may say of itself; every other event is a decision of the office above it.
UNIT_EVENTS: Final[tuple[str, ...]] = ("acknowledged", "submitted", "disputed")

# What a suspect of an alarm may be judged by beside its distance: the wind, the enterprise's meters, former problems nearby.
SUSPECT_BASES: Final = ("wind", "meters", "former")

# Codes of wind direction in use: China's archives (999001 missing, 999017 calm, 999003 variable), synoptic and METAR tables
# (990 and VRB variable, 999 missing), Chinese forms (C 静风). 360 is north, as 0 is.
CALM_WINDS: Final = frozenset({"999017", "C", "CALM", "静风", "静"})
VARIABLE_WINDS: Final = frozenset({"990", "999003", "VRB", "V", "VAR", "不定", "风向不定"})
