/** 存疑: issues nearer to an edge than their accuracy, each confirmed with one click. */

import { benchWordsOf } from "../i18n/workbench.ts";
import { DoubtDetail } from "./doubt-detail.tsx";
import { Split } from "./split.tsx";
import type { Tab, TabProps } from "./tab.ts";

export const doubtTab: Tab = {
  name: "doubt",
  title: (language) => benchWordsOf(language).doubts,
  needs: "issues.confirm",
  View: DoubtView,
};

function DoubtView({ bench, item }: TabProps) {
  const { api, words } = bench;
  return (
    <Split
      bench={bench}
      tab={doubtTab.name}
      item={item}
      load={(cursor) => api.inDoubt(cursor)}
      title={words.doubts}
      empty={words.nothingInDoubt}
      Detail={DoubtDetail}
    />
  );
}
