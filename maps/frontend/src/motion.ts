/** Who asks for less motion gets none: the map jumps where it would fly, pan, fade or roll on. */

import type * as L from "leaflet";

const REDUCED = "(prefers-reduced-motion: reduce)";

export function isReduced(): boolean {
  return matchMedia(REDUCED).matches;
}

/** Leaflet decides on most of its motion once, when a map is made; a reader may decide at any time. */
export function followMotion(map: L.Map): void {
  const moving = map as MovingMap;
  const apply = () => {
    const moves = !isReduced();
    Object.assign(map.options, { inertia: moves, zoomAnimation: moves });
    Object.assign(moving, { _zoomAnimated: moves, _fadeAnimated: moves });
  };
  const panBy = map.panBy.bind(map);
  map.panBy = (offset, options) => panBy(offset, isReduced() ? { ...options, animate: false } : options); // keys and flights too
  apply();
  matchMedia(REDUCED).addEventListener("change", apply);
}

/** What Leaflet asks before it animates a zoom or fades a tile in. */
interface MovingMap extends L.Map {
  _zoomAnimated: boolean;
  _fadeAnimated: boolean;
}
