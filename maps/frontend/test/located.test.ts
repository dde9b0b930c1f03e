import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { located } from "../src/located.ts";

const KINDS = { stairwell: "单元", building: "Building" };
const stairwell = { decided_by: "stairwell", source: "address", place: "J-1-1", place_name: "锦绣花园1幢1单元", point_m: 90 };

describe("what decided where something is", () => {
  it("names the place, what named it, and how far the coordinates lie that were not used", () => {
    assert.equal(located(stairwell, "zh", KINDS), "按地址定到单元“锦绣花园1幢1单元”。 随附坐标离此 90 m，未采用。");
  });

  it("keeps silent about coordinates that agree", () => {
    const alike = { ...stairwell, point_m: 0.4 };
    assert.equal(located(alike, "zh", KINDS), "按地址定到单元“锦绣花园1幢1单元”。");
  });

  it("uses the English name where there is one, else the name, else the code", () => {
    const place = { decided_by: "building", source: "choice", place: "B-1" };
    assert.equal(located({ ...place, place_name: "楼", place_name_en: "Block 1" }, "en", KINDS), "Building “Block 1”, named by a person.");
    assert.equal(located({ ...place, place_name: "楼" }, "en", KINDS), "Building “楼”, named by a person.");
    assert.equal(located(place, "en", KINDS), "Building “B-1”, named by a person.");
  });

  it("says that the coordinates decided within what was named, and that somebody set a point by hand", () => {
    assert.match(located({ decided_by: "point", source: "place_code", place: "J", point_m: 12 }, "en", KINDS), /^Its coordinates, .* named by its code\.$/);
    assert.equal(located({ decided_by: "pin" }, "zh", KINDS), "人工在地图上定的点。");
  });
});
