"""A headless Chromium, driven by the DevTools protocol."""

import base64
import json
import subprocess
import time
import urllib.request

import websocket

LOOK = """(() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (element) => element.closest('.wide') !== null;
  const beyond = [...document.querySelectorAll('body *')].filter(e => !scrolls(e) && e.getBoundingClientRect().right > width + 1);
  const charts = [...document.querySelectorAll('figure svg')];
  return {
    charts: charts.length,
    empty: charts.filter(svg => !svg.querySelector('path.line, path.dot, rect.bar') || !svg.getAttribute('aria-label')).length,
    scroll: document.documentElement.scrollWidth,
    wide: beyond.slice(0, 5).map(e => e.tagName + '.' + e.className + ' ' + (e.textContent || '').slice(0, 60)),
    title: document.title,
  };
})()"""


class Browser:
    """Opens pages and tells what is on them."""

    def __init__(self, chromium, profile):
        self.profile = profile
        command = [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
                   "--disable-background-networking", "--remote-debugging-port=0", "--remote-allow-origins=*", f"--user-data-dir={profile}", "about:blank"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        port_file, until = self.profile / "DevToolsActivePort", time.monotonic() + 60
        while not (port_file.exists() and port_file.read_text().strip()):
            assert self.process.poll() is None and time.monotonic() < until, "chromium did not start"
            time.sleep(0.1)
        address = f"http://127.0.0.1:{port_file.read_text().split()[0]}"
        get = lambda path: json.load(urllib.request.urlopen(address + path))
        self.version = get("/json/version")["Browser"]
        page = next(target for target in get("/json/list") if target["type"] == "page")
        self.socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=60)
        self.number, self.events = 0, []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=20)

    def call(self, method, **parameters):
        """Calls a method and returns its result; what happens meanwhile is kept."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self.events.append(message)

    def wait_for(self, event):
        while not any(message["method"] == event for message in self.events):
            self.events.append(json.loads(self.socket.recv()))

    def open(self, address, width, scheme):
        """What is on a page, and what went wrong with it: messages of the console, requests to anywhere."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events = []
        self.call("Page.navigate", url=address)
        self.wait_for("Page.loadEventFired")
        shown = self.call("Runtime.evaluate", expression=LOOK, returnByValue=True)["result"]["value"]
        shown["problems"] = [problem for message in self.events if (problem := self.problem(message, address))]
        return shown

    @staticmethod
    def problem(message, address):
        method, about = message["method"], message["params"]
        if method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
            return json.dumps(about)[:300]
        if method == "Log.entryAdded":
            return about["entry"]["text"]
        if method == "Network.requestWillBeSent" and not about["request"]["url"].startswith(("data:", address)):
            return f"asks for {about['request']['url']}"
        return None

    def picture(self, path):
        """Writes a picture of the whole page."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 12000), "scale": 1}
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        path.write_bytes(base64.b64decode(data))
