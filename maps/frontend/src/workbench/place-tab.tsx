import { benchWordsOf } from "../i18n/workbench.ts";
import type { Tab, TabProps } from "./tab.ts";

export const placeTab: Tab = {
  name: "place",
  title: (language) => benchWordsOf(language).places,
  needs: "issues.move",
  View: PlaceView,
};

function PlaceView({ bench }: TabProps) {
  return <h2 class="sr">{bench.words.places}</h2>;
}
