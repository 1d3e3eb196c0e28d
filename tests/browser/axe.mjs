// Looks at HTML reports in a real browser: node axe.mjs CHROMIUM SCREENSHOTS|- FILE...
//
// Light and dark, desktop and phone. Prints what is wrong, one line each, and exits 1 when anything is: a violation of
// WCAG 2.2 A or AA or of axe's best practices, a message on the console (a breach of the content security policy is
// one), a dialog, a request, a page wider than the phone, a filter that does not filter.
import axe from "axe-core";
import { chromium } from "playwright-core";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const [executablePath, shots, ...files] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--headless=new", "--no-sandbox", "--disable-gpu"] });
const views = [
  ["light", { width: 1280, height: 900 }],
  ["dark", { width: 1280, height: 900 }],
  ["light", { width: 390, height: 844 }],
  ["dark", { width: 390, height: 844 }],
];
const wrong = [];

for (const file of files) {
  for (const [colorScheme, viewport] of views) {
    const name = `${basename(file, ".html")}-${colorScheme}-${viewport.width}`;
    const say = (text) => wrong.push(`${name}: ${text}`);
    const page = await open({ colorScheme, viewport }, file, say);
    await page.evaluate(axe.source);
    const result = await page.evaluate(() => window.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"],
      rules: { "target-size": { enabled: true } },
    }));
    if (result.passes.length < 10) say(`axe judged only ${result.passes.length} rules`);
    for (const violation of result.violations) {
      for (const node of violation.nodes) say(`${violation.id}: ${node.html.slice(0, 200)}: ${node.failureSummary}`);
    }
    for (const open of result.incomplete) {
      console.log(`${name}: not decided: ${open.id} at ${open.nodes.length} places, ${open.nodes[0].html.slice(0, 120)}`);
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > viewport.width) say(`is ${wide} wide`);
    if (shots !== "-") {
      // The browser cannot draw a picture that is much taller.
      const tall = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.screenshot({ path: join(shots, `${name}.png`), fullPage: tall < 12000 });
    }
    await filters(page, say);
    await page.context().close();
  }
  const say = (text) => wrong.push(`${basename(file)} without script: ${text}`);
  const page = await open({ javaScriptEnabled: false }, file, say);
  if (await page.locator("#filters").isVisible()) say("filters are shown that do nothing");
  for (const row of await page.locator("#findings-table tbody tr").all()) {
    if (!(await row.isVisible())) say("a finding is hidden");
  }
  await page.context().close();
}
await browser.close();
console.log(wrong.length === 0 ? `${files.length} reports without a violation` : wrong.join("\n"));
process.exit(wrong.length === 0 ? 0 : 1);

async function open(options, file, say) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const address = pathToFileURL(file).href;
  page.on("console", (message) => say(`console: ${message.text()}`));
  page.on("pageerror", (error) => say(`script: ${error.message}`));
  page.on("dialog", (dialog) => { say(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (request.url() !== address) say(`request: ${request.url()}`); });
  await page.goto(address);
  return page;
}

// By keyboard: choose a severity, search a text, clear again.
async function filters(page, say) {
  if (await page.locator("#findings-table").count() === 0) return;
  const rows = () => page.locator("#findings-table tbody tr:visible").count();
  const all = await rows();
  await page.focus("#filter-severity");
  await page.keyboard.press("ArrowDown");
  await page.waitForTimeout(50);
  const value = await page.locator("#filter-severity").inputValue();
  const wanted = await page.locator("#findings-table tbody tr")
    .evaluateAll((rows, value) => rows.filter((row) => row.dataset.severity === value).length, value);
  if (value === "" || await rows() !== wanted) say(`severity ${value} shows ${await rows()} rows, not ${wanted}`);
  await page.selectOption("#filter-severity", "");
  await page.fill("#filter-text", "surely nowhere in it");
  await page.waitForTimeout(200);
  if (await rows() !== 0) say("a text that is nowhere is found");
  const status = await page.locator("#filter-count").textContent();
  if (!status.startsWith("0 of ")) say(`the count says ${status}`);
  await page.fill("#filter-text", "");
  await page.waitForTimeout(200);
  if (await rows() !== all) say("an empty filter hides something");
}
