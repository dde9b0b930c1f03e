/** Buttons on the map, its foot with scale and origin of the data, and the notices over it. */

import { metresPerPixel } from "../mercator.ts";
import { offlineText } from "../past.ts";
import type { Session } from "../session.ts";
import { Icon } from "./icons.tsx";

export interface MapActions {
  zoomIn(): void;
  zoomOut(): void;
  home(): void;
  locate(): void;
  toggleLegend(): void;
}

export function MapControls({ session, actions }: { session: Session; actions: MapActions }) {
  const { words } = session;
  const button = (name: "plus" | "minus" | "home" | "layers" | "target", label: string, act: () => void, only = "") => (
    <button type="button" class={only} aria-label={label} title={label} onClick={act}>
      <Icon name={name} />
    </button>
  );
  return (
    <>
      <div class="map-buttons floating">
        {button("plus", words.zoomIn, actions.zoomIn)}
        {button("minus", words.zoomOut, actions.zoomOut)}
        {button("home", words.home, actions.home)}
      </div>
      <div class="map-buttons floating phone">
        {button("layers", words.layers, actions.toggleLegend)}
        {button("target", words.locate, actions.locate)}
      </div>
    </>
  );
}

const ROUND = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000];
const WIDTH = 70; // pixels at least,
const NARROW_WIDTH = 30; // and where the legend leaves little room beside it
const NARROW = "(min-width: 721px) and (max-width: 1023px)";

export function Foot({ session, lat, zoom }: { session: Session; lat: number; zoom: number }) {
  const { words, board } = session;
  if (!board.config) return null;
  const perPixel = metresPerPixel(lat, zoom);
  const width = matchMedia(NARROW).matches ? NARROW_WIDTH : WIDTH;
  const length = ROUND.find((metres) => metres / perPixel >= width) ?? ROUND.at(-1)!;
  return (
    <>
      {!board.config.me.whole && <span class="scope">{words.onlyYourArea}</span>}
      <span class="scale">
        <i style={{ width: `calc(${length / perPixel}px * var(--map-scale, 1))` }} />
        {length >= 1000 ? `${length / 1000} km` : `${length} m`}
      </span>
      {board.config.synthetic && <span>{words.syntheticData}</span>}
      {session.base && <span class="attribution">{session.base.attribution}</span>}
      {session.base?.isMissing && <span role="status">{words.baseMapMissing}</span>}
    </>
  );
}

export interface Toast {
  text: string;
  open: () => void;
}

export function Notices({ session, toast, retry, hold }: { session: Session; toast: Toast | null; retry: () => void; hold: (on: boolean) => void }) {
  const { words, state, board } = session;
  const failed = (["grids", "units", "issues", "background"] as const).find((part) => board.failed.has(part));
  const banner = (text: string) => (
    <div class="banner" role="status">
      <span>{text}</span>
      <button type="button" onClick={retry}>
        {words.retry}
      </button>
    </div>
  );
  return (
    <>
      {state.link === "offline" && banner(offlineText(session))}
      {state.link !== "offline" && failed && banner(words.partFailed[failed])}
      {toast && (
        <button
          type="button"
          class="toast"
          onClick={toast.open}
          onPointerEnter={() => hold(true)}
          onPointerLeave={() => hold(false)}
          onFocus={() => hold(true)}
          onBlur={() => hold(false)}
        >
          {toast.text}
        </button>
      )}
    </>
  );
}
