"""The tables of the office and its units, on the same metadata as include/store/tables.py."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, String, Table, Text

from include.store.columns import Instant, Serial
from include.store.tables import metadata

installation = Table(
    "installation",
    metadata,
    Column("installation_id", Integer, primary_key=True, autoincrement=False, comment="1: there is one"),
    Column(
        "profile", String(64), nullable=False, comment="name of the profile that this store was filled from"
    ),
    Column("own_unit", String(32), nullable=False, comment="unit_code of this office"),
    CheckConstraint("installation_id = 1", name="one"),
    comment="Which office this store belongs to; another profile is refused.",
)

unit = Table(
    "unit",
    metadata,
    Column("unit_code", String(32), primary_key=True),
    Column("valid_from", Date, primary_key=True, comment="first date; 1900-01-01: since ever"),
    Column("valid_to", Date, comment="first date on which it no longer holds; empty while it does"),
    Column("name", String(64), nullable=False, comment="as tables print it"),
    Column("bureau", String(128), nullable=False, comment="the addressee as a letter prints it"),
    Column("kind", String(16), nullable=False, comment="bureau, department, town, zone"),
    Column("place_code", String(32), nullable=False, comment="place of the profile where it lies"),
    Column("reports_to", String(32), comment="unit_code of the unit above; empty for the top"),
    Column("address_form", String(32), nullable=False, comment="how a letter speaks to it (你市)"),
    Column("is_addressed", Boolean, nullable=False, comment="letters of this office go to it"),
    Column("fixed_by", String(128), comment="who changed it last; empty: as the profile says"),
    comment="A unit between two dates: taken from the profile once, then the operator's. What an operator changed is not put back.",
)

unit_change = Table(
    "unit_change",
    metadata,
    Column("change_id", Serial, primary_key=True),
    Column("changed_at", Instant, nullable=False),
    Column("unit_code", String(32), nullable=False),
    Column(
        "action",
        String(16),
        nullable=False,
        comment="add, end, succeed, rename, move, join, leave, take, keep",
    ),
    Column("before_json", Text, nullable=False, comment="the rows of the unit before"),
    Column("after_json", Text, nullable=False, comment="… and after"),
    Column("changed_by", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "unit_code"),
    comment="A person's change of a unit or of its membership in a region. Rows are only added.",
)

unit_successor = Table(
    "unit_successor",
    metadata,
    Column("unit_code", String(32), primary_key=True, comment="the unit that ended"),
    Column(
        "county",
        String(64),
        primary_key=True,
        comment="only its alarms of this county; empty: all that no other row names",
    ),
    Column("successor_code", String(32), nullable=False, comment="unit_code of who answers instead"),
    Column("since_date", Date, nullable=False, comment="the first date on which it does"),
    Column("named_at", Instant, nullable=False),
    Column("named_by", String(128), nullable=False),
    comment="Who answers for a unit that ended (承接单位). What was open on the date, and what is pushed from then on, is the successor's.",
)

place = Table(
    "place",
    metadata,
    Column("place_code", String(32), primary_key=True),
    Column("valid_from", Date, primary_key=True, comment="first date; 1900-01-01: since ever"),
    Column("valid_to", Date, comment="first date on which it no longer holds; empty while it does"),
    Column("name", String(200), nullable=False, comment="as letters and maps print it"),
    Column(
        "level",
        String(200),
        nullable=False,
        comment="as the profile calls its levels (province, city, county)",
    ),
    Column("parent_code", String(32), comment="place_code of the place around it; empty for the top"),
    Column("aliases", Text, nullable=False, comment="former and other names, separated by |"),
    Column("name_en", String(200), nullable=False, comment="its name in English; empty for none"),
    Column("fixed_by", String(128), comment="who changed it last; empty: as the profile says"),
    comment="A place between two dates: taken from the profile once, then the operator's. What an operator changed is not put back.",
)

place_change = Table(
    "place_change",
    metadata,
    Column("change_id", Serial, primary_key=True),
    Column("changed_at", Instant, nullable=False),
    Column("place_code", String(32), nullable=False),
    Column("action", String(16), nullable=False, comment="add, end, rename, move, take, keep"),
    Column("before_json", Text, nullable=False, comment="the rows of the place before"),
    Column("after_json", Text, nullable=False, comment="… and after"),
    Column("changed_by", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "place_code"),
    comment="A person's change of a place. Rows are only added.",
)
