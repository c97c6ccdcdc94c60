from xaigeo.viz.bundle import vega_bundle


def test_bundle_holds_embed_and_the_interpreter_and_fits_a_page():
    code = vega_bundle()
    assert "window.vegaEmbed = " in code.replace("vegaEmbed=", "vegaEmbed = ")
    assert "expressionInterpreter" in code
    assert len(code) < 1_500_000


def test_snippet_replaces_the_names_on_window():
    code = vega_bundle("window.mine = vegaEmbed;")
    assert "window.mine" in code
    assert "window.vegaEmbed" not in code
