// Takes a picture of a page of the running demo:
//   node screenshot.mjs DEMO.JSON PATH FILE [WIDTH] [HEIGHT] [dark]
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";

const { chromium } = createRequire(process.env.SCREENSHOT_MODULES)("playwright-core");

const [demo, path, file, width = "1400", height = "1000", theme = "light"] = process.argv.slice(2);
const { url, user, password } = JSON.parse(readFileSync(demo));
const client = `${url}/`;

/** Call Home Assistant and give its JSON, or say what it answered. */
async function call(address, body, type) {
  const response = await fetch(url + address, { method: "POST", body, headers: { "Content-Type": type } });
  if (!response.ok) throw new Error(`${address}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Log in as the login page does, and give the tokens that the frontend keeps. */
async function login() {
  const json = (address, value) => call(address, JSON.stringify(value), "application/json");
  const flow = await json("/auth/login_flow", {
    client_id: client,
    handler: ["homeassistant", null],
    redirect_uri: client,
  });
  const done = await json(`/auth/login_flow/${flow.flow_id}`, { client_id: client, username: user, password });
  if (done.type !== "create_entry") throw new Error("User or password is wrong.");
  const grant = new URLSearchParams({ client_id: client, grant_type: "authorization_code", code: done.result });
  const tokens = await call("/auth/token", grant.toString(), "application/x-www-form-urlencoded");
  return { ...tokens, hassUrl: url, clientId: client, expires: Date.now() + tokens.expires_in * 1000 };
}

/** Whether the page is there and nothing in it, in any of its nested shadow trees, says that it is loading. */
function isReady() {
  const waiting = "ha-spinner, ha-init-page, hass-loading-screen, ha-skeleton";
  const isWaiting = (root) =>
    [...root.querySelectorAll("*")].some(
      (node) => (node.matches(waiting) && node.getClientRects().length > 0) || (node.shadowRoot && isWaiting(node.shadowRoot)),
    );
  return document.querySelector("home-assistant")?.shadowRoot?.querySelector("home-assistant-main") && !isWaiting(document);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--hide-scrollbars"],
});
try {
  const context = await browser.newContext({
    viewport: { width: Number(width), height: Number(height) },
    deviceScaleFactor: 1,
    locale: "de-DE",
    timezoneId: "Europe/Berlin",
    colorScheme: theme === "dark" ? "dark" : "light",
  });
  await context.addInitScript((tokens) => {
    localStorage.setItem("hassTokens", JSON.stringify(tokens));
    localStorage.setItem("selectedLanguage", JSON.stringify("de"));
  }, await login());
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error(`error in the page: ${String(error).slice(0, 200)}`));
  await page.goto(url + path, { waitUntil: "networkidle" });
  await page.waitForFunction(isReady, undefined, { timeout: 30_000 });
  // Diagrams grow into place; no event tells when they are done.
  await page.waitForTimeout(1500);
  await page.screenshot({ path: file });
  console.log(`${file}: ${await page.title()}`);
} finally {
  await browser.close();
}
