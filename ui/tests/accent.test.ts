import { describe, expect, it } from "vitest";
import { accents, contrast, wearAccent } from "../src/lib/accent";

type Rgb = [number, number, number];
const rgb = (css: string) => (css.match(/\d+/g) ?? []).map(Number) as Rgb;

describe("accents", () => {
  it.each(["#ffff00", "#ffffff", "#000000", "#0b6e4f", "#8a1538", "#7f7f7f", "not a colour"])(
    "makes %s readable on light and on dark pages",
    (hex) => {
      const { light, dark } = accents(hex);
      expect(contrast(rgb(light), [255, 255, 255])).toBeGreaterThanOrEqual(5.5);
      expect(contrast(rgb(light), [244, 246, 248])).toBeGreaterThanOrEqual(4.5);
      expect(contrast(rgb(dark), [18, 22, 27])).toBeGreaterThanOrEqual(7);
      expect(contrast(rgb(dark), [34, 44, 55])).toBeGreaterThanOrEqual(4.5);
    },
  );

  it("leaves a colour alone that is readable already", () => {
    expect(accents("#0b4f7a").light).toBe("rgb(11 79 122)");
  });

  it("measures contrast as WCAG does", () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
    expect(contrast([118, 118, 118], [255, 255, 255])).toBeCloseTo(4.54, 2);
  });

  it("is set through the style object", () => {
    wearAccent("#0b4f7a");
    expect(document.documentElement.style.getPropertyValue("--accent-light")).toBe("rgb(11 79 122)");
  });
});
