/** Geoman, asked for when the first draft is opened that is drawn on. */

import * as L from "leaflet";
import type {} from "@geoman-io/leaflet-geoman-free";

import { readConstants } from "../../constants.ts";
import { ToolsMissing } from "../notice.ts";

/** Geoman looks for Leaflet in the window, and puts itself beside it. */
declare global {
  interface Window {
    L: typeof L;
  }
}

let loading: Promise<void> | null = null;

/** Have geoman on a map. Rejects where it cannot be had; whoever asks again tries again. */
export async function addGeoman(map: L.Map): Promise<void> {
  loading ??= load();
  try {
    await loading;
  } catch (error) {
    loading = null;
    throw error;
  }
  if (map.getPane("mapPane")) window.L.PM.reInitLayer(map as unknown as L.Layer);
}

function load(): Promise<void> {
  window.L = { ...L }; // a module cannot be added to
  const script = document.createElement("script");
  script.src = readConstants<{ urls: { drawing: string } }>().urls.drawing;
  const loaded = new Promise<void>((resolve, reject) => {
    script.onload = () => resolve();
    script.onerror = () => reject(new ToolsMissing());
  });
  document.head.append(script);
  return loaded.then(() => window.L.PM.setOptIn(true)); // no other map and no other layer of ours is geoman's
}
