"""The documentation's example is the one that runs here."""

from pathlib import Path

from getting_started import first_day

HERE = Path(__file__).parent


def test_the_example_of_the_documentation_runs_against_a_server(server, ana):
    view = first_day(server.link(ana), server.home("phone"), server.vault("phone"))

    assert view.person.family_name == "Díaz"
    assert [phone.number for phone in view.phones] == ["555 0100"]


def test_the_documentation_shows_the_example_that_is_tested():
    shown = (HERE / "getting_started.py").read_text().strip()
    assert shown in (HERE.parent.parent / "docs" / "python.md").read_text()
