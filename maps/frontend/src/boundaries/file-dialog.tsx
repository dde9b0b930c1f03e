/** To edit by file: the grids of a draft taken out, and brought back after a look at what would change. */

import { useRef, useState } from "preact/hooks";

import { Field, useAct } from "../ui/form.tsx";
import type { FileOptions } from "./api.ts";
import { Ask } from "./dialogs.tsx";
import type { PanelProps } from "./editor.tsx";
import { errorsOf } from "./faults.ts";
import { ChangeList } from "./moves-panel.tsx";
import type { FileLook } from "./payloads.ts";
import { ShapeMap } from "./shape-map.tsx";

const FORMATS = ["gpkg", "geojson", "shp", "gdb"] as const;
const KNOWN_CRS = ["EPSG:4549", "EPSG:4528", "EPSG:4490", "EPSG:4326"];
const OTHER = "other";
const COLUMNS = ["code", "name", "area", "source_crs"] as const;

export function FileDialog({ desk, editing }: PanelProps) {
  return (
    <Ask desk={desk} editing={editing} title={desk.words.fileTitle}>
      <div class="file-dialog">
        <Download desk={desk} editing={editing} />
        {!editing.isReadOnly && <UploadForm desk={desk} editing={editing} />}
      </div>
    </Ask>
  );
}

function Download({ desk, editing }: PanelProps) {
  const { words, api } = desk;
  const [format, setFormat] = useState<FileOptions["format"]>("gpkg");
  const [crs, setCrs] = useState("");
  const [other, setOther] = useState("");
  return (
    <section>
      <h3>{words.download}</h3>
      <p>{words.downloadHelp}</p>
      <div class="fields">
        <label class="field">
          <span>{words.format}</span>
          <select value={format} onChange={(event) => setFormat(event.currentTarget.value as FileOptions["format"])}>
            {FORMATS.map((each) => (
              <option key={each} value={each}>
                {words.formats[each]}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{words.crs}</span>
          <select value={crs} onChange={(event) => setCrs(event.currentTarget.value)}>
            <option value="">{words.ownCrs}</option>
            {KNOWN_CRS.map((each) => (
              <option key={each}>{each}</option>
            ))}
            <option value={OTHER}>{words.otherCrs}</option>
          </select>
        </label>
        {crs === OTHER && <Field label={words.otherCrs} value={other} onInput={setOther} />}
      </div>
      <a class="button" download href={api.fileOf(editing.draft.id, { format, crs: crs === OTHER ? other.trim() : crs })}>
        {words.download}
      </a>
    </section>
  );
}

function UploadForm({ desk, editing }: PanelProps) {
  const { words, session, api } = desk;
  const input = useRef<HTMLInputElement>(null);
  const [part, setPart] = useState(false);
  const [columns, setColumns] = useState<Record<string, string>>({});
  const [lacks, setLacks] = useState(false);
  const [found, setFound] = useState<{ file: File; options: Record<string, string>; taken: FileLook } | null>(null);
  const act = useAct(session, desk.refusalOf);
  const look = (event: Event) => {
    event.preventDefault();
    const file = input.current?.files?.[0];
    setLacks(!file);
    setFound(null);
    const options = optionsOf(columns, part);
    if (file) act.run(() => api.lookAtFile(editing.draft.id, file, options), (taken) => setFound({ file, options, taken }));
  };
  const take = () => {
    const { file, options, taken } = found!;
    act.run(
      () => api.takeFile(editing.draft.id, taken.revision, file, options),
      ({ changes }) => {
        editing.ask(null);
        desk.tell(words.taken(changes.length));
        void editing.reload();
      },
      () => setFound(null),
    );
  };
  return (
    <section>
      <h3>{words.upload}</h3>
      <form onSubmit={look}>
        <label class="field">
          <span>{words.chooseFile}</span>
          <input ref={input} type="file" accept=".gpkg,.geojson,.json,.zip" onChange={() => setFound(null)} />
        </label>
        <label class="check">
          <input type="checkbox" checked={part} onChange={(event) => setPart(event.currentTarget.checked)} />
          <span>{words.part}</span>
        </label>
        <details>
          <summary>{words.columns}</summary>
          <div class="fields">
            {COLUMNS.map((name) => (
              <Field key={name} label={words.fields[name]} value={columns[name] ?? ""} onInput={(value) => setColumns({ ...columns, [name]: value })} />
            ))}
          </div>
        </details>
        {(lacks || act.trouble) && (
          <p class="trouble" role="alert">
            {act.trouble ?? words.needsFile}
          </p>
        )}
        <button type="submit" class="button" aria-disabled={act.busy}>
          {act.busy ? session.words.loading : words.lookAtFile}
        </button>
      </form>
      {found && <Found desk={desk} editing={editing} taken={found.taken} take={take} busy={act.busy} />}
    </section>
  );
}

/** What is typed; a column that is not named has its field's name. part: "true" is understood as a truth value. */
function optionsOf(columns: Record<string, string>, part: boolean): Record<string, string> {
  const named = Object.entries(columns).flatMap(([name, value]) => (value.trim() ? [[name, value.trim()]] : []));
  return { ...(Object.fromEntries(named) as Record<string, string>), ...(part && { part: "true" }) };
}

function Found({ desk, taken, take, busy }: PanelProps & { taken: FileLook; take: () => void; busy: boolean }) {
  const { words } = desk;
  const [code, setCode] = useState<string | null>(null);
  const { changes, faults, notes, moved_home, map } = taken;
  const errors = errorsOf(faults).length;
  return (
    <div class="file-found" role="status">
      <p>
        <b>{changes.length ? words.fileChanges(changes.length) : words.fileNothing}</b>
      </p>
      {moved_home > 0 && <p>{words.movedHome(moved_home)}</p>}
      {errors > 0 && <p class="trouble">{words.faultsIn(errors)}</p>}
      {notes.map((note) => (
        <p key={note} class="muted" lang="en">
          {note}
        </p>
      ))}
      <ShapeMap desk={desk} map={map} code={code} />
      <ChangeList desk={desk} changes={changes} show={setCode} />
      {changes.length > 0 && (
        <button type="button" class="button primary" aria-disabled={busy} onClick={take}>
          {words.take}
        </button>
      )}
    </div>
  );
}
