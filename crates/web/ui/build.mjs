// Bundles styles, fonts and islands into dist/, with a hash in each name and a manifest that says
// which name is which. Prints the sizes and fails when one is over its budget.
//
// cargo never calls this: `./run demo` and `./run test` do, and a build without dist/ serves pages
// without styles and islands. Each file has its .br and .gz beside it, so that no request
// compresses anything.

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const DIST = join(ROOT, "dist");
/** Kept in git, so that the folder exists for cargo. */
const PLACEHOLDER = ".gitkeep";

/** Bytes, gzip for text; the first visit of a staff page takes script, styles and these fonts. */
const SCRIPT_MAX = 40_000;
const FIRST_VISIT_MAX = 150_000;
const FIRST_VISIT_FONTS = ["inter-latin-opsz-normal", "source-serif-4-latin-600-normal"];

async function clear() {
  await mkdir(DIST, { recursive: true });
  for (const name of await readdir(DIST)) {
    if (name !== PLACEHOLDER) await rm(join(DIST, name), { recursive: true });
  }
}

async function bundle() {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: { app: "src/app.ts", style: "css/app.css", styleguide: "css/styleguide.css" },
    outdir: "dist",
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome125", "firefox128", "safari17.5"],
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file", ".svg": "file" },
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  return Object.keys(result.metafile.outputs).map((path) => basename(path));
}

/** Files that are served as they are. */
async function copy() {
  const names = [];
  for (const name of await readdir(join(ROOT, "static"))) {
    const bytes = await readFile(join(ROOT, "static", name));
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
    const ext = extname(name);
    const hashed = `${basename(name, ext)}-${hash}${ext}`;
    await writeFile(join(DIST, hashed), bytes);
    names.push(hashed);
  }
  return names;
}

async function compress(name) {
  const bytes = await readFile(join(DIST, name));
  if (name.endsWith(".woff2")) return { name, bytes: bytes.length, sent: bytes.length };
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const gzip = gzipSync(bytes, { level: 9 });
  await writeFile(join(DIST, `${name}.gz`), gzip);
  await writeFile(join(DIST, `${name}.br`), brotliCompressSync(bytes, { params }));
  return { name, bytes: bytes.length, sent: gzip.length };
}

/** `style-AB12CD34.css` is known as `style.css`. */
function plain(name) {
  return name.replace(/-[0-9A-Za-z]{8}(\.[a-z0-9]+)$/, "$1");
}

function budgets(files) {
  const size = (wanted) => files.find((file) => plain(file.name) === wanted)?.sent ?? Number.POSITIVE_INFINITY;
  const script = size("app.js");
  const fonts = FIRST_VISIT_FONTS.reduce((sum, font) => sum + size(`${font}.woff2`), 0);
  const first = script + size("style.css") + size("favicon.svg") + fonts;
  console.log(`${String(script).padStart(8)}  script, of ${SCRIPT_MAX}`);
  console.log(`${String(first).padStart(8)}  a first visit without its page, of ${FIRST_VISIT_MAX}`);
  if (script > SCRIPT_MAX || first > FIRST_VISIT_MAX) {
    console.error("over the budget: take something out, or load it on the pages that need it only");
    process.exitCode = 1;
  }
}

await clear();
const names = [...(await bundle()), ...(await copy())].sort();
const files = [];
for (const name of names) files.push(await compress(name));
const manifest = Object.fromEntries(names.map((name) => [plain(name), name]));
await writeFile(join(DIST, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
console.log("   bytes  sent (gzip; fonts as they are)");
for (const file of files) console.log(`${String(file.bytes).padStart(8)}  ${file.sent}  ${file.name}`);
budgets(files);
