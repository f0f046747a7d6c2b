"""The tables of the hourly watch, on the same metadata as include/store/tables.py.

Readings are in Parquet (include/store/station_hours.py). An alarm of the watch is an ordinary row of `alarm` with source `watch`.
"""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from include.store.columns import Instant, one_of
from include.store.tables import metadata

STATION_KINDS: Final = ("micro", "official", "weather")
WATCH_SOURCE: Final = "watch"  # the source that alarms made here name

station = Table(
    "station",
    metadata,
    Column("station_id", String(64), primary_key=True),
    Column(
        "valid_from",
        Date,
        primary_key=True,
        comment="first Beijing date at this place; 2000-01-01 when not told",
    ),
    Column("valid_to", Date, comment="first Beijing date on which it no longer reports; empty while it does"),
    Column(
        "kind", String(16), nullable=False, comment="micro (微站), official (国控、省控站), weather (气象站)"
    ),
    Column(
        "unit_code", ForeignKey("city.unit_code"), nullable=False, index=True, comment="the unit, as told"
    ),
    Column("grid_id", String(64), index=True, comment="of a micro-station, as told; empty for the others"),
    Column("lon", Float, nullable=False, comment="degrees, WGS84"),
    Column("lat", Float, nullable=False, comment="degrees, WGS84"),
    Column("source", String(64), nullable=False, comment="name of the source that told it"),
    Column("is_simulated", Boolean, nullable=False, comment="made by a simulator (模拟数据)"),
    Column("received_at", Instant, nullable=False, comment="when we learnt it (audit only)"),
    Column("content_hash", String(64), nullable=False, comment="SHA-256 of the content"),
    comment="One stay of a station at a place: moved and replaced instruments have several, a retired one an end.",
)

watch_day = Table(
    "watch_day",
    metadata,
    Column("observed_on", Date, primary_key=True, comment="natural Beijing day"),
    Column("rules_edition", String(32), primary_key=True, comment="edition of the watch's rules"),
    Column(
        "revision", Integer, primary_key=True, comment="1; one more when late hours changed the day's facts"
    ),
    Column("inputs_hash", String(64), nullable=False, comment="SHA-256 of what the facts were computed from"),
    Column("stations", Integer, nullable=False, comment="stations in service on the day"),
    Column("made_at", Instant, nullable=False, comment="when (audit only)"),
    comment="The ledger of the daily facts: one computing of one day. The last revision holds.",
)

station_day = Table(
    "station_day",
    metadata,
    Column("observed_on", Date, primary_key=True, comment="natural Beijing day"),
    Column("station_id", String(64), primary_key=True),
    Column("rules_edition", String(32), primary_key=True, comment="edition of the watch's rules"),
    Column("revision", Integer, primary_key=True, comment="as in watch_day"),
    Column("unit_code", String(64), nullable=False, comment="the unit"),
    Column("grid_id", String(64), nullable=False, comment="empty for official stations"),
    Column("hours", Integer, nullable=False, comment="hours of the day with a usable value, 0 to 24"),
    Column("completeness", Float, nullable=False, comment="usable hours of all, 0 to 1"),
    Column("pm25_ug_m3", Float, comment="mean of the usable hours, μg/m³, as read"),
    Column(
        "log_ratio",
        Float,
        comment="median log-ratio to the surroundings outside its own grid: the gain of the day",
    ),
    Column("spread", Float, comment="robust scatter of the hours' log-ratios"),
    Column("damp_mean", Float, comment="mean log swelling in damp air of the hours compared"),
    Column("damp_xx", Float, comment="sum of its squares about that mean"),
    Column("damp_xy", Float, comment="sum of its products with the log-ratio: the station's own swelling"),
    Column("low_hours", Integer, comment="hours far below the day's own middle: the scatter of the station"),
    Column("spikes", Integer, nullable=False, comment="single wild hours"),
    Column("stuck_hours", Integer, nullable=False, comment="hours at one and the same value"),
    Column("range_hours", Integer, nullable=False, comment="hours outside the instrument's scale"),
    Column("dead_hours", Integer, nullable=False, comment="hours far below the surroundings"),
    Column("verdict", String(16), nullable=False, comment="stuck, dead, missing, range, spiky, few, ok"),
    Index(None, "station_id", "observed_on"),
    comment="What one day says about one station. Append-only: the day's last revision holds.",
)

watch_hour = Table(
    "watch_hour",
    metadata,
    Column("hour_at", Instant, primary_key=True, comment="start of the hour"),
    Column("rules_edition", String(32), nullable=False),
    Column("stations_expected", Integer, nullable=False, comment="micro-stations in service on that day"),
    Column("stations_heard", Integer, nullable=False, comment="those with a usable value in the hour"),
    Column("grids_judged", Integer, nullable=False, comment="grids with at least one usable station"),
    Column("grids_raised", Integer, nullable=False, comment="grids in exceedance"),
    Column(
        "lacks_json",
        Text,
        nullable=False,
        comment="what was missing: wind, humidity, official stations, silent units",
    ),
    Column("judged_at", Instant, nullable=False, comment="when (audit only)"),
    comment="The ledger of the watch: one hour that was judged.",
)

watch_alarm = Table(
    "watch_alarm",
    metadata,
    Column("alarm_id", String(64), primary_key=True),
    Column("grid_id", String(64), nullable=False, index=True),
    Column("started_at", Instant, nullable=False, comment="start of its first hour; never changes"),
    Column(
        "raised_at",
        Instant,
        nullable=False,
        index=True,
        comment="end of the deciding hour (data time); never changes",
    ),
    Column(
        "recorded_at",
        Instant,
        nullable=False,
        comment="when it entered the store: one much later than raised_at is pushed only by a person",
    ),
    Column("last_at", Instant, nullable=False, comment="start of its last hour so far"),
    Column("alarm_count", Integer, nullable=False, comment="hours of exceedance so far"),
    Column(
        "peak_pm25_ug_m3",
        Float,
        nullable=False,
        comment="highest hour so far, μg/m³, tied to official stations",
    ),
    Column("confidence", Float, comment="0 to 1: the chance that it is a true event"),
    Column("evidence_json", Text, nullable=False, comment="which stations, how far above what"),
    Column("rules_edition", String(32), nullable=False),
    Column(
        "is_supported",
        Boolean,
        nullable=False,
        comment="false: late hours speak against it (a person decides)",
    ),
    Column("is_simulated", Boolean, nullable=False, comment="made from 模拟数据"),
    comment="What the watch knows of an alarm that it made, beside its row in `alarm`.",
)

alarm_suspect = Table(
    "alarm_suspect",
    metadata,
    Column("alarm_id", String(64), primary_key=True),
    Column("rank", Integer, primary_key=True, comment="1 is the most suspected (疑似)"),
    Column(
        "enterprise_id", String(64), nullable=False, comment="or `unlisted`: none of the listed (来源不明)"
    ),
    Column("score", Float, nullable=False, comment="0 to 1: the chance that it is the source"),
    Column("evidence_json", Text, nullable=False, comment="distance, bearing, hours upwind, meters"),
    Column("rules_edition", String(32), nullable=False),
    Index(None, "enterprise_id"),
    comment="One suspect of one alarm, as last ranked.",
)

suspect_at_push = Table(
    "suspect_at_push",
    metadata,
    Column("alarm_id", String(64), primary_key=True),
    Column("rank", Integer, primary_key=True, comment="1 is the most suspected (疑似)"),
    Column("enterprise_id", String(64), nullable=False, comment="or `unlisted`"),
    Column("score", Float, nullable=False, comment="0 to 1: the chance that it is the source"),
    Column(
        "evidence_json",
        Text,
        nullable=False,
        comment="as in alarm_suspect, with the hours up to the deciding one only",
    ),
    Column("rules_edition", String(32), nullable=False),
    comment="One suspect of one alarm of the watch by what was known when it was raised: what its push may say.",
)

alarm_alias = Table(
    "alarm_alias",
    metadata,
    Column("alias_id", String(64), primary_key=True, comment="the alarm that came second to the same event"),
    Column(
        "alarm_id",
        String(64),
        nullable=False,
        index=True,
        comment="the earlier one, whose id and deadline hold",
    ),
    Column("source", String(64), nullable=False, comment="who told the alias"),
    Column("revisions_json", Text, nullable=False, comment="all that was told of the alias, whole"),
    Column("made_at", Instant, nullable=False, comment="when the two were found to be one (audit only)"),
    comment="Two alarms of one event: same grid, overlapping hours. Only the earlier is in `alarm`.",
)

watch_todo = Table(
    "watch_todo",
    metadata,
    Column("alarm_id", String(64), primary_key=True),
    Column(
        "kind",
        String(16),
        primary_key=True,
        comment="unsupported: late hours speak against an alarm that left",
    ),
    Column("reason", Text, nullable=False, comment="for the person who decides (Chinese)"),
    Column("made_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("settled_by", String(128)),
    Column("settled_reason", Text),
    comment="What a person has to decide about an alarm of the watch.",
)

watch_suppressed = Table(
    "watch_suppressed",
    metadata,
    Column("grid_id", String(64), primary_key=True),
    Column("started_at", Instant, primary_key=True, comment="start of its first hour"),
    Column("last_at", Instant, nullable=False, comment="start of its last hour"),
    Column("unit_code", String(64), nullable=False, comment="the unit"),
    Column("hours", Integer, nullable=False, comment="hours above the surroundings by both thresholds"),
    Column(
        "reason",
        String(24),
        nullable=False,
        comment="why no alarm was made: lasting, dust, wide, humid, surroundings, single_hour, weak",
    ),
    Column("peak_increment_ug_m3", Float, comment="highest above the surroundings, μg/m³"),
    Column("peak_probability", Float, comment="highest chance of a true event, 0 to 1"),
    Column("station_ids", Text, nullable=False, comment="those that stood highest"),
    Column("rules_edition", String(32), nullable=False),
    Index(None, "started_at"),
    comment="An exceedance of which no alarm was made, and why.",
)

VERDICTS: Final = ("struck", "found", "not_found")

suspect_verdict = Table(
    "suspect_verdict",
    metadata,
    Column("alarm_id", String(64), primary_key=True),
    Column("enterprise_id", String(64), primary_key=True, comment="a suspect of the alarm, or `unlisted`"),
    Column(
        "verdict",
        String(16),
        nullable=False,
        comment="struck (a person struck it out), found, not_found (what an inspection found there)",
    ),
    Column("reason", Text, nullable=False, comment="why, or what was seen"),
    Column("decided_at", Instant, nullable=False),
    Column("decided_by", String(128), nullable=False),
    one_of("verdict", VERDICTS),
    comment="What a person said of one suspect of one alarm. It stands when the alarm is ranked again.",
)

PLACE_KINDS: Final = ("site", "road", "fire")

suspect_place = Table(
    "suspect_place",
    metadata,
    Column("source", String(64), primary_key=True, comment="name of the table that it was imported with"),
    Column(
        "kind",
        String(16),
        primary_key=True,
        comment="site (工地), road (道路, a point of it), fire (卫星火点)",
    ),
    Column("place_id", String(64), primary_key=True, comment="its number at that source"),
    Column("name", String(255), nullable=False, comment="empty where none was told"),
    Column("lon", Float, nullable=False, comment="degrees, WGS84"),
    Column("lat", Float, nullable=False, comment="degrees, WGS84"),
    Column("valid_from", Date, comment="first Beijing date of a site or road; empty: always"),
    Column("valid_to", Date, comment="first Beijing date on which it is no more; empty while it is"),
    Column("seen_at", Instant, comment="when a satellite saw a fire; empty for the others"),
    Column("is_simulated", Boolean, nullable=False, comment="made by a simulator (模拟数据)"),
    Column("received_at", Instant, nullable=False, comment="when we learnt it (audit only)"),
    one_of("kind", PLACE_KINDS),
    Index(None, "seen_at"),
    comment="A candidate of the ranking of suspects beside the enterprises. An import of sites or roads replaces the rows of its "
    "source; fires are only added.",
)

suspected_treatment = Table(
    "suspected_treatment",
    metadata,
    Column("observed_on", Date, primary_key=True, comment="Beijing day"),
    Column("enterprise_id", String(64), primary_key=True),
    Column(
        "rule",
        String(16),
        primary_key=True,
        comment="idle, shorter, lost, stopped: the rules of sub-metering",
    ),
    Column("hours", Integer, nullable=False, comment="that broke the rule"),
    Column(
        "spans", String(255), nullable=False, comment="`09-12,20-24`: hours of the day, the end exclusive"
    ),
    Column("production_kw", Float, comment="mean power of the line in these hours; empty where it was lost"),
    Column("treatment_kw", Float, comment="mean power of the treatment in these hours"),
    Column(
        "usual_treatment_kw", Float, comment="what the treatment draws at this production in the days before"
    ),
    Column("metered_hours", Integer, nullable=False, comment="hours of the day with a value"),
    Column(
        "known_hours", Integer, nullable=False, comment="hours of the day that were over: 24 of a whole day"
    ),
    Column("rules_edition", String(32), nullable=False, comment="edition of the rules of sub-metering"),
    Column("made_at", Instant, nullable=False, comment="when it was judged (audit only)"),
    comment="An enterprise whose treatment seems not to run as it should on a day (疑似治污设施不正常运行), alarm or not.",
)
