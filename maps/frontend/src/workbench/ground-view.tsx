/** The small map in a tab, with its buttons and a pin where it may be set by hand. */

import { useEffect, useRef, useState } from "preact/hooks";

import { nameOf } from "../format.ts";
import { project } from "../mercator.ts";
import type { LonLat } from "../pin.ts";
import { Icon } from "../ui/icons.tsx";
import type { Bench } from "./bench.ts";
import type { Scene } from "./ground.ts";

interface Props {
  bench: Bench;
  scene: Scene;
  /** Called with the place of the spot that is clicked. */
  choose: (at: number) => void;
  /** Put it where the pin is; without it no pin can be set. */
  put?: (at: LonLat) => void;
  busy?: boolean;
}

export function GroundView({ bench, scene, choose, put, busy = false }: Props) {
  const { ground, session, words } = bench;
  const slot = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<LonLat | null>(null);
  const latest = useRef(choose);
  latest.current = choose;
  const key = JSON.stringify(scene);
  useEffect(() => ground.enter(slot.current!, words.mapLabel), [bench.language]);
  useEffect(() => ground.show(scene, (spot) => latest.current(spot)), [key]);
  useEffect(() => (put ? ground.pick(words.pin, setAt) : undefined), [put !== undefined]);
  return (
    <div class="ground" ref={slot}>
      <div class="map-buttons floating">
        <button type="button" aria-label={session.words.zoomIn} onClick={() => ground.zoom(1)}>
          <Icon name="plus" />
        </button>
        <button type="button" aria-label={session.words.zoomOut} onClick={() => ground.zoom(-1)}>
          <Icon name="minus" />
        </button>
      </div>
      {put && (
        <p class="by-hand floating">
          {at ? (
            <button type="button" class="button primary" aria-disabled={busy} onClick={() => !busy && put(at)}>
              {words.putHere(gridName(bench, at))}
            </button>
          ) : (
            <span>{words.byHand}</span>
          )}
        </p>
      )}
    </div>
  );
}

/** Of the grid at a point, "" outside all that this reader sees. */
function gridName({ session, language }: Bench, { lon, lat }: LonLat): string {
  const { x, y } = project(lon, lat);
  const grid = session.board.gridAt(x, y);
  return grid ? nameOf(grid.properties, language) : "";
}
