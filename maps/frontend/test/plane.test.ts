import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { planeOf } from "../src/boundaries/plane.ts";
import { project } from "../src/mercator.ts";

// lon, lat, and east and north in metres of EPSG:4549, by PROJ
const PLACES = [
  [118.85, 28.96, 387898.115, 3205380.684], [118.87, 28.975, 389863.733, 3207024.599], [118.855, 28.98, 388407.011, 3207592.899],
  [118.8601, 28.9702, 388893.627, 3206501.794], [118.881, 28.952, 390911.815, 3204464.935],
] as const;
const NODES = PLACES.map(([lon, lat, east, north]) => ({ ...project(lon, lat), mm: [Math.round(east * 1000), Math.round(north * 1000)] as const }));

describe("metres of the store's coordinate system", () => {
  it("are known between nodes to a few millimetres, whatever the projection", () => {
    const plane = planeOf([NODES[0]!, NODES[2]!, NODES[4]!])!;
    for (const node of NODES) {
      const [east, north] = plane(node);
      assert.ok(Math.abs(east - node.mm[0]) <= 5 && Math.abs(north - node.mm[1]) <= 5, `${east} ${north} ${node.mm}`);
    }
  });

  it("need three nodes that lie apart", () => {
    assert.equal(planeOf([]), null);
    assert.equal(planeOf([NODES[0]!]), null);
    assert.equal(planeOf([NODES[0]!, NODES[1]!, NODES[1]!, NODES[0]!]), null);
    assert.ok(planeOf(NODES.slice(0, 3)));
  });
});
