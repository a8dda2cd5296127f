// SPDX-License-Identifier: MIT
// page.mjs URL PROGRAM SCREENSHOT: opens the page in a browser, asks for the users by its buttons, and prints what there
// was to see, as one JSON object.
import { chromium } from "playwright-core";

const [url, executablePath, screenshot] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const seen = { console: [], failed: [], asked: [], violations: [] };
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 1600 } });
  page.setDefaultTimeout(30000);
  page.on("console", (message) => seen.console.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => seen.console.push(`error: ${error}`));
  page.on("requestfailed", (request) => seen.failed.push(request.url()));
  page.on("request", (request) => seen.asked.push(request.url()));
  await page.exposeFunction("violated", (what) => seen.violations.push(what));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      window.violated(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
  });
  await page.goto(url);
  await page.waitForSelector(".opblock");
  seen.title = await page.textContent(".info .title");
  seen.operations = await page.$$eval(".opblock-summary", (all) =>
    all.map((one) => one.innerText.replace(/\u200b/g, "").replace(/\s+/g, " ").trim()));
  const users = page.locator(".opblock-get", { has: page.locator("[data-path='/users']") });
  await users.locator(".opblock-summary-control").click();
  await users.locator(".try-out__btn").click();
  seen.parameters = await users.locator(".parameter__name").allInnerTexts();
  await users.locator(".execute").click();
  const answer = users.locator(".live-responses-table .response");
  await answer.first().waitFor();
  seen.status = (await answer.first().locator(".response-col_status").innerText()).trim();
  seen.body = await answer.first().locator(".response-col_description pre").first().innerText();
  await answer.first().scrollIntoViewIfNeeded();
  await page.screenshot({ path: screenshot, fullPage: true });
  const one = page.locator(".opblock-get", { has: page.locator("[data-path='/users/{key}']") });
  await one.locator(".opblock-summary-control").click();
  await one.locator(".try-out__btn").click();
  seen.key = (await one.locator("tr[data-param-in='path']").allInnerTexts()).join(" ").replace(/\s+/g, " ");
  await one.locator("tr[data-param-in='path'] input").fill("2");
  await one.locator(".execute").click();
  const row = one.locator(".live-responses-table .response").first();
  await row.waitFor();
  seen.oneStatus = (await row.locator(".response-col_status").innerText()).trim();
  seen.oneBody = await row.locator(".response-col_description pre").first().innerText();
  const add = page.locator(".opblock-post", { has: page.locator("[data-path='/users']") });
  await add.locator(".opblock-summary-control").click();
  await add.locator(".try-out__btn").click();
  seen.example = await add.locator("textarea.body-param__text").inputValue();
  await add.locator(".execute").click();
  const added = add.locator(".live-responses-table .response").first();
  await added.waitFor();
  seen.addedStatus = (await added.locator(".response-col_status").innerText()).trim();
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
