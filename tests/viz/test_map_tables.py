from xaigeo.viz.map_tables import common_members, drawn_tables
from xaigeo.viz.theme import class_mark


def test_a_consensus_of_one_seed_is_left_out(the_scene):
    for name in ("lines", "vectors", "boxes", "connectors"):
        table, drawn = getattr(the_scene, name), drawn_tables(the_scene)[name]
        lone = (table["layer"] != "seed") & (table["n_seeds"] == 1)
        assert lone.any(), "the scene has no seed that stands alone"
        assert drawn.index.tolist() == table.index[~lone].tolist()


def test_groups_of_a_divided_row_have_the_colour_of_their_answer(the_scene):
    divided = set(the_scene.instances.loc[the_scene.instances["flip_rate"] > 0, "instance"])
    colours = {name: class_mark(i)["colour"] for i, name in enumerate(the_scene.outputs)}
    for row in drawn_tables(the_scene)["lines"].itertuples():
        grouped = row.layer != "seed" and row.instance in divided
        assert row.colour == (colours[row.predicted] if grouped else None)


def test_common_members_are_those_of_groups(the_scene):
    found = common_members(the_scene)
    members, boxes = the_scene.box_members, the_scene.boxes
    for label in the_scene.instances["instance"]:
        own = (members["instance"] == label) & (members["layer"] == "intersection")
        own &= boxes["n_seeds"] > 1
        wanted = {place for rows in members.loc[own, "background_rows"] for place in rows}
        assert set(found.loc[found["instance"] == label, "place"]) == wanted
