import base64
import hashlib
import json
import re

import pytest


@pytest.fixture(scope="module")
def page(written):
    return written.read_text(encoding="utf-8")


def test_the_policy_admits_what_is_inlined_and_nothing_else(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page).group(1)
    policy = policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert "unsafe-inline" not in rules["script-src"]
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
        for code in scripts
    ]
    assert rules["script-src"].split() == hashes
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert rules["style-src-elem"] == f"'sha256-{digest}'"


def test_nothing_is_fetched(page):
    outside = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"\b(?:src|href)=[\"'](?!#)", outside)
    assert "url(" not in outside
    assert "@import" not in outside


def test_the_bundle_is_inlined_once(page):
    assert page.count("expressionInterpreter") == 1


def test_data_are_json_and_specs_stand_once(page):
    data = re.search(r'id="report-data">(.*?)</script>', page, re.DOTALL).group(1)
    held = json.loads(data)
    assert set(held) == {"charts", "explorer", "specs", "config", "dark", "shades"}
    assert set(re.findall(r'data-chart="([^"]+)"', page)) == set(held["charts"])


def test_sections_stand_in_order(page):
    ids = ["trained", "performance", "reasons", "differences", "explorer", "audit", "made"]
    assert re.findall(r'<section id="(\w+)"', page) == ids
