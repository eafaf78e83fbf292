"""Who is let in, and what another site can't do in their name."""

import pytest
from starlette.testclient import TestClient

from allegiance.web import Site, create_app
from tests.web.serving import HOST, People, client, routes


@pytest.fixture
def stranger(place, ann):
    return TestClient(create_app(ann.site), base_url=HOST, raise_server_exceptions=False)


def test_nobody_comes_in_without_the_token_and_the_page_says_what_to_do(stranger):
    for address in ("/", "/transcripts", "/api/transcripts", "/nothing"):
        found = stranger.get(address)
        assert found.status_code == 401
        assert "allegiance view" in found.text
    assert stranger.get("/?token=guess").status_code == 401


def test_the_token_goes_into_a_cookie_that_scripts_cannot_read_and_leaves_the_address(stranger):
    found = stranger.get("/transcripts?token=token&seed=7", follow_redirects=False)
    assert found.status_code == 303
    assert found.headers["location"] == "/transcripts?seed=7"
    assert "HttpOnly" in found.headers["set-cookie"]
    assert "SameSite=lax" in found.headers["set-cookie"]


def test_an_address_with_two_slashes_leads_to_no_other_host(stranger):
    found = stranger.get("//evil.example/?token=token", follow_redirects=False)
    assert not found.headers.get("location", "/").startswith("//")


def test_a_name_that_is_made_to_mean_this_machine_is_refused(ann):
    assert ann.get("/", headers={"host": "rebound.example:7788"}).status_code == 421


def test_what_another_site_sends_is_refused(ann):
    key = ann.person.form_key
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        found = ann.post("/claims", data={"form_key": key}, headers=headers)
        assert found.status_code == 403
        assert "Another site" in found.text


def test_a_form_without_its_key_or_with_another_persons_is_refused(place):
    people = People(ann="admin", ben="rater")
    ann, ben = client(place, people, "ann"), client(place, people, "ben")
    for key in ("", "guess", ben.person.form_key):
        found = ann.post("/claims", data={"form_key": key})
        assert found.status_code == 403
        assert "nothing was saved" in found.text
    assert ann.post("/claims", json={"form_key": ann.person.form_key}).status_code == 403


def test_a_form_longer_than_any_is_refused(ann):
    found = ann.post("/claims", data={"form_key": ann.person.form_key, "words": "x" * 2_100_000})
    assert found.status_code == 413


def test_every_answer_forbids_scripts_and_styles_from_elsewhere_and_inside_the_page(ann, stranger):
    for found in (
        ann.get("/"),
        ann.get("/nothing"),
        stranger.get("/"),
        ann.get("/static/base.css"),
    ):
        policy = found.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert found.headers["x-content-type-options"] == "nosniff"
        assert "<script>" not in found.text
        assert " style=" not in found.text


def test_every_route_that_changes_something_names_the_role_that_may(place):
    """A route that is not GET depends on `needs(...)`: a new one can't be forgotten."""
    changing = [
        route
        for route in routes(create_app(Site(place, People(ann="admin"))))
        if route.methods - {"GET", "HEAD"}
    ]
    assert changing
    for route in changing:
        asked = [d.call.__qualname__ for d in route.dependant.dependencies]
        assert any(name.startswith("needs.") for name in asked), route.path
