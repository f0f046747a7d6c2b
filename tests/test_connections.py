from pathlib import Path

import pytest

from include.connections import Connection, Registry, as_airflow_json, from_text, read_each, read_registry
from include.errors import InputError
from include.house import SETTINGS_FILE, open_each, open_house
from include.sources.config import SOURCE_KINDS

SETTINGS = """
airflow:
  connections:
    - conn_id: store
      conn_type: sqlite
      conn_host: var/a.db
    - conn_id: mail
      conn_uri: smtp://user:p%40ss@mail.example:465/?security=ssl
  variables:
    - variable_name: plain
      variable_value: text
    - variable_name: table
      variable_value: {a: 1}
"""


def registry(tmp_path: Path, **environment: str) -> Registry:
    path = tmp_path / "airflow_settings.yaml"
    path.write_text(SETTINGS, encoding="utf-8")
    return read_registry(path, environment)


def test_the_settings_file_gives_connections_and_variables(tmp_path: Path) -> None:
    found = registry(tmp_path)
    assert found.connections == {
        "store": Connection("store", "sqlite", "var/a.db"),
        "mail": Connection("mail", "smtp", "mail.example", 465, "user", "p@ss", "", {"security": "ssl"}),
    }
    assert found.variables == {"plain": "text", "table": '{"a": 1}'}


def test_the_environment_goes_first(tmp_path: Path) -> None:
    found = registry(
        tmp_path,
        AIRFLOW_CONN_STORE='{"conn_type": "postgres", "host": "db", "port": 5432, "extra": {"sslmode": "require"}}',
        AIRFLOW_CONN_OTHER="generic://host",
        AIRFLOW_VAR_PLAIN="other",
        PATH="/bin",
    )
    assert found.connections["store"] == Connection(
        "store", "postgres", "db", 5432, extra={"sslmode": "require"}
    )
    assert found.connections["other"].host == "host"
    assert found.variables["plain"] == "other"


@pytest.mark.parametrize("value", ['{"conn_type": ', "smtp://host:notaport-secret", '{"port": "secret"}'])
def test_an_unreadable_connection_is_named_without_its_value(value: str) -> None:
    with pytest.raises(InputError, match=r"(AIRFLOW_CONN_|connection )(MAIL|mail)") as error:
        from_text("mail", value)
    assert "secret" not in str(error.value)


PORTS = [
    ("0", "0"),
    ("-1", "-1"),
    ("99999", "99999"),
    ('"²"', "no number"),
    ('"５４３２"', "no number"),
    ("true", "no number"),
]


@pytest.mark.parametrize(("told", "got"), PORTS)
def test_a_port_that_is_none_is_named(told: str, got: str) -> None:
    with pytest.raises(InputError) as error:
        from_text("db", f'{{"conn_type": "postgres", "host": "db", "port": {told}}}')
    assert (error.value.where, got in str(error.value.got)) == ("connection db: port", True)


@pytest.mark.parametrize("port", ["abc", "99999", "５４３２", "0", "-1"])
def test_the_port_of_a_url_is_named_too(port: str) -> None:
    with pytest.raises(InputError, match=r"connection db: port.*1 to 65535"):
        from_text("db", f"postgresql://u:secret@127.0.0.1:{port}/x")


@pytest.mark.parametrize(
    ("told", "port"), [("[::1]:5432", 5432), ("[::1]", None), ("db:", None), ("db", None)]
)
def test_a_url_with_or_without_a_port(told: str, port: int | None) -> None:
    assert from_text("db", f"postgresql://u:p@{told}/x").port == port


def test_a_password_is_in_no_repr_but_reaches_airflow() -> None:
    secret = Connection("mail", "smtp", password="hunter2")
    assert "hunter2" not in repr(secret)
    assert as_airflow_json(Registry({"mail": secret}, {}))["mail"]["password"] == "hunter2"


def test_a_settings_file_that_is_none_says_what_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("connections: []")
    with pytest.raises(InputError, match="Astro CLI's format"):
        read_registry(tmp_path / "bad.yaml", {})


def test_out_of_the_box_mail_reaches_only_this_machine(tmp_path: Path) -> None:
    house = open_house(read_registry(SETTINGS_FILE, {}), tmp_path)
    assert house.mail_server.host == "127.0.0.1"
    assert house.mailbox == tmp_path / "mailbox"
    assert house.engine.url.database == str(tmp_path / "supervision.db")
    assert [source.name for source in house.sources] == ["demo_region"]
    assert house.sources[0].location == str(tmp_path / "demo_region")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"AIRFLOW_CONN_SUPERVISION_DB": "mysql://db/x"}, "SQLite or PostgreSQL only"),
        ({"AIRFLOW_VAR_SOURCES": "nowhere"}, "AIRFLOW_CONN_NOWHERE"),
        ({"AIRFLOW_VAR_OFFICE": "[1]"}, "a JSON object"),
        ({"AIRFLOW_VAR_LETTERS": '{"fonts_dir": "/a\\u0000b"}'}, "variable letters: fonts_dir"),
        ({"AIRFLOW_CONN_DEMO_REGION": '{"host": "/a\\u0000b"}'}, "connection demo_region: host"),
        ({"AIRFLOW_CONN_DEMO_REGION": '{"host": "a", "extra": {"mapping": "\\ud800"}}'}, "extra: mapping"),
        ({"AIRFLOW_CONN_DEMO_REGION": '{"host": "a", "extra": "[1]"}'}, "demo_region: extra"),
        ({"AIRFLOW_CONN_SUPERVISION_DB": '{"conn_type": "sqlite", "host": "\\ud800.db"}'}, "U+D800"),
        ({"AIRFLOW_CONN_SUPERVISION_DB": '{"conn_type": "sqlite", "host": 5}'}, "supervision_db: host"),
        ({"AIRFLOW_CONN_SUPERVISION_DB": '{"conn_type": "postgres", "host": ["a"]}'}, "of type list"),
        ({"AIRFLOW_CONN_MAIL_SERVER": '{"conn_type": "smtp", "password": 1234}'}, "mail_server: password"),
        (
            {"AIRFLOW_CONN_SUPERVISION_DB": '{"conn_type": "postgres", "host": "a..b"}'},
            "supervision_db: host",
        ),
        (
            {"AIRFLOW_CONN_MAIL_SERVER": f'{{"conn_type": "smtp", "host": "{"x" * 64}.org"}}'},
            "mail_server: host",
        ),
        ({"AIRFLOW_VAR_OFFICE": "{}"}, "variable office: operators"),
        *(
            ({"AIRFLOW_VAR_LEAST_COMPLETENESS": told}, "variable least_completeness.*from 0 to 1")
            for told in ("nan", "-1", "1.5", "abc", "", "inf", "true")
        ),
        ({"AIRFLOW_VAR_SEASON": '{"start": "2020-06-16", "end": "2020-03-01"}'}, "variable season.*before"),
        ({"AIRFLOW_VAR_SEASON": '{"start": "2020-03-01", "end": "2020-03-01"}'}, "variable season.*before"),
        ({"AIRFLOW_VAR_SEASON": '{"start": "March"}'}, "variable season: start.*a date"),
        ({"AIRFLOW_VAR_SEASON": '{"start": 5}'}, "variable season: start.*a date"),
        *(
            (
                {f"AIRFLOW_VAR_{name}": '{"mistaken": true, "operators": "a@b.example"}'},
                f"variable {key}.*mistaken",
            )
            for name, key in (
                ("OFFICE", "office"),
                ("SEASON", "season"),
                ("LETTERS", "letters"),
                ("WATCH", "watch"),
                ("MAP", "map"),
                ("PUBLISH", "publish"),
                ("FIELD", "field"),
                ("CHANNELS", "channels"),
            )
        ),
        *(
            ({"AIRFLOW_VAR_LETTERS": f'{{"red_head": {told}}}'}, "variable letters: red_head.*true or false")
            for told in ('"no"', "1", "[]", '"否"')
        ),
        (
            {"AIRFLOW_VAR_OFFICE": '{"operators": "a@b.example", "reply_to_each_letter": "yes"}'},
            "variable office: reply_to_each_letter",
        ),
        (
            {"AIRFLOW_VAR_WATCH": '{"quiet_from": "22:00+08:00", "quiet_to": "06:00"}'},
            "variable watch.*HH:MM",
        ),
        *(
            (
                {"AIRFLOW_CONN_MAIL_SERVER": f'{{"host": "m", "port": 25, "extra": {{"{key}": "{told}"}}}}'},
                f"connection mail_server: extra: {key}",
            )
            for key, told in (
                ("timeout_seconds", "nan"),
                ("timeout_seconds", "x"),
                ("sender_each_delivery", "x"),
            )
        ),
        (
            {"AIRFLOW_CONN_MAIL_SERVER": '{"host": "m", "port": 25, "extra": {"security": "tls"}}'},
            "ssl | starttls | none",
        ),
        *(
            (
                {
                    "AIRFLOW_VAR_SOURCES": "odd",
                    "AIRFLOW_CONN_ODD": f'{{"host": "http://127.0.0.1", "extra": {{"kind": "{kind}", "mistaken": 1}}}}',
                },
                "source odd.*mistaken.*same_ids_as.*correct it",
            )
            for kind in SOURCE_KINDS
        ),
        *(
            (
                {
                    "AIRFLOW_VAR_SOURCES": "odd",
                    "AIRFLOW_CONN_ODD": f'{{"host": "http://127.0.0.1", "extra": {{"kind": "platform", {told}}}}}',
                },
                message,
            )
            for told, message in (
                ('"is_played": "no"', "source odd: is_played.*true or false"),
                ('"reports": 1', "source odd: reports.*true or false"),
                ('"page_size": "NaN"', "source odd: page_size.*a number from 0"),
                ('"settle_seconds": 1', "source odd.*settle_seconds"),
            )
        ),
        (
            {"AIRFLOW_CONN_MAIL_SERVER": '{"host": "m", "port": 25, "extra": {"secuirty": "ssl"}}'},
            "connection mail_server: extra.*secuirty",
        ),
        (
            {"AIRFLOW_CONN_SUPERVISION_DB": "postgres://u@h/q?ssl_mode=verify-full"},
            "connection supervision_db: extra.*ssl_mode",
        ),
        (
            {
                "AIRFLOW_VAR_CHANNELS": '{"groups": "chat"}',
                "AIRFLOW_CONN_CHAT": '{"password": "k-12345", "extra": {"kind": "wecom", "topic": "x"}}',
            },
            "connection chat: extra.*topic",
        ),
        ({"AIRFLOW_VAR_OFFICE": '{"operators": "nobody"}'}, "variable office: operators"),
        (
            {"AIRFLOW_VAR_OFFICE": '{"operators": "a@b.example", "number_words": ["a"]}'},
            "number_words.*an object",
        ),
        ({"AIRFLOW_VAR_OFFICE": '{"operators": "a@b.example", "attachment_names": "x"}'}, "unicode | ascii"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    tmp_path: Path, environment: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError) as error:
        open_house(read_registry(SETTINGS_FILE, environment), tmp_path)
    assert all(part in str(error.value) for part in message.split(".*"))


def test_a_postgresql_connection_keeps_special_characters(tmp_path: Path) -> None:
    environment = {
        "AIRFLOW_CONN_SUPERVISION_DB": '{"conn_type": "postgres", "host": "db", "login": "u", "password": "a@b/c", "schema": "q"}'
    }
    house = open_house(read_registry(SETTINGS_FILE, environment), tmp_path)
    url = house.engine.url
    assert (url.username, url.password, url.host, url.database) == ("u", "a@b/c", "db", "q")
    assert "a@b/c" not in repr(house)


@pytest.mark.parametrize(
    ("said", "query"),
    [
        (
            '{"conn_type": "postgres", "host": "db", "extra": {"sslmode": "verify-full", "sslrootcert": "/etc/ca.pem"}}',
            {"sslmode": "verify-full", "sslrootcert": "/etc/ca.pem"},
        ),
        ("postgres://u@/q?host=/run/postgresql&cursor=dictcursor", {"host": "/run/postgresql"}),
    ],
)
def test_tls_and_sockets_of_a_postgresql_connection_reach_the_driver(
    tmp_path: Path, said: str, query: dict[str, str]
) -> None:
    house = open_house(read_registry(SETTINGS_FILE, {"AIRFLOW_CONN_SUPERVISION_DB": said}), tmp_path)
    assert dict(house.engine.url.query) == query


@pytest.mark.parametrize(
    ("told", "is_so"), [('"false"', False), ('"True"', True), ("true", True), ('""', False), ("null", False)]
)
def test_a_yes_or_no_that_is_a_text_is_read_by_its_word(tmp_path: Path, told: str, is_so: bool) -> None:
    environment = {"AIRFLOW_VAR_LETTERS": f'{{"red_head": {told}, "province_summaries": {told}}}'}
    house = open_house(read_registry(SETTINGS_FILE, environment), tmp_path)
    assert (house.has_red_head, house.has_province_summaries) == (is_so, is_so)


@pytest.mark.parametrize(
    ("told", "is_so"), [('"false"', False), ('"TRUE"', True), ("true", True), ("false", False)]
)
def test_a_yes_or_no_of_a_source_is_read_by_its_word(tmp_path: Path, told: str, is_so: bool) -> None:
    environment = {
        "AIRFLOW_VAR_SOURCES": "upper",
        "AIRFLOW_CONN_UPPER": f'{{"host": "http://127.0.0.1", "extra": {{"kind": "platform", "reports": {told}, "is_played": {told}}}}}',
    }
    (source,) = open_house(read_registry(SETTINGS_FILE, environment), tmp_path).sources
    assert (source.is_reported_to, source.is_played) == (is_so, is_so)


def test_what_can_be_used_is_opened_beside_what_cannot(tmp_path: Path) -> None:
    environment = {
        "AIRFLOW_CONN_MAIL_SERVER": '{"conn_type": ',
        "AIRFLOW_VAR_SOURCES": "nowhere,demo_region",
        "AIRFLOW_VAR_SEASON": '{"start": 5}',
    }
    opened = open_each(read_each(SETTINGS_FILE, environment), tmp_path)
    assert [(part, str(trouble).partition(":")[0]) for part, trouble in opened.troubles.items()] == [
        ("connection mail_server", "AIRFLOW_CONN_MAIL_SERVER"),
        ("connection nowhere", "connection nowhere"),
        ("variable season", "variable season"),
    ]
    assert [source.name for source in opened.house.sources] == ["demo_region"]
    assert opened.house.mail_server.host.endswith(".invalid")  # reaches nobody
    assert opened.require("connection supervision_db", "variable office").engine is opened.house.engine
    with pytest.raises(InputError, match="AIRFLOW_CONN_MAIL_SERVER"):
        opened.require("variable office", "connection mail_server")


def test_a_settings_file_that_is_none_leaves_what_the_environment_says(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("airflow: {connections: [5]}")
    found = read_each(tmp_path / "bad.yaml", {"AIRFLOW_CONN_STORE": "sqlite://a", "AIRFLOW_VAR_MAP": "{}"})
    assert (list(found.connections), list(found.unreadable)) == (["store"], ["bad.yaml"])
    assert found.variables == {"map": "{}"}
