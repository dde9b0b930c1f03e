import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { isSameView } from "../src/address.ts";

const VIEW = { zoom: 12, lat: 28.9217, lon: 118.8534 };
const PX = 360 / (256 * 2 ** VIEW.zoom);

describe("the view in the address", () => {
  it("stays as it is when the map moved by what Leaflet rounds by", () => {
    assert.ok(isSameView({ ...VIEW, lon: VIEW.lon + PX / 2, lat: VIEW.lat - PX / 2 }, VIEW));
    assert.ok(isSameView({ ...VIEW, zoom: 12.04 }, VIEW));
  });

  it("follows when a person moves the map", () => {
    assert.ok(!isSameView({ ...VIEW, lon: VIEW.lon + 3 * PX }, VIEW));
    assert.ok(!isSameView({ ...VIEW, lat: VIEW.lat + 3 * PX }, VIEW));
    assert.ok(!isSameView({ ...VIEW, zoom: 12.1 }, VIEW));
  });
});
