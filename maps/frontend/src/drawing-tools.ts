/** Geoman as a script of its own: it weighs as much as all the rest of the editor, and only who draws has need of it. */

import "@geoman-io/leaflet-geoman-free";
