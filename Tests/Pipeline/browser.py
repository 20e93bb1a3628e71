"""Chromium at the supervisor's pages, and a Telethon user beside it. What a page says wrong ends the test: errors, refused files, bad policy."""
import asyncio, contextlib, os, pathlib, shutil, threading

from playwright.sync_api import sync_playwright

from people import person

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 30_000  # milliseconds for a page to show what was done


class Browser:
    def __init__(self, stack):
        assert CHROMIUM, "these tests need Debian's chromium: apt-get install chromium fonts-dejavu-core fonts-noto-color-emoji"
        self.stack = stack
        self.address = f"http://127.0.0.1:{stack.http_port}"
        self.wrong = []
        self.playwright = sync_playwright().start()
        self.chromium = self.playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        self.state = None

    def page(self, viewport=None, scheme="light", signed_in=True):
        context = self.chromium.new_context(
            base_url=self.address, viewport=viewport or WIDE, color_scheme=scheme, storage_state=self.state if signed_in else None)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: request.url.startswith((self.address, "data:")) or self.wrong.append(f"asked {request.url}"))
        page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`))")
        return page

    def sign_in(self):
        page = self.page(signed_in=False)
        page.goto("/admin/login")
        page.get_by_label("Token").fill(self.stack.environment["ADMIN_TOKEN"])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/admin")
        self.state = page.context.storage_state()
        return page

    def forgive(self, *parts):
        """Takes out what Chromium itself says of an answer that the test wanted to be a refusal."""
        self.wrong = [text for text in self.wrong if not any(part in text for part in parts)]

    def picture(self, page, name):
        """Keeps a picture for a person to look at, when asked to."""
        if folder := os.environ.get("AALTOHUB_PICTURES"):
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    def close(self):
        self.chromium.close()
        self.playwright.stop()


class Speaker:
    """A Telethon user on a thread of its own: Playwright has this one's event loop."""

    def __init__(self, stack, phone, password=None):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.stack = contextlib.AsyncExitStack()
        self.client = self.run(self.stack.enter_async_context(person(stack, phone, password)))

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def close(self):
        self.run(self.stack.aclose())
        self.loop.call_soon_threadsafe(self.loop.stop)
