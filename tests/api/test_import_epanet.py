"""A water network of EPANET, from the file to a plan."""

from epanet_worlds import hamlet, wntr_networks


def test_net3_is_imported_broken_and_planned(lifeline, tmp_path):
    out, report = tmp_path / "net3", tmp_path / "report.csv"
    answer = lifeline("import", "epanet", wntr_networks() / "Net3.inp", out, "--report", report)
    assert answer.code == 0
    assert "98 nodes, 118 links, 59 customers" in " ".join(answer.out.split())
    assert "dropped,links,330,closed at time 0" in report.read_text(encoding="utf-8").replace('"', "")
    # Node 131 hangs on pipe 137 alone: 42.75 gpm x 1.0696 on average are 10,386 l/h, at 6 l/h 1,731 people.
    (out / "damage.csv").write_text("component\n137\n", encoding="utf-8")
    assert lifeline("cascade", out, "--json").json["people_without"] == {"water": 1731}
    assert lifeline("plan", out, "--method", "bundles", "--json").json["person_hours"] > 0


def test_by_pressure_a_thin_pipe_is_little_help(lifeline, tmp_path):
    wntr_networks()
    out = tmp_path / "hamlet"
    pump = ("SPEED 0.5", "SPEED 1")
    thin = ("500     600   110    0     CV", "3000 60 110 0 Open")
    assert lifeline("import", "epanet", hamlet(tmp_path, pump, thin), out).code == 0
    (out / "damage.csv").write_text("component\nP\n", encoding="utf-8")
    connected = lifeline("cascade", out, "--json").json
    by_pressure = lifeline("cascade", out, "--rule", "water=hydraulic", "--json").json
    assert connected["people_without"] == {"water": 0}
    # From 53 m to J4 at 5 m, 3 km of 60 mm carry (48 / (10.667 x 3000))^0.54 x 110 x 0.06^2.63 = 2.01 l/s at most, of
    # the 19 l/s that the pump brought to 20,400 people.
    assert by_pressure["people_without"]["water"] > 0.9 * 20_400


def test_a_bad_file_is_one_message_and_writes_nothing(lifeline, tmp_path):
    path = hamlet(tmp_path, ("J1   10    10 ", "J1   nan   10 "))
    answer = lifeline("import", "epanet", path, tmp_path / "out")
    assert answer.code == 2
    assert "row 5, elevation = 'nan'" in answer.err
    assert not (tmp_path / "out").exists()
