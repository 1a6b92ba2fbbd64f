import { describe, expect, it } from "vitest";
import { caretAfter, fault, fold, grouped, PASSWORD, SERVICE_ID, USER_ID } from "../src/lib/fields";

describe("fold", () => {
  it.each([
    ["１２３４５６７８", "12345678"],
    ["1234 5678", "12345678"],
    ["1234　5678", "12345678"],
    ["1234-5678", "12345678"],
    ["１２３４ー５６７８", "12345678"],
    ["1234－5678", "12345678"],
    ["1234−5678", "12345678"],
    ["  1234\t5678\n", "12345678"],
    ["１２ab", "12ab"],
    ["", ""],
  ])("%j becomes %j", (typed, folded) => expect(fold(typed)).toBe(folded));
});

describe("fault", () => {
  it("accepts what the guides say", () => {
    expect(fault("10112235", SERVICE_ID)).toBeNull();
    expect(fault("９９９８ ００００ ０００１", USER_ID)).toBeNull();
    for (const typed of ["1234", "12345678"]) expect(fault(typed, PASSWORD)).toBeNull();
  });

  it("tells empty, letters and lengths apart", () => {
    expect(fault(" - ", SERVICE_ID)).toEqual({ kind: "empty" });
    expect(fault("1011223x", SERVICE_ID)).toEqual({ kind: "not-digits" });
    expect(fault("101122", SERVICE_ID)).toEqual({ kind: "length", least: 8, most: 8, found: 6 });
    expect(fault("123456789", PASSWORD)).toEqual({ kind: "length", least: 4, most: 8, found: 9 });
    expect(fault("٣٣٣٣", PASSWORD)).toEqual({ kind: "not-digits" });
  });
});

describe("grouped", () => {
  it("groups digits and leaves anything else alone", () => {
    expect(grouped("999800000001", 4)).toBe("9998 0000 0001");
    expect(grouped("99980", 4)).toBe("9998 0");
    expect(grouped("9998", 4)).toBe("9998");
    expect(grouped("12ab", 4)).toBe("12ab");
    expect(grouped("1234 5678", 0)).toBe("12345678");
  });

  it("groups what is grouped once more to the same", () => {
    for (let length = 0; length <= 14; length += 1) {
      const once = grouped("123456789012345".slice(0, length), 4);
      expect(grouped(once, 4)).toBe(once);
    }
  });
});

describe("caretAfter", () => {
  it("keeps as many digits before the caret as there were", () => {
    // A digit typed into the first group pushes one into the second.
    expect(caretAfter("12934 5678", 3, "1293 4567 8")).toBe(3);
    expect(caretAfter("12345", 5, "1234 5")).toBe(6);
    expect(caretAfter("1234", 4, "1234")).toBe(4);
    expect(caretAfter("１２３４５", 5, "1234 5")).toBe(6);
    expect(caretAfter("", 0, "")).toBe(0);
  });
});
