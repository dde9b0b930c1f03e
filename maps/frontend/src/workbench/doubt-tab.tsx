import { benchWordsOf } from "../i18n/workbench.ts";
import type { Tab, TabProps } from "./tab.ts";

export const doubtTab: Tab = {
  name: "doubt",
  title: (language) => benchWordsOf(language).doubts,
  needs: "issues.confirm",
  View: DoubtView,
};

function DoubtView({ bench }: TabProps) {
  return <h2 class="sr">{bench.words.doubts}</h2>;
}
