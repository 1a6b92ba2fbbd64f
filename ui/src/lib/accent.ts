// An institution's colour, made readable: darker for light pages, lighter for dark ones.

type Rgb = readonly [number, number, number];

const WHITE: Rgb = [255, 255, 255];
const NIGHT: Rgb = [18, 22, 27];

function parse(hex: string): Rgb | null {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  if (match === null) return null;
  return [1, 2, 3].map((at) => Number.parseInt(match[at] ?? "0", 16)) as unknown as Rgb;
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** WCAG 2.2 contrast ratio, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function towards(from: Rgb, to: Rgb, against: Rgb, aim: number): Rgb {
  for (let step = 0; step <= 20; step += 1) {
    const mixed = from.map((value, at) =>
      Math.round(value + ((to[at] ?? 0) - value) * (step / 20)),
    ) as unknown as Rgb;
    if (contrast(mixed, against) >= aim) return mixed;
  }
  return to;
}

const css = ([r, g, b]: Rgb) => `rgb(${r} ${g} ${b})`;
const HOUSE = "#0b4f7a";

/** The accent for light and for dark pages, each at least 5.5 : 1 on its ground. */
export function accents(hex: string): { light: string; dark: string } {
  const own = parse(hex) ?? (parse(HOUSE) as Rgb);
  return {
    light: css(towards(own, [0, 0, 0], WHITE, 5.5)),
    dark: css(towards(own, WHITE, NIGHT, 7)),
  };
}

let worn = "";

/** Sets the page's accent through the style object, which the content policy allows. */
export function wearAccent(hex: string, root: HTMLElement = document.documentElement): void {
  // Setting it again, even to the same colour, has the whole page styled anew.
  if (hex === worn) return;
  worn = hex;
  const { light, dark } = accents(hex);
  root.style.setProperty("--accent-light", light);
  root.style.setProperty("--accent-dark", dark);
}
