/** Geoman looks for Leaflet in the window, and puts itself beside it. */

import * as L from "leaflet";

declare global {
  interface Window {
    L: typeof L;
  }
}
window.L = { ...L }; // a module cannot be added to
