// Makes every icon size from app.svg: `node icons/make.mjs`. Needs rsvg-convert (librsvg2-bin).
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const png = (size) =>
  execFileSync("rsvg-convert", ["-w", String(size), "-h", String(size), join(here, "app.svg")], {
    maxBuffer: 1 << 26,
  });
const cache = new Map();
const at = (size) => {
  if (!cache.has(size)) cache.set(size, png(size));
  return cache.get(size);
};

for (const [name, size] of [
  ["32x32.png", 32],
  ["64x64.png", 64],
  ["128x128.png", 128],
  ["128x128@2x.png", 256],
  ["icon.png", 512],
  ["Square44x44Logo.png", 44],
  ["Square150x150Logo.png", 150],
  ["Square310x310Logo.png", 310],
  ["StoreLogo.png", 50],
]) {
  writeFileSync(join(here, name), at(size));
}

// ICO: directory of PNG images, which Windows reads since Vista.
const icoSizes = [16, 24, 32, 48, 64, 256];
const head = Buffer.alloc(6 + 16 * icoSizes.length);
head.writeUInt16LE(1, 2);
head.writeUInt16LE(icoSizes.length, 4);
let offset = head.length;
icoSizes.forEach((size, index) => {
  const entry = 6 + 16 * index;
  head.writeUInt8(size % 256, entry);
  head.writeUInt8(size % 256, entry + 1);
  head.writeUInt16LE(1, entry + 4);
  head.writeUInt16LE(32, entry + 6);
  head.writeUInt32LE(at(size).length, entry + 8);
  head.writeUInt32LE(offset, entry + 12);
  offset += at(size).length;
});
writeFileSync(join(here, "icon.ico"), Buffer.concat([head, ...icoSizes.map(at)]));

// ICNS: four-letter type, big-endian length with its own eight bytes, PNG.
const icns = [
  ["icp4", 16],
  ["icp5", 32],
  ["icp6", 64],
  ["ic07", 128],
  ["ic08", 256],
  ["ic09", 512],
  ["ic10", 1024],
].map(([type, size]) => {
  const part = Buffer.alloc(8);
  part.write(type, 0, "latin1");
  part.writeUInt32BE(at(size).length + 8, 4);
  return Buffer.concat([part, at(size)]);
});
const body = Buffer.concat(icns);
const top = Buffer.alloc(8);
top.write("icns", 0, "latin1");
top.writeUInt32BE(body.length + 8, 4);
writeFileSync(join(here, "icon.icns"), Buffer.concat([top, body]));
