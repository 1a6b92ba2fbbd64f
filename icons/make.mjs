// Makes every icon from app.svg: `node icons/make.mjs`. Needs rsvg-convert (librsvg2-bin).
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const svg = readFileSync(join(here, "app.svg"), "utf8");
const write = (name, bytes) => {
  mkdirSync(dirname(join(here, name)), { recursive: true });
  writeFileSync(join(here, name), bytes);
};

const cache = new Map();
/** `drawing` as a PNG of `size` pixels. */
function png(size, drawing = svg) {
  const key = `${size} ${drawing}`;
  if (!cache.has(key)) {
    const args = ["-w", String(size), "-h", String(size)];
    cache.set(key, execFileSync("rsvg-convert", args, { input: drawing, maxBuffer: 1 << 26 }));
  }
  return cache.get(key);
}

// The variants. The ground is the first shape, the place whose turn it is the only one in amber.
const ground = /<rect width="1024"[^>]*\/>/;
const square = svg.replace(' rx="228"', "");
const bare = svg.replace(ground, "");
const grey = square.replace("#0b3d5c", "#000000").replace("#2f6484", "#5c5c5c").replace("#f2b84b", "#b4b4b4");
// macOS leaves a margin around the body: 824 of 1024.
const inset = svg.replace('viewBox="0 0 1024 1024"', 'viewBox="-124.3 -124.3 1272.6 1272.6"');

for (const [name, size] of [
  ["32x32.png", 32],
  ["64x64.png", 64],
  ["128x128.png", 128],
  ["128x128@2x.png", 256],
  ["icon.png", 512],
  ...[30, 44, 71, 89, 107, 142, 150, 284, 310].map((size) => [`Square${size}x${size}Logo.png`, size]),
  ["StoreLogo.png", 50],
]) {
  write(name, png(size));
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
  head.writeUInt32LE(png(size).length, entry + 8);
  head.writeUInt32LE(offset, entry + 12);
  offset += png(size).length;
});
write("icon.ico", Buffer.concat([head, ...icoSizes.map((size) => png(size))]));

// ICNS: four-letter type, big-endian length with its own eight bytes, PNG.
const icns = [
  ["icp4", 16],
  ["icp5", 32],
  ["icp6", 64],
  ["ic07", 128],
  ["ic08", 256],
  ["ic09", 512],
  ["ic10", 1024],
  // For screens of twice the density
  ["ic11", 32],
  ["ic12", 64],
  ["ic13", 256],
  ["ic14", 512],
].map(([type, size]) => {
  const image = png(size, inset);
  const part = Buffer.alloc(8);
  part.write(type, 0, "latin1");
  part.writeUInt32BE(image.length + 8, 4);
  return Buffer.concat([part, image]);
});
const body = Buffer.concat(icns);
const top = Buffer.alloc(8);
top.write("icns", 0, "latin1");
top.writeUInt32BE(body.length + 8, 4);
write("icon.icns", Buffer.concat([top, body]));

// iOS cuts the corners itself, lays the dark variant on a ground of its own, and colours the grey one.
const ios = "ios/AppIcon.appiconset";
const looks = [
  ["AppIcon.png", opaque(png(1024, square)), undefined],
  ["AppIcon-dark.png", png(1024, bare), "dark"],
  ["AppIcon-tinted.png", opaque(png(1024, grey)), "tinted"],
];
for (const [name, image] of looks) write(`${ios}/${name}`, image);
const images = looks.map(([filename, , value]) => ({
  ...(value && { appearances: [{ appearance: "luminosity", value }] }),
  filename,
  idiom: "universal",
  platform: "ios",
  size: "1024x1024",
}));
const contents = { images, info: { author: "xcode", version: 1 } };
write(`${ios}/Contents.json`, `${JSON.stringify(contents, null, 2)}\n`);

// Android draws vectors: a foreground on a colour, cut to the phone's own shape, and one for its theme,
// of which only the opacity counts.
const android = "../src-tauri/gen/android/app/src/main/res/drawable";
write(`${android}/ic_launcher_foreground.xml`, vector((colour) => colour));
write(
  `${android}/ic_launcher_monochrome.xml`,
  vector((colour) => (colour === "#2f6484" ? "#59ffffff" : "#ffffff")),
);

/** An icon that could be transparent the App Store refuses. */
function opaque(image) {
  const COLOUR_TYPE = 25;
  if (image[COLOUR_TYPE] !== 2) throw new Error("the PNG is not plain RGB");
  return image;
}

/**
 * The shapes of `bare` as a drawable of 108 dp. A phone shows at least the circle of 66 dp in its middle;
 * the ring takes 53.
 */
function vector(coloured) {
  const room = 1440;
  const shift = (room - 1024) / 2;
  const paths = [];
  let inherited = {};
  for (const [, name, attributes] of bare.matchAll(/<(g|circle|path|rect)\b([^>]*?)\/?>/g)) {
    const own = Object.fromEntries([...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map((m) => m.slice(1)));
    if (name === "g") {
      inherited = own;
      continue;
    }
    const shape = { ...inherited, ...own };
    const android = { pathData: outline(name, shape) };
    if (shape.fill !== "none") android.fillColor = coloured(shape.fill);
    if (shape.stroke !== undefined) {
      android.strokeColor = coloured(shape.stroke);
      android.strokeWidth = shape["stroke-width"];
      android.strokeLineCap = shape["stroke-linecap"] ?? "butt";
    }
    const list = Object.entries(android).map(([key, value]) => `\n            android:${key}="${value}"`);
    paths.push(`        <path${list.join("")} />`);
  }
  return `<?xml version="1.0" encoding="utf-8"?>
<!-- Made from icons/app.svg by icons/make.mjs. -->
<vector xmlns:android="http://schemas.android.com/apk/res/android"
    android:width="108dp"
    android:height="108dp"
    android:viewportWidth="${room}"
    android:viewportHeight="${room}">
    <group android:translateX="${shift}" android:translateY="${shift}">
${paths.join("\n")}
    </group>
</vector>
`;
}

function outline(name, shape) {
  if (name === "path") return shape.d;
  if (name === "circle") {
    const [x, y, r] = [shape.cx, shape.cy, shape.r].map(Number);
    return `M${x - r} ${y} a${r} ${r} 0 1 1 ${2 * r} 0 a${r} ${r} 0 1 1 ${-2 * r} 0 z`;
  }
  const [x, y, width, height, r] = [shape.x, shape.y, shape.width, shape.height, shape.rx].map(Number);
  const arc = (dx, dy) => `a${r} ${r} 0 0 1 ${dx} ${dy}`;
  const [across, down] = [width - 2 * r, height - 2 * r];
  return `M${x + r} ${y} h${across} ${arc(r, r)} v${down} ${arc(-r, r)} h${-across} ${arc(-r, -r)} v${-down} ${arc(r, -r)} z`;
}
