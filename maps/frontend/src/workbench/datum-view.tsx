/** How the points of a file lie under each datum, and the question which one it is. */

import { metres, number, tenths } from "../format.ts";
import { registerWordsOf } from "../i18n/registers.ts";
import type { Bench } from "./bench.ts";
import type { Look, Sample } from "./drafts.ts";

export function datumName({ session: { words } }: Bench, datum: string): string {
  return words.datums[datum] ?? datum;
}

interface LookProps {
  bench: Bench;
  look: Look;
  /** Whether somebody has to say which datum it is. */
  isHeld: boolean;
  /** Look again under another datum; null where each row names its own. */
  rename: ((datum: string) => void) | null;
  confirm: () => void;
}

export function LookView({ bench, look, isHeld, rename, confirm }: LookProps) {
  const words = registerWordsOf(bench.language);
  const { verdict, datum, better, fits, naming, points, samples } = look;
  const [mine, other] = [datumName(bench, datum), better === null ? "" : datumName(bench, better)];
  return (
    <section class={isHeld ? "datum-look held" : "datum-look"}>
      <p class="datum-verdict">{words.verdicts[verdict](mine, other)}</p>
      {naming > 0 && (
        <>
          <p class="help">{words.naming(number(naming), number(points))}</p>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.datum}</th>
                <th scope="col" class="figure">{words.within}</th>
                <th scope="col" class="figure">{words.median}</th>
              </tr>
            </thead>
            <tbody>
              {fits.map((fit) => (
                <tr key={fit.datum}>
                  <th scope="row">{datumName(bench, fit.datum)}</th>
                  <td class="figure">{tenths(fit.share * 100)}%</td>
                  <td class="figure">{fit.median_m === null ? "—" : metres(Math.round(fit.median_m))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {isHeld && (
        <div class="buttons">
          {rename && better !== null && (
            <button type="button" class="button" onClick={() => rename(better)}>
              {words.itIs(other)}
            </button>
          )}
          <button type="button" class="button" onClick={confirm}>
            {words.stays(mine)}
          </button>
        </div>
      )}
      {samples.length > 0 && <Samples bench={bench} samples={samples} />}
    </section>
  );
}

function Samples({ bench, samples }: { bench: Bench; samples: readonly Sample[] }) {
  const words = registerWordsOf(bench.language);
  const datums = samples[0]!.under.map(({ datum }) => datum);
  return (
    <details>
      <summary>{words.samples}</summary>
      <div class="wide" tabIndex={0} role="group" aria-label={words.samples}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.code}</th>
              {datums.map((datum) => (
                <th key={datum} scope="col">
                  {datumName(bench, datum)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {samples.map(({ line, ref, under }) => (
              <tr key={line}>
                <th scope="row">
                  {ref} <small>{words.line(line)}</small>
                </th>
                {under.map(({ datum, grid, name }) => (
                  <td key={datum}>{grid === null ? words.outside : (name ?? grid)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
