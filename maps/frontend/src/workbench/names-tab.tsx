import { benchWordsOf } from "../i18n/workbench.ts";
import type { Tab, TabProps } from "./tab.ts";

export const namesTab: Tab = {
  name: "names",
  title: (language) => benchWordsOf(language).names,
  needs: "places.see",
  View: NamesView,
};

function NamesView({ bench }: TabProps) {
  return <h2 class="sr">{bench.words.names}</h2>;
}
