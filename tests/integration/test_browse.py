"""``fileroom browse`` as scripts use it: command lines from a pipe, over each index."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fileroom
from fileroom.archive import Archive
from fileroom.cli._browse.commands import NAMES
from fileroom.cli._browse.completion import completions
from fileroom.cli._browse.lines import PlainLines
from fileroom.cli._browse.session import Database, Session
from fileroom.config import AREA
from fileroom.errors import NotFoundError
from fileroom.model import Level
from fileroom.network import Host
from fileroom.testing.datasets import make_instance
from tests.dcmtk import Server, needs_dcmtk, register
from tests.integration.cli_runs import run
from tests.plugins.dimse.peers import Acceptor, acceptor, storescp

INDEXES = ["sqlite", pytest.param("linear", marks=pytest.mark.skipif(os.name == "nt", reason="needs flock"))]
PATIENTS = [("Müller^Anna", "P-1", "Thorax"), ("Doe^Jane", "P-2", "Head"), ("Roe^Richard", "P-3", "Knee")]


def fill(archive: Archive) -> None:
    """Store three studies, each of two series with one and two images."""
    for number, (name, patient_id, what) in enumerate(PATIENTS):
        tags = {"PatientName": name, "StudyDescription": what, "StudyID": f"S{number}"}
        for modality, images in (("CT", 1), ("MR", 2)):
            for image in range(1, images + 1):
                data = make_instance(
                    patient_id=patient_id,
                    modality=modality,
                    instance_number=image,
                    tags={**tags, "SeriesNumber": 1 if modality == "CT" else 2},
                    character_set="ISO_IR 192",
                    rows=4,
                    columns=4,
                )
                archive.store(data).check()


@pytest.fixture(params=INDEXES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of a filled archive."""
    folder = tmp_path / "films"
    area = request.param == "linear"
    with fileroom.open(
        folder, index=AREA["index"] if area else {}, storage=AREA["storage"] if area else {}
    ) as archive:
        fill(archive)
    return folder


@pytest.fixture
def peer() -> Iterator[Acceptor]:
    with acceptor() as peer:
        yield peer


def browsed(place: Path, *lines: str, code: int = 0, peers: tuple[Host | str, ...] = ()) -> str:
    """Return what the shell prints."""
    options = [word for peer in peers for word in ("--peer", str(peer))]
    return run("browse", place, *options, given="\n".join(lines) + "\n", code=code).stdout


def said(place: Path, *lines: str, code: int = 1, peers: tuple[Host | str, ...] = ()) -> list[str]:
    """Return what the shell says on the standard error, line by line."""
    options = [word for peer in peers for word in ("--peer", str(peer))]
    return run("browse", place, *options, given="\n".join(lines) + "\n", code=code).stderr.splitlines()


def cells(screen: str) -> list[list[str]]:
    """Return the words of the rows of the tables on a screen, without headings, lines and footers."""
    rows = [line.split() for line in screen.splitlines()]
    return [row for row in rows if re.fullmatch(r"[*]|\d+[)]", " ".join(row[:1]))]


def test_studies_are_listed_with_numbers_and_the_first_is_chosen(place: Path) -> None:
    screen = browsed(place, "study")
    assert cells(screen) == [
        ["*", "0)", "Müller^Anna", "P-1", "2024-02-29", "S0", "CT,", "MR", "2", "3"],
        ["1)", "Doe^Jane", "P-2", "2024-02-29", "S1", "CT,", "MR", "2", "3"],
        ["2)", "Roe^Richard", "P-3", "2024-02-29", "S2", "CT,", "MR", "2", "3"],
    ]
    assert screen.splitlines()[-1] == "3 studies in FILEROOM"


def test_a_whole_screen_is_as_it_is_meant_to_be(place: Path) -> None:
    screen = browsed(place, "study 1", "study", "series 1", "image")
    assert [line.rstrip() for line in screen.splitlines() if line.strip()] == SCREEN.splitlines()


SCREEN = """\
study S1 of Doe^Jane
  No.   Patient       PatientID   Date         Study       Series   Images
 ─────────────────────────────────────────────────────────────────────────
   0)   Müller^Anna   P-1         2024-02-29   S0 CT, MR        2        3
                                               Thorax
 * 1)   Doe^Jane      P-2         2024-02-29   S1 CT, MR        2        3
                                               Head
   2)   Roe^Richard   P-3         2024-02-29   S2 CT, MR        2        3
                                               Knee
3 studies in FILEROOM
MR series 2, study S1 of Doe^Jane
  No.   Image No.   Frames   SOP Instance UID
 ────────────────────────────────────────────────────────────────────────
 * 0)   1                    2.25.211635749060516721581770679446612077275
   1)   2                    2.25.134078161489811471464373926238697227197
2 images in MR series 2, study S1 of Doe^Jane
"""


def test_what_is_chosen_decides_what_is_listed_beneath(place: Path) -> None:
    screen = browsed(place, "study 2", "series", "series 1", "image", "image 1", "image", "study")
    lines = screen.splitlines()
    assert "2 series in study S2 of Roe^Richard" in lines
    assert lines.count("2 images in MR series 2, study S2 of Roe^Richard") == 2
    marked = [row for row in cells(screen) if row[0] == "*"]
    assert [row[1] for row in marked] == ["0)", "0)", "1)", "2)"]


def test_choosing_another_study_forgets_the_series_of_the_one_before(place: Path) -> None:
    screen = browsed(place, "series 1", "study 1", "image")
    assert screen.splitlines()[-1] == "1 image in CT series 1, study S1 of Doe^Jane"


def test_choosing_the_same_again_forgets_nothing(place: Path) -> None:
    screen = browsed(place, "study 1", "series 1", "study 1", "image")
    assert screen.splitlines()[-1] == "2 images in MR series 2, study S1 of Doe^Jane"


@pytest.mark.parametrize("by", ["uid", "id"])
def test_a_uid_or_public_id_chooses_with_all_it_lies_in(place: Path, by: str) -> None:
    with fileroom.open(place) as archive:
        image = next(
            one for one in archive.find("instance", PatientID="P-3", Modality="MR", InstanceNumber=2)
        )
        name = getattr(image, by)
    screen = browsed(place, "series 1", f"image {name}", "image", "series", "study")
    lines = screen.splitlines()
    assert "image 2 of MR series 2, study S2 of Roe^Richard" in lines
    assert [row[1] for row in cells(screen) if row[0] == "*"] == ["1)", "1)", "2)"]


def test_a_uid_of_another_level_is_not_taken_for_one_of_this(place: Path) -> None:
    with fileroom.open(place) as archive:
        series = next(iter(archive.find("series", PatientID="P-2")))
    assert said(place, f"study {series.uid}", "study 1.2.3") == [
        "error: that is no study, but a series",
        "error: no study has this UID or id",
    ]


def test_a_list_that_is_fetched_anew_has_what_has_arrived(place: Path) -> None:
    with fileroom.open(place) as archive:
        session = Session([Database("FILMS", str(place), archive)], [])
        assert len(list(session.rows(Level.STUDY))) == 3
        archive.store(make_instance(patient_id="P-4")).check()
        assert len(list(session.rows(Level.STUDY))) == 3
        assert len(list(session.rows(Level.STUDY, anew=True))) == 4


def test_a_list_loses_nothing_between_its_pages(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlainLines, "page", 2)
    screen = browsed(place, "study")
    assert [row[-7] for row in cells(screen)] == ["P-1", "P-2", "P-3"]


@needs_dcmtk
def test_series_and_images_go_by_their_numbers_as_in_dcmqrti(tmp_path: Path) -> None:
    area = tmp_path / "area"
    area.mkdir()
    files = []
    for series, modality in ((3, "CT"), (10, "MR"), (1, "US")):
        for image in (3, 10, 1):
            tags = {"SeriesNumber": series, "StudyID": "S"}
            files.append(area / f"{modality}-{image}.dcm")
            data = make_instance(modality=modality, instance_number=image, rows=4, columns=4, tags=tags)
            files[-1].write_bytes(data)
    register(area, *files)
    with Server(area) as server:
        theirs = re.findall(r"[*]?  (\d+)[)] (\d+) ", server.browse("series", "image"))
    numbers = [row[2 if row[0] == "*" else 1] for row in cells(browsed(area, "series", "image"))]
    assert [number for _, number in theirs] == numbers == ["1", "3", "10", "1", "3", "10"]


def test_what_was_chosen_and_is_gone_is_said_to_be_and_is_chosen_no_more(place: Path) -> None:
    with fileroom.open(place) as archive:
        session = Session([Database("FILMS", str(place), archive)], [])
        first, second, _ = session.rows(Level.STUDY)
        session.choose(session.find(Level.STUDY, "0"))
        archive.delete([first])
        for _ in range(2):
            with pytest.raises(NotFoundError):
                session.find(Level.STUDY, "0")
        assert session.chosen(Level.STUDY) == second
        session.choose(second)
        archive.delete([second])
        with pytest.raises(NotFoundError):
            session.rows(Level.SERIES, anew=True)
        assert len(list(session.rows(Level.STUDY, anew=True))) == 1


def test_a_list_goes_on_when_what_was_chosen_is_gone(place: Path) -> None:
    with fileroom.open(place) as archive:
        session = Session([Database("FILMS", str(place), archive)], [])
        first, second, _ = session.rows(Level.STUDY)
        session.choose(first)
        archive.delete([first])
        session.rows(Level.STUDY, anew=True)
        assert session.chosen(Level.STUDY) == second


def test_numbers_mean_what_the_list_showed_though_something_was_deleted(place: Path) -> None:
    with fileroom.open(place) as archive:
        session = Session([Database("FILMS", str(place), archive)], [])
        first, second, _ = session.rows(Level.STUDY)
        archive.delete([first])
        assert session.find(Level.STUDY, "1") == second


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("study 3", "error: no study 3: they go from 0 to 2"),
        ("image 1", "error: no image 1: they go from 0 to 0"),
        ("database 1", "error: no database 1: they go from 0 to 0"),
        ("database X", "error: no database has this title"),
        ("title 0", "error: no peer 0: there is none"),
        ("se", "error: which command: series or send?"),
        ("study_", "error: no such command: 'help' lists them"),
        ("send", "error: send what: study, series or image?"),
        ("send patient", "error: no such thing to send: 'help' lists them"),
        ("send study 9", "error: no study 9: they go from 0 to 2"),
        ("send study", "error: no peer: name one with 'title AET@host:port', or under [network] hosts"),
        ("echo x", "error: how often: a number from 1 to 1000"),
        ("echo 0", "error: how often: a number from 1 to 1000"),
        ("title NOBODY", "error: no host or vendor 'NOBODY' in [network], or write AET@host:port"),
    ],
)
def test_a_mistake_is_one_line_and_the_shell_goes_on(place: Path, line: str, message: str) -> None:
    result = run("browse", place, given=f"{line}\nstudy\n", code=1)
    assert result.stderr.splitlines() == [message]
    assert "3 studies in FILEROOM" in result.stdout


def test_abbreviations_are_those_of_dcmqrti(place: Path, peer: Acceptor) -> None:
    lines = ["h", "?", "t", "da", "st", "ser", "i", "sen st", "e", "ec"]
    screen = browsed(place, *lines, "q", "study", peers=(peer.host,))
    assert screen.count("this summary") == 2
    for expected in ("Peer", "Database", "3 studies", "2 series", "1 image", "sent 3 instances"):
        assert expected in screen
    assert screen.count("answered in") == 2
    assert screen.count("3 studies") == 1  # nothing behind quit is run


@pytest.mark.parametrize("last", ["exit", "ex", "quit", ""])
def test_the_shell_ends_in_every_way_with_success(place: Path, last: str) -> None:
    assert browsed(place, "", "  ", last) == ""


def test_an_archive_without_studies_says_so(tmp_path: Path) -> None:
    run("-a", tmp_path / "empty", "init")
    result = run("browse", tmp_path / "empty", given="study\nseries\nsend study\n", code=1)
    assert result.stdout.splitlines() == ["0 studies in FILEROOM"]
    assert result.stderr.splitlines() == ["error: no study here"] * 2


def test_images_arrive_where_they_are_sent(place: Path, peer: Acceptor) -> None:
    lines = ["send image", "send series 1", "send study 2", "study 1", "send image"]
    screen = browsed(place, *lines, peers=(peer.host,))
    assert [line.split(":")[0] for line in screen.splitlines() if line.startswith("sent")] == [
        f"sent {count} to ACCEPTOR@127.0.0.1"
        for count in ("1 instance", "2 instances", "3 instances", "1 instance")
    ]
    with fileroom.open(place) as archive:
        wanted = {
            one.uid for patient in ("P-1", "P-3") for one in archive.find("instance", PatientID=patient)
        }
        wanted |= {one.uid for one in archive.find("instance", PatientID="P-2", Modality="CT")}
    assert peer.received.keys() == wanted


def test_sending_another_one_does_not_choose_it(place: Path, peer: Acceptor) -> None:
    screen = browsed(place, "send study 2", "study", peers=(peer.host,))
    assert [row[1] for row in cells(screen) if row[0] == "*"] == ["0)"]


def test_what_the_peer_refuses_is_told_object_by_object_and_fails_the_command(place: Path) -> None:
    with acceptor(lambda event: 0xA700) as peer:
        lines = said(place, "send study", peers=(peer.host,))
    with fileroom.open(place) as archive:
        study = next(iter(archive.find("study", PatientID="P-1")))
        ids = {one.id for one in archive.within(study.id, Level.INSTANCE)}
    reason = "the peer is out of resources (status A700)"
    assert set(lines[:-1]) == {f"not sent: {id_}: {reason}" for id_ in ids}
    assert lines[-1] == "error: ACCEPTOR does not have all of it"


def test_a_sending_that_is_interrupted_tells_what_was_sent(place: Path) -> None:
    def answer(event: Any) -> int:
        if len(receiver.received) == 2:
            signal.raise_signal(signal.SIGINT)
        return 0x0000

    with acceptor(answer) as receiver:
        result = run("browse", place, "--peer", receiver.host, given="send study\n", code=130)
    assert re.match(r"sent [12] instances? to ACCEPTOR@", result.stdout)
    assert re.match(r"not sent: [12] instances?\n\s*interrupted\n", result.stderr)


def test_a_peer_that_is_not_there_is_one_error_and_the_rest_is_counted(place: Path) -> None:
    nobody = Host("NOBODY", "127.0.0.1", 1)
    lines = said(place, "send study", "echo 3", peers=(nobody,))
    unreachable = f"error: {nobody} cannot be reached: does it run, are address and port right?"
    assert lines == ["not sent: 3 instances", unreachable, unreachable]


@needs_dcmtk
def test_dcmtk_receives_what_the_shell_sends(place: Path, tmp_path: Path) -> None:
    folder = tmp_path / "received"
    folder.mkdir()
    with storescp(folder) as host:
        screen = browsed(place, "study 1", "send study", "echo", peers=(host,))
    assert f"sent 3 instances to {host}" in screen
    assert len([path for path in folder.iterdir() if path.suffix != ".log"]) == 3


NETWORK = """
[network]
ae_title = "{title}"
[network.hosts]
one = {{ ae_title = "STORE1", host = "127.0.0.1", port = 11112 }}
both = [
    {{ ae_title = "STORE1", host = "127.0.0.1", port = 11112 }},
    {{ ae_title = "STORE2", host = "127.0.0.2", port = 11113 }},
]
"""


@pytest.fixture
def films(tmp_path: Path) -> tuple[Path, Path]:
    """Two archives with titles of their own, which know the same peers."""
    files = []
    for title, count in (("NEW", 2), ("OLD", 1)):
        folder = tmp_path / title.lower()
        folder.mkdir()
        file = folder / "fileroom.toml"
        file.write_text(NETWORK.format(title=title))
        with fileroom.open(file) as archive:
            for number in range(count):
                archive.store(make_instance(patient_id=f"{title}-{number}")).check()
        files.append(file)
    return files[0], files[1]


def test_several_archives_are_databases_by_ae_title(films: tuple[Path, Path]) -> None:
    result = run(
        "browse", *films, given="database\nstudy\ndatabase OLD\nstudy\ndatabase 0\nstudy\ndatabase\n"
    )
    counts = [line for line in result.stdout.splitlines() if line.startswith(("1 stud", "2 stud"))]
    assert counts == ["2 studies in NEW", "1 study in OLD", "2 studies in NEW"]
    assert [row[:3] for row in cells(result.stdout) if row[1:2] == ["0)"] and row[2] == "NEW"] == [
        ["*", "0)", "NEW"]
    ] * 2


def test_archives_of_one_ae_title_go_by_their_folders_names(place: Path, tmp_path: Path) -> None:
    run("-a", tmp_path / "more", "init")
    result = run("browse", place, tmp_path / "more", given="database\n")
    assert [row[-2] for row in cells(result.stdout)] == ["films", "more"]


def test_peers_are_the_hosts_of_the_configuration_each_once(films: tuple[Path, Path]) -> None:
    result = run("browse", *films, given="title\ntitle STORE2\ntitle\ntitle 0\ntitle\n")
    assert cells(result.stdout) == [
        ["*", "0)", "STORE1", "127.0.0.1:11112"],
        ["1)", "STORE2", "127.0.0.2:11113"],
        ["0)", "STORE1", "127.0.0.1:11112"],
        ["*", "1)", "STORE2", "127.0.0.2:11113"],
        ["*", "0)", "STORE1", "127.0.0.1:11112"],
        ["1)", "STORE2", "127.0.0.2:11113"],
    ]


def test_a_peer_may_be_named_by_its_symbol_and_one_may_be_added(films: tuple[Path, Path]) -> None:
    result = run("browse", films[0], "--peer", "one", given="title\ntitle NEW@host:104\ntitle\n")
    assert cells(result.stdout) == [
        ["*", "0)", "STORE1", "127.0.0.1:11112"],
        ["0)", "STORE1", "127.0.0.1:11112"],
        ["*", "1)", "NEW", "host:104"],
    ]


def test_a_peer_nobody_knows_is_refused_before_the_shell_starts(films: tuple[Path, Path]) -> None:
    for name in ("two", "bad:peer", "X@localhost:99999"):
        result = run("browse", *films, "--peer", name, given="study\n", code=2)
        assert result.stdout == ""
        assert f"{name!r}" in result.stderr


@pytest.mark.parametrize(("words", "code"), [(["--json"], 2), (["-a", "x"], 2), (["nowhere"], 2)])
def test_what_makes_no_sense_is_refused(place: Path, words: list[str], code: int) -> None:
    assert run("browse", place, *words, code=code).stdout == ""


def test_the_words_of_a_script_may_be_no_text(place: Path) -> None:
    result = run("browse", place, given=b"study \xff\xfe\nstudy\n", code=1)
    assert "3 studies in FILEROOM" in result.stdout


def test_words_are_completed_from_what_is_known(place: Path) -> None:
    with fileroom.open(place) as archive:
        peers = [Host("STORE1", "h", 1), Host("STORE2", "h", 2)]
        session = Session([Database("FILMS", "", archive)], peers)
        assert completions(session, "") == list(NAMES)
        assert completions(session, "se") == ["series", "send"]
        assert completions(session, "sen ") == ["study", "series", "image"]
        assert completions(session, "send s") == ["study", "series"]
        assert completions(session, "title ") == ["STORE1", "STORE2"]
        assert completions(session, "database F") == ["FILMS"]
        assert completions(session, "study ") == []
        uid = session.chosen(Level.STUDY).uid
        assert completions(session, "study ") == [uid]
        assert completions(session, f"send study {uid[:9]}") == [uid]
        assert completions(session, "study 1 ") == completions(session, "foo ") == []
