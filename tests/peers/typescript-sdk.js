// Runs the compiled tests of a folder in one process: jest would load the SDK anew for each of 900 files.
// Prints what failed and, last, how many passed. node typescript-sdk.js FOLDER [--skipped-too]
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");

const folder = path.resolve(process.argv[2]);
const skippedToo = process.argv.includes("--skipped-too");
const TIMEOUT_MS = 20_000;
const AT_A_TIME = 4;

const cases = [];
const groups = [];
let file = "";
let skipped = 0;

global.expect = createRequire(path.join(folder, "x.js"))("expect").expect;
global.test = global.it = (name, run) => cases.push({ name: [file, ...groups, name].join(" > "), run });
global.test.skip = (name, run) => (skippedToo ? global.test(name, run) : skipped++);
global.describe = (name, body) => {
  groups.push(name);
  body();
  groups.pop();
};
global.describe.skip = () => {};

for (const found of fs.readdirSync(folder, { recursive: true }).sort()) {
  if (!found.endsWith(".test.js")) continue;
  file = found;
  require(path.join(folder, found));
}

async function main() {
  let passed = 0;
  let failed = 0;
  const waiting = cases.slice();
  const work = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      let timer;
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error("took too long")), TIMEOUT_MS);
      });
      try {
        await Promise.race([one.run(), late]);
        passed++;
      } catch (error) {
        failed++;
        console.log(`${one.name}: ${String(error.message).split("\n")[0].slice(0, 300)}`);
      } finally {
        clearTimeout(timer);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
}
main();
