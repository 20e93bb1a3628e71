"""The supervisor's pages in real Chromium, at real stages and a database that has rows in every table: what a person sees, and what the
buttons do."""
import base64, io, json, re, urllib.request

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect
from telethon.tl import functions

from browser import NARROW, WIDE, Browser, Speaker
from crawls import Crawled, settings
from faults import WRITER
from full_database import FORUM, LEFT, NAMED, READER, empty_tables, fill
from realtime_stand_in import RealtimeStandIn
from stack import Stack, until

GUARDED = "9996610003"
HOME = "Otaniemi"  # where the Telethon user may write
PAGES = {
    "overview": "/admin", "groups": "/admin/crawler", "feed": "/feed", "dead-letters": "/admin/dead-letters", "gaps": "/admin/gaps",
    "accounts": "/admin/accounts", "limits": "/admin/limits", "audit": "/admin/audit",
}
SECONDS = 30_000  # milliseconds for a page to show what was done
expect.set_options(timeout=SECONDS)


@pytest.fixture(scope="module")
def world():
    stack = Stack()
    made = []
    try:
        endpoint = RealtimeStandIn()
        made.append(endpoint)
        stack.environment["SUPABASE_SERVICE_KEY"] = endpoint.key
        # So slow that a person could watch it.
        crawled = Crawled(
            stack, "--groups", "3", "--messages", "600", "--password", f"{GUARDED}=secret", stages=(),
            extra=settings(pace_milliseconds_per_page=1000) + f"supabase:\n  url: {endpoint.url}\nbroadcast:\n  sink: supabase\n")
        crawled.add("supergroup", HOME)
        fill(crawled, HOME)
        crawled.browser = Browser(stack)
        made.append(crawled.browser)
        crawled.speaker = Speaker(stack, WRITER)
        made.append(crawled.speaker)
        chats = crawled.speaker.run(crawled.speaker.client.get_dialogs())
        crawled.home = next(one for one in chats if one.entity.id == crawled.chats[HOME]["id"]).input_entity
        yield crawled
    finally:
        for one in reversed(made):
            one.close()
        stack.close()


@pytest.fixture
def browser(world):
    if world.browser.state is None:
        world.browser.sign_in().context.close()
    world.browser.wrong.clear()
    yield world.browser
    for context in world.browser.chromium.contexts:
        context.close()
    assert world.browser.wrong == []


def is_live(page):
    expect(page.get_by_role("status").filter(has_text="live")).to_be_visible(timeout=SECONDS)


def change(world, sql):
    with world.stack.cluster.connect("aaltohub") as connection:
        connection.execute(sql)


def ask(world, path, **headers):
    request = urllib.request.Request(f"{world.browser.address}{path}", headers=headers)
    opener = urllib.request.build_opener(type("Stay", (urllib.request.HTTPRedirectHandler,), {"redirect_request": lambda *_: None}))
    try:
        answer = opener.open(request, timeout=10)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        return answer.status, answer.headers, answer.read()


def test_every_table_has_rows(world):
    """None is left out: what the pages show next, they show of all of them."""
    assert empty_tables(world.stack) == set()


def test_the_files_have_types_tags_and_a_policy_and_hold_nothing_inline(world):
    status, headers, body = ask(world, "/admin/login", Accept="text/html")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'" and policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"] and "*" not in headers["Content-Security-Policy"]
    page = body.decode()
    assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=|https?://", page)
    names = set(re.findall(r"/assets/([\w.-]+)", page))
    while missing := [name for name in names if not name.startswith("=")]:
        for name in missing:
            names.remove(name)
            status, headers, body = ask(world, f"/assets/{name}")
            kind = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}[name.rsplit(".", 1)[1]]
            assert (status, headers["Content-Type"].split(";")[0]) == (200, kind), name
            again = ask(world, f"/assets/{name}", **{"If-None-Match": headers["ETag"]})
            assert (again[0], again[2]) == (304, b""), name
            names.add(f"={name}")
            names |= {other for other in re.findall(r'"\./([\w.-]+\.js)"', body.decode()) if f"={other}" not in names}
    assert {"=app.js", "=app.css", "=qr.js", "=feed.js"} <= names
    assert ask(world, "/assets/../admin")[0] == ask(world, "/assets/none.js")[0] == 404
    # The same address is a page for a browser and the API for a program; a page without a session is the login.
    status, headers, _ = ask(world, "/admin/accounts", Accept="text/html")
    assert (status, headers["Location"]) == (303, "/admin/login?next=/admin/accounts")
    assert ask(world, "/admin/accounts", Accept="application/json")[0] == 401
    assert ask(world, "/admin/stream", Accept="text/event-stream")[0] == 401


def test_signing_in_takes_a_right_token_and_leads_where_one_wanted_to_go(world):
    browser = world.browser
    browser.wrong.clear()
    page = browser.page(signed_in=False)
    page.goto("/feed")
    page.wait_for_url("**/admin/login?next=/feed")
    page.get_by_label("Token").fill("not the token of anybody")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This token is not accepted.")
    browser.forgive("401 (Unauthorized)")
    page.get_by_label("Token").fill(world.stack.environment["ADMIN_TOKEN"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/feed")
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Strict" for cookie in page.context.cookies())
    is_live(page)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/admin/login")
    page.goto("/admin")
    page.wait_for_url("**/admin/login?next=/admin")
    assert browser.wrong == []
    page.context.close()


def test_a_message_of_telethon_appears_in_the_feed_then_its_edit_and_its_deletion(world, browser):
    page = browser.page()
    page.goto("/feed")
    is_live(page)
    speaker, chat = world.speaker, world.home
    wild = "Moi! <script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
    message = speaker.run(speaker.client.send_message(chat, wild, parse_mode=None))
    feed = page.get_by_role("list", name="Messages")
    event = feed.locator(".event.insert", has_text="Moi!").first
    expect(event).to_contain_text(wild)
    expect(event).to_contain_text("new")
    expect(event).to_contain_text(HOME)
    assert page.title() == "Feed – AaltoHub" and event.locator("script, img").count() == 0
    answer = speaker.run(speaker.client.send_message(chat, "I answer that", reply_to=message.id))
    expect(feed.locator(".event.insert", has_text="I answer that").locator("blockquote")).to_contain_text("Moi!")
    speaker.run(speaker.client.edit_message(chat, message.id, "Hei hei"))
    edit = feed.locator(".event.edit").first
    expect(edit).to_contain_text("Hei hei")
    expect(edit.locator("del")).to_have_text(wild)
    speaker.run(speaker.client.delete_messages(chat, [message.id, answer.id]))
    expect(feed.locator(".event.deletion .gone", has_text="Hei hei")).to_be_visible()
    expect(feed.locator(".event.deletion .gone", has_text="I answer that")).to_be_visible()
    browser.picture(page, "feed-after")
    # What comes while the feed is held waits.
    page.get_by_role("button", name="Hold").click()
    speaker.run(speaker.client.send_message(chat, "after the hold"))
    expect(page.get_by_role("button", name=re.compile(r"Go on \(\d new\)"))).to_be_visible()
    assert feed.get_by_text("after the hold").count() == 0
    page.get_by_role("button", name="Go on").click()
    expect(feed.get_by_text("after the hold")).to_have_count(1)


def test_the_pictures_of_an_album_stand_together_and_come_from_the_supervisor(world, browser):
    speaker = world.speaker
    files = [world.ask("add_file", kind="photo", size=20_000 + i)["file"] for i in range(2)]
    for file in files:
        world.ask("post_file", file=file, to=[world.chats[HOME]])
    keys = until(
        lambda: [key for key, in world.stack.query("select key from aaltohub.media_files where state = 'done' and media_id = any(%s)", files)][1:]
        and world.stack.query("select key from aaltohub.media_files where media_id = any(%s)", files), 30, "the stored files")
    # What the simulator makes up is no picture that anybody could see.
    for (key,), colour in zip(keys, ("teal", "coral")):
        Image.new("RGB", (320, 240), colour).save(world.stack.folder / "state" / "media" / key, "JPEG")
    page = browser.page()
    page.goto("/feed")
    is_live(page)
    posted = [m for m in speaker.run(speaker.client.get_messages(world.home, limit=20)) if m.photo][:2]
    speaker.run(speaker.client.send_file(world.home, [m.photo for m in posted], caption="two of the lake"))
    album = page.locator(".event.insert", has_text="two of the lake")
    expect(album.locator("img")).to_have_count(2)
    page.wait_for_function("() => [...document.querySelectorAll('.album img')].filter((i) => i.complete && i.naturalWidth === 320).length === 2")
    assert {key for key, in keys} == set(album.locator("a").evaluate_all("all => all.map((a) => a.pathname.replace('/media/', ''))"))
    browser.picture(page, "feed-album")


def test_what_is_wrong_or_missing_is_shown_where_one_looks_for_it(world, browser):
    page = browser.page()
    page.goto("/admin")
    # The newest of a group may have no text.
    expect(page.locator(".latest li", has_text=NAMED)).to_contain_text(re.compile("channel create|chat add user"))
    page.goto("/admin/gaps")
    gap = page.get_by_role("table", name="Open gaps").locator("tbody tr", has_text=LEFT)
    expect(gap).to_contain_text("longer than Telegram keeps")
    expect(gap.locator(".badge", has_text="failed")).to_have_attribute("title", re.compile("CHANNEL_PRIVATE"))
    coverage = page.get_by_role("table", name="Coverage of the groups")
    expect(coverage.locator("tbody tr", has_text=LEFT)).to_contain_text("has gaps")
    expect(coverage.locator("tbody tr", has_text=FORUM)).to_contain_text("dead letters wait")
    expect(coverage.locator("tbody tr", has_text=NAMED)).to_contain_text("complete")
    page.goto("/admin/crawler")
    table = page.get_by_role("table", name="Groups")
    expect(table.locator("tbody tr", has_text=LEFT).locator(".badge", has_text="error")).to_be_visible()
    newest = table.get_by_role("columnheader", name="Last message")
    expect(newest).to_have_attribute("aria-sort", "descending")
    newest.get_by_role("button").click()
    expect(newest).to_have_attribute("aria-sort", "ascending")
    expect(page.locator(".log li", has_text=LEFT)).to_contain_text("CHANNEL_PRIVATE")
    expect(page.locator(".log li", has_text=FORUM)).to_contain_text("no_rust")
    page.goto("/feed")
    expect(page.locator(".event", has_text="a document").locator("a.chip")).to_have_attribute("href", re.compile("/media/document/"))
    expect(page.locator(".event", has_text="a video")).to_contain_text("60 MiB · not fetched")
    page.goto("/admin/limits")
    expect(page.get_by_role("table", name="Waits").locator("tbody tr")).to_contain_text("contacts.resolveUsername")
    page.goto("/admin/audit")
    expect(page.get_by_role("table", name="Audit log").locator("tbody tr", has_text=READER)).to_contain_text("admin set")


def test_a_group_is_turned_off_and_on_and_crawled_with_its_progress(world, browser):
    page = browser.page()
    page.goto("/admin/crawler")
    is_live(page)
    until(lambda: not (world.jobs(state="queued") or world.jobs(state="running")), 90, "the first crawls")
    table = page.get_by_role("table", name="Groups")
    expect(table.locator("tbody tr")).to_have_count(len(world.chats))
    # As Telegram says its name.
    title = world.stack.query("select title from groups where not title = any(%s) order by telegram_id", [HOME, FORUM, LEFT, NAMED])[0][0]
    left_open = world.open_gaps()
    page.get_by_label("Search").fill(title)
    expect(table.locator("tbody tr")).to_have_count(1)
    switch = page.get_by_role("switch", name=f"Capture {title}")

    def is_enabled():
        return world.stack.query("select s.is_enabled from crawler_status s join groups g on g.id = s.group_id where g.title = %s", title)[0][0]

    # A question that is answered with no changes nothing.
    switch.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert is_enabled() is True
    switch.click()
    page.get_by_role("dialog").get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("switch", name=f"Capture {title}")).to_have_attribute("aria-checked", "false")
    expect(table).to_contain_text("off")
    assert is_enabled() is False
    page.get_by_role("switch", name=f"Capture {title}").click()
    expect(page.get_by_role("switch", name=f"Capture {title}")).to_have_attribute("aria-checked", "true")
    until(is_enabled, 10, "the group turned on")
    # What it missed is fetched at once; until then another crawl of it is refused.
    until(lambda: not (world.open_gaps() > left_open or world.jobs(state="queued") or world.jobs(state="running")), 60, "what it missed")
    page.get_by_role("button", name=f"Crawl {title}").click()
    page.get_by_role("dialog").get_by_role("button", name="Crawl").click()
    bar = page.get_by_role("progressbar")
    expect(bar).to_be_visible()
    seen = {bar.get_attribute("aria-valuetext")}
    browser.picture(page, "groups-crawling")

    def moved():
        if bar.count():
            seen.add(bar.get_attribute("aria-valuetext", timeout=2000))
        page.wait_for_timeout(100)
        return len(seen) > 1

    until(moved, 30, "progress that moves", every=0)
    expect(bar).to_have_count(0, timeout=60_000)
    assert world.stack.query("select requested_by from aaltohub.crawl_jobs where kind = 'manual'")[0][0].endswith("token")


def test_the_listener_is_restarted_and_comes_back(world, browser):
    page = browser.page()
    page.goto("/admin")
    is_live(page)
    card = page.locator(".stage", has_text="listener@main")
    expect(card.locator(".badge").first).to_have_text("running")
    first = world.stack.processes["listener"]
    page.get_by_role("button", name="Restart listener@main").click()
    expect(page.get_by_role("dialog")).to_contain_text("nothing is lost")
    page.get_by_role("dialog").get_by_role("button", name="Restart").click()
    assert first.wait(30) == 0, "the listener drains and ends"
    expect(card.filter(has=page.locator(".badge", has_text="running"))).to_have_count(0)
    world.stack.start("listener")  # as systemd does
    expect(card.locator(".badge").first).to_have_text("running")
    expect(page.get_by_text("Messages arrive and are stored.")).to_be_visible()
    browser.picture(page, "overview-after")
    page.goto("/admin/audit")
    line = page.get_by_role("table", name="Audit log").locator("tbody tr", has_text="listener@main").first
    expect(line).to_contain_text("restart")
    expect(line).to_contain_text("done")


def test_a_dead_letter_is_tried_again(world, browser):
    change(world, "alter table messages add constraint no_poison check (text not like 'poison%') not valid")
    world.send(HOME, "poison for the pages")
    until(lambda: world.stack.query("select count(*) from failed_messages where not resolved") == [(2,)], 30, "a dead letter beside the one that waited")
    page = browser.page()
    page.goto("/admin/dead-letters")
    letter = page.locator(".letter", has_text=HOME)
    expect(page.locator(".letter", has_text=FORUM)).to_contain_text("no_rust")
    expect(letter).to_have_count(1)
    expect(letter).to_contain_text("no_poison")
    browser.picture(page, "dead-letters-waiting")

    def retry():
        letter.get_by_role("button", name="Try the message of").click()
        page.get_by_role("dialog").get_by_role("button", name="Try again").click()

    retry()
    expect(page.locator(".news")).to_contain_text("It failed again")
    change(world, "alter table messages drop constraint no_poison")
    retry()
    expect(page.locator(".news")).to_contain_text("The message is stored.")
    expect(letter).to_have_count(0)
    assert world.stack.query("select count(*) from messages where text = 'poison for the pages'") == [(1,)]
    page.get_by_label("dealt with").check()
    expect(page.locator(".letter")).to_have_count(2)
    page.get_by_label("waiting").check()
    expect(page.locator(".letter")).to_have_count(1)


def test_an_account_logs_in_by_the_code_on_the_page_and_its_password(world, browser):
    page = browser.page()
    page.goto("/admin/accounts")
    page.get_by_label("Name of a new account").fill("second")
    page.get_by_role("button", name="Log in by QR", exact=True).last.click()
    code = page.get_by_role("img", name="QR code to scan with Telegram")
    expect(code).to_be_visible()
    browser.picture(page, "accounts-code")
    # As a phone sees it.
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(code.screenshot())))
    assert len(found) == 1, "the picture is no code"
    token = re.fullmatch(r"tg://login\?token=([\w-]+)", found[0].text)[1]
    phone = Speaker(world.stack, GUARDED, "secret")
    try:
        phone.run(phone.client(functions.auth.AcceptLoginTokenRequest(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))))
    finally:
        phone.close()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Password").fill("wrong")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_role("alert")).to_have_text("This password is wrong.")
    dialog.get_by_label("Password").fill("secret")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog).to_contain_text("Logged in", timeout=60_000)
    dialog.get_by_role("button", name="Close").click()
    card = page.locator(".account", has_text="second")
    expect(card).to_contain_text("logged in")
    accounts = {one["name"]: one for one in json.loads(world.stack.ctl("accounts", "--json").stdout)["accounts"]}
    assert accounts["second"]["state"] == "active" and accounts["second"]["phone"].endswith("03")
    page.get_by_role("button", name="Pause second").click()
    page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(card).to_contain_text("paused")
    card.get_by_role("button", name="Resume second").click()
    expect(card.get_by_role("button", name="Pause second")).to_be_visible()


def test_without_its_stream_a_page_asks_every_now_and_then_and_says_so(world, browser):
    page = browser.page()
    page.route("**/admin/stream*", lambda route: route.abort())
    page.clock.install()
    page.goto("/admin")
    expect(page.get_by_role("status").filter(has_text="polling")).to_be_visible()
    expect(page.locator(".stage")).not_to_have_count(0)
    for _ in range(2):
        with page.expect_request("**/admin/status"):
            page.clock.fast_forward(31_000)
    page.unroute("**/admin/stream*")
    page.goto("/feed")
    is_live(page)
    browser.forgive("ERR_FAILED")
    world.stack.kill("supervisor")
    expect(page.get_by_role("status").filter(has_text="offline")).to_be_visible()
    world.stack.start("supervisor")
    is_live(page)
    # A request that a killed server leaves ends in one of many ways.
    browser.forgive("Failed to load resource: net::ERR_")


def by_tab(page, name):
    """The controls of the page, those of them that Tab reached, and whether none was drawn anew meanwhile."""
    wanted = page.evaluate(
        "() => [...document.querySelectorAll('a[href], button, input, select, summary')]"
        ".filter((e) => !e.disabled && e.checkVisibility({ visibilityProperty: true }) && (e.type !== 'radio' || e.checked))"
        ".map((e, i) => (e.dataset.place = i)).length")
    reached = set()
    page.evaluate("document.activeElement.blur()")
    for _ in range(2 * wanted + 8):
        page.keyboard.press("Tab")
        place, outlined = page.evaluate(
            "() => { const e = document.activeElement, style = getComputedStyle(e);"
            " return [e.dataset.place ?? null, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2] }")
        if place is not None:
            reached.add(place)
            assert outlined, f"{name}: the focus is not seen at {page.evaluate('document.activeElement.outerHTML')[:200]}"
        if len(reached) >= wanted:
            break
    return wanted, len(reached), page.evaluate("document.querySelectorAll('[data-place]').length") >= wanted


@pytest.mark.parametrize("scheme", ("light", "dark"))
@pytest.mark.parametrize("viewport", (WIDE, NARROW), ids=("wide", "narrow"))
def test_every_page_fits_and_every_control_is_reached_by_tab_and_shows_it(world, browser, viewport, scheme):
    page = browser.page(viewport, scheme)
    for name, path in {"login": "/admin/login", **PAGES}.items():
        page.goto(path)
        if name != "login":
            is_live(page)
            expect(page.locator(".spinner")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], f"{name} scrolls sideways"
        browser.picture(page, f"{name}-{scheme}-{viewport['width']}")
        for _ in range(3):
            wanted, reached, is_the_same = by_tab(page, name)
            if is_the_same:
                break
        assert reached >= wanted, f"{name}: Tab reaches {reached} of {wanted} controls"
