/** What the maps that a page makes itself have in common; that of the battle map comes with its page. */

import type { MapOptions } from "leaflet";

export const OWN_MAP: MapOptions = {
  zoomControl: false,
  attributionControl: false,
  zoomSnap: 0.1,
  zoomDelta: 0.8,
  wheelPxPerZoomLevel: 120,
  minZoom: 5,
  boxZoom: false,
};
