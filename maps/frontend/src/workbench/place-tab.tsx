/** 待定位: reports that have only an address, each put at a place with one click. */

import { benchWordsOf } from "../i18n/workbench.ts";
import { PlaceDetail } from "./place-detail.tsx";
import { Split } from "./split.tsx";
import type { Tab, TabProps } from "./tab.ts";

export const placeTab: Tab = {
  name: "place",
  title: (language) => benchWordsOf(language).places,
  needs: "issues.move",
  View: PlaceView,
};

function PlaceView({ bench, item }: TabProps) {
  const { api, words } = bench;
  return (
    <Split
      bench={bench}
      tab={placeTab.name}
      item={item}
      load={(cursor) => api.toPlace(cursor)}
      title={words.places}
      empty={words.nothingToPlace(bench.session.board.config?.me.whole ?? true)}
      Detail={PlaceDetail}
    />
  );
}
