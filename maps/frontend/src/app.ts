/** The bundle's way in: Leaflet for the script that folium emits, and what that script calls. */

import * as L from "leaflet";

import { BackgroundLayer } from "./layers/background-layer.ts";
import { BaseLayer, type BaseOptions } from "./layers/base-layer.ts";
import { CoverageLayer } from "./layers/coverage-layer.ts";
import { GridLayer } from "./layers/grid-layer.ts";
import { IssueLayer } from "./layers/issue-layer.ts";
import { LabelLayer } from "./layers/label-layer.ts";
import type { OwnLayer } from "./layers/own-layer.ts";
import { PlaceLayer } from "./layers/place-layer.ts";
import { UnitLayer } from "./layers/unit-layer.ts";
import { type Urls, start } from "./start.ts";

const made: OwnLayer[] = [];
let base: BaseLayer | null = null;

function keep<T extends OwnLayer>(layer: T): T {
  made.push(layer);
  return layer;
}

const gridwarden = {
  base: (options: BaseOptions) => (base = new BaseLayer(options)),
  background: (url?: string) => keep(new BackgroundLayer(url)),
  grids: (url: string) => keep(new GridLayer(url)),
  places: (url: string) => keep(new PlaceLayer(url)),
  coverage: (url: string) => keep(new CoverageLayer(url)),
  units: (url: string) => keep(new UnitLayer(url)),
  issues: (url: string) => keep(new IssueLayer(url)),
  labels: () => keep(new LabelLayer()),
  start: (map: L.Map, urls: Urls) => start(map, made, urls, base),
};

Object.assign(window, { L, gridwarden });
